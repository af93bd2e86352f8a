import { exactShapley } from "../../node/settlement/shapley.ts";
import { parseGame } from "../../node/settlement/shapley-game.ts";
import { brokenAllocations } from "./allocation-trial.ts";
import { percentiles } from "./percentiles.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import { rounded } from "./settlement-statement.ts";

const SHAPLEY_TARGET = { p50: 50 };
const ALLOCATE_TARGET = { value: 120 };

/** Sixteen parties, exactly: every coalition of them is asked what it is worth. */
export async function benchShapley({ quick }: BenchOptions): Promise<BenchRow> {
  const n = 16;
  const values = Array.from({ length: 2 ** n }, (_, s) => String(s === 0 ? 0 : (s * 7_919_000_001) % 1_000_000_007));
  const samples: number[] = [];
  let sum = 0n;
  for (let round = 0; round < (quick ? 5 : 30); round++) {
    const from = performance.now();
    const phi = exactShapley(parseGame({ kind: "table", values }, n), n);
    samples.push(performance.now() - from);
    sum = phi.reduce((all, { num, den }) => all + (num * 1_000_000_007n) / den, 0n);
  }
  const { p50, p99 } = percentiles(samples.slice(1));
  const met = p50 <= SHAPLEY_TARGET.p50;
  return {
    case: "shapley.16",
    unit: "ms",
    p50,
    p99,
    n: samples.length - 1,
    target: SHAPLEY_TARGET,
    met,
    sum: String(sum),
  };
}

/** Random allocations, each looked at: the sum exact, nobody off by a fen, the mirror image of the negative one. */
export async function benchAllocations({ quick }: BenchOptions): Promise<BenchRow> {
  const n = quick ? 50_000 : 1_000_000;
  const from = performance.now();
  const broken = brokenAllocations(n, 20_261_031);
  const value = rounded((performance.now() - from) / 1_000);
  const met = value <= ALLOCATE_TARGET.value && broken.length === 0;
  return { case: "allocate.1m", unit: "s", value, n, target: ALLOCATE_TARGET, met, broken: broken.slice(0, 5) };
}

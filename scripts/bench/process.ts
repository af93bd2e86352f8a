import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { startRegion, stopRegion } from "../demo/region.ts";
import { percentiles } from "./percentiles.ts";
import { withRegions } from "./regions.ts";
import type { BenchRow } from "./row.ts";

const START_TARGET = { p50: 1_500 };
const MEMORY_TARGET = { value: 180 };

/** Process start → `/readyz` of the built node with a catalogue in its store. */
export function benchStart({ quick }: { readonly quick: boolean }): Promise<BenchRow> {
  return withRegions(async ({ chengdu, chongqing }) => {
    await stopRegion(chongqing);
    const samples: number[] = [];
    for (let i = 0; i < (quick ? 3 : 9); i++) {
      await stopRegion(chengdu);
      samples.push(await startRegion(chengdu));
    }
    const { p50, p99 } = percentiles(samples);
    return {
      case: "start.ready",
      unit: "ms",
      p50,
      p99,
      n: samples.length,
      target: START_TARGET,
      met: p50 <= START_TARGET.p50,
    };
  });
}

/** Resident memory of a node that has started, mirrors a peer, and has nothing to do. */
export function benchMemory({ quick }: { readonly quick: boolean }): Promise<BenchRow> {
  return withRegions(async ({ chengdu }) => {
    await stopRegion(chengdu);
    await startRegion(chengdu);
    await delay(quick ? 3_000 : 10_000);
    const status = readFileSync(`/proc/${chengdu.process?.pid}/status`, "utf8");
    const value = Math.round(Number(/VmRSS:\s+([0-9]+)/.exec(status)?.[1] ?? "0") / 1_024);
    return { case: "memory.idle", unit: "MB", value, n: 1, target: MEMORY_TARGET, met: value <= MEMORY_TARGET.value };
  });
}

import { cpus } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import { receiptIdOf } from "../../node/metering/receipt.ts";
import { putRow } from "../../node/metering/row.ts";
import { statementBuilder } from "../../node/settlement/statement.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { statementInOrder } from "./any-order.ts";
import { withFolder } from "./level-folder.ts";
import { receiptTable, withPostgres } from "./postgres.ts";
import type { BenchOptions, BenchRow } from "./row.ts";
import { AGREEMENT, buildFrom, PERIOD, TERMS, usageOf } from "./settlement-material.ts";

const ROWS_PER_COMMIT = 5_000;
const TARGET_S = 5;
const TARGET_MB = 500;
/** Longer than this many and PostgreSQL is only filled, not measured. */
const BASELINE_MAX = 1_000_000;

/** A statement over so many receipts, from the rows that acceptance stores, out of the real store on its disk. */
export function benchStatement(name: string, full: number): (options: BenchOptions) => Promise<BenchRow> {
  return async ({ quick }) => {
    const n = quick ? Math.min(full, 100_000) : full;
    return withFolder(async (directory) => {
      const store = await openLevelStore(join(directory, "store"));
      await fill(store, n);
      const samples: number[] = [];
      let digest = "";
      for (let round = 0; round < (full > BASELINE_MAX ? 1 : 3); round++) {
        const from = performance.now();
        const built = await buildFrom(store, n);
        samples.push((performance.now() - from) / 1_000);
        digest = built.digest;
      }
      await store.close();
      // Before PostgreSQL's client brings its own.
      const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
      const value = rounded(median(samples));
      const seconds = (TARGET_S * n) / 1_000_000;
      const row = { case: name, unit: "s", value, n, peakMb, secondsPerMillion: rounded((value * 1e6) / n) };
      const more = { digest, cores: cpus().length };
      // Over a gigabyte of tables is mapped by then, which is no memory of the process's own; whoever started it measures that.
      if (full > BASELINE_MAX)
        return { ...row, target: { value: seconds, anonMb: TARGET_MB }, met: value <= seconds, ...more };
      const target = { value: seconds, peakMb: TARGET_MB };
      const met = value <= seconds && peakMb <= TARGET_MB;
      return { ...row, ...(await baselineOf(directory, n, value, digest)), target, met, ...more };
    });
  };
}

/** As acceptance writes them, without the receipts around them, which a statement does not read: a gigabyte less to write. */
export async function fill(store: Store, n: number, digestOf = (seq: number) => sha256Hex(`core ${seq}`)) {
  for (let from = 1; from <= n; from += ROWS_PER_COMMIT) {
    await transact(store, [], (tx) => {
      for (let seq = from; seq < Math.min(n + 1, from + ROWS_PER_COMMIT); seq++) putRow(tx, held(seq, digestOf(seq)));
      return ok(true);
    });
  }
}

function held(seq: number, coreDigest = sha256Hex(`core ${seq}`)): Parameters<typeof putRow>[1] {
  const core = {
    ...usageOf(seq),
    agreementId: AGREEMENT,
    receiptId: receiptIdOf(AGREEMENT, "forward", String(seq)),
    seq: String(seq),
  };
  return { core, coreDigest } as Parameters<typeof putRow>[1];
}

/** The straightforward way: a table with a row for each receipt, read in the order of ids by pages, and the same sums and tree. */
async function baselineOf(directory: string, n: number, ours: number, digest: string) {
  const measured = await withPostgres(directory, async (client) => {
    const table = await receiptTable(client);
    for (let from = 1; from <= n; from += ROWS_PER_COMMIT) {
      const rows = Array.from({ length: Math.min(ROWS_PER_COMMIT, n + 1 - from) }, (_, i) => held(from + i));
      await table.insertMany(rows);
    }
    await table.vacuum();
    const from = performance.now();
    const builder = statementBuilder({
      terms: TERMS,
      period: { periodId: PERIOD, days: "31" },
      carry: null,
      posted: [],
      disputedReceiptIds: [],
    });
    for await (const page of table.pages()) for (const { core, coreDigest } of page) builder.add(core, coreDigest);
    const built = builder.finish();
    const seconds = (performance.now() - from) / 1_000;
    return { seconds, root: built.ok ? built.value.statement.receiptsRoot : built.error.code, digest };
  });
  if (measured === undefined) return {};
  const baseline = { name: "PostgreSQL, one row a receipt, read in order", value: rounded(measured.seconds) };
  return { baseline, ratio: rounded(measured.seconds / ours) };
}

/** A fifth twice, a twentieth late, a hundredth in two versions; in two orders, to the same bytes. */
export async function benchAnyOrder({ quick }: BenchOptions): Promise<BenchRow> {
  const n = quick ? 5_000 : 1_000_000;
  const texts: string[] = [];
  const from = performance.now();
  for (const seed of [0, 20_261_031]) {
    await withFolder(async (directory) => {
      const store = await openLevelStore(directory);
      texts.push(await statementInOrder(store, n, seed));
      await store.close();
    });
  }
  const value = rounded((performance.now() - from) / 1_000);
  const digests = texts.map((text) => sha256Hex(text));
  const met = digests[0] === digests[1];
  return { case: "statement.any-order", unit: "s", value, n, target: { differingBytes: 0 }, met, digests };
}

export function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

export function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor((samples.length - 1) / 2)] ?? 0;
}

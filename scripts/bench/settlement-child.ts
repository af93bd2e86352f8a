import type { BenchOptions, BenchRow } from "./row.ts";
import { benchBatchShare } from "./settlement-calls.ts";
import { benchLedger } from "./settlement-ledger.ts";
import { benchDualSigned } from "./settlement-receipts.ts";
import { benchAllocations, benchShapley } from "./settlement-shares.ts";
import { benchAnyOrder, benchStatement } from "./settlement-statement.ts";
import { benchReconcile } from "./settlement-tree.ts";

/** One case of the area, run where its memory can be told from that of the others. */
const CASES: { readonly [name: string]: (options: BenchOptions) => Promise<BenchRow> } = {
  "statement.1m": benchStatement("statement.1m", 1_000_000),
  "statement.10m": benchStatement("statement.10m", 10_000_000),
  "statement.any-order": benchAnyOrder,
  "ledger.postings": benchLedger,
  "receipt.dual-signed": benchDualSigned,
  "receipt.batch-share": benchBatchShare,
  "reconcile.1-of-1m": benchReconcile("reconcile.1-of-1m", 1, { rounds: 6, bytes: 10_240 }),
  "reconcile.100-of-1m": benchReconcile("reconcile.100-of-1m", 100, { bytes: 512_000 }),
  "shapley.16": benchShapley,
  "allocate.1m": benchAllocations,
};

const [, , name = "", ...flags] = process.argv;
const run = CASES[name];
if (run === undefined) throw new Error(`no such case: ${name}`);
const row = await run({ quick: flags.includes("--quick") });
// Kilobytes, on Linux and on macOS.
const peakMb = Math.round(process.resourceUsage().maxRSS / 1_024);
process.stdout.write(`${JSON.stringify({ peakMb, ...row })}\n`);

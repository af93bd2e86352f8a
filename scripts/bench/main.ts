import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { Command } from "commander";
import type { BenchRow } from "./row.ts";

/** Undefined: a long case that `--quick` leaves out. */
type Bench = (options: { readonly quick: boolean }) => Promise<BenchRow | undefined>;

/** Loaded when run: a case must not carry the memory and start-up of the others. */
const AREAS: { readonly [area: string]: { readonly [name: string]: () => Promise<Bench> } } = {
  foundation: {
    "negotiation.grpc.auto": async () => (await import("./negotiation.ts")).benchNegotiation,
    "transfer.raw": async () => (await import("./transfer.ts")).benchTransferRaw,
    "transfer.csv.masked": async () => (await import("./transfer.ts")).benchTransferCsvMasked,
    "store.commit.64": async () => (await import("./store.ts")).benchStoreCommit64,
    "search.100k": async () => (await import("./search.ts")).benchSearch100k,
    "federation.visible": async () => (await import("./federation.ts")).benchVisible,
    "start.ready": async () => (await import("./process.ts")).benchStart,
    "memory.idle": async () => (await import("./process.ts")).benchMemory,
  },
  settlement: settlementArea(),
};

const program = new Command("bench")
  .argument("[area]", Object.keys(AREAS).join(" "), "foundation")
  .option("--case <name>", "only this case")
  .option("--quick", "fewer samples")
  .parse();
const [area = "foundation"] = program.args;
const options = program.opts<{ case?: string; quick?: boolean }>();
const cases = Object.entries(AREAS[area] ?? {}).filter(([name]) => options.case === undefined || name === options.case);
if (cases.length === 0) program.error(`no such area or case: ${area} ${options.case ?? ""}`, { exitCode: 2 });

const rows: BenchRow[] = [];
for (const [name, load] of cases) {
  process.stderr.write(`bench ${name} …\n`);
  const row = await (await load())({ quick: options.quick === true });
  process.stderr.write(`  ${row === undefined ? "only without --quick" : JSON.stringify(row)}\n`);
  if (row !== undefined) rows.push(row);
}
const report = { area, commit: commitOf(), node: process.version, cores: availableParallelism(), rows };
process.stdout.write(`${JSON.stringify(report)}\n`);

function settlementArea() {
  const names = [
    ...["statement.1m", "statement.10m", "statement.any-order", "ledger.postings", "receipt.dual-signed"],
    ...["receipt.batch-share", "reconcile.1-of-1m", "reconcile.100-of-1m", "shapley.16", "allocate.1m"],
  ];
  return Object.fromEntries(
    names.map((name) => [name, async () => (await import("./settlement.ts")).benchSettlement(name)]),
  );
}

function commitOf(): string {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "";
  }
}

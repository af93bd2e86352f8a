import { join } from "node:path";
import { leafBytes } from "../../node/audit/store.ts";
import { checkLedger } from "../../node/ledger/check.ts";
import { transfers } from "../../node/ledger/store.ts";
import { receipts } from "../../node/metering/store.ts";
import { agreementBooks, postedUsage, settlements } from "../../node/settlement/store.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Store } from "../../node/storage/port.ts";
import { list } from "../../node/storage/transact.ts";

/** What a region's disk holds of its closing; line by line the same after every trial. */
export type ClosingBooks = readonly string[];

/** Kinds of leaves that a closing writes once each, per agreement or per period. */
const LEAVES = ["period.closed", "declaration.signed", "statement.signed", "agreement.head"];

/** Read from the folder of a node that is not running. */
export async function readClosingBooks(dir: string): Promise<ClosingBooks> {
  const store = await openLevelStore(join(dir, "store"));
  try {
    return [...(await settled(store)), ...(await posted(store)), ...(await evidence(store))].sort();
  } finally {
    await store.close();
  }
}

async function settled(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const one of list(store, settlements)) {
    const { agreementId, periodId, state, built, signature, theirSignature, isMarking } = one;
    const signed = [signature?.signature, theirSignature?.signature, theirSignature?.digest].join(" ");
    found.push(`settlement ${agreementId} ${periodId} ${state} ${built?.digest} ${isMarking} ${signed}`);
  }
  for await (const books of list(store, agreementBooks)) found.push(`books ${JSON.stringify(books)}`);
  for await (const usage of list(store, postedUsage)) found.push(`settled usage ${JSON.stringify(usage)}`);
  for await (const { core, settledIn } of list(store, receipts)) found.push(`receipt ${core.receiptId} ${settledIn}`);
  return found;
}

/** The times of postings differ from trial to trial; nothing else may. */
async function posted(store: Store): Promise<string[]> {
  const found: string[] = [];
  for await (const { id, key, debit, credit, amount, periodId, state } of list(store, transfers)) {
    found.push(`posting ${id} ${key} ${debit} ${credit} ${amount} ${periodId} ${state}`);
  }
  const check = await checkLedger(store);
  return [...found, `ledger ${JSON.stringify(check.ok ? check.value : check.error.details)}`];
}

async function evidence(store: Store): Promise<string[]> {
  const counts: { [leaf: string]: number } = {};
  for await (const bytes of list(store, leafBytes)) {
    const { kind, subject, digest } = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (!LEAVES.includes(kind)) continue;
    const leaf = kind === "statement.signed" ? `${kind} ${subject} ${digest}` : `${kind} ${subject}`;
    counts[leaf] = (counts[leaf] ?? 0) + 1;
  }
  return Object.entries(counts).map(([leaf, count]) => `leaf ${leaf} ${count}`);
}

/** Where the books of a trial are not those of the closing that nothing disturbed. */
export function differencesOf(region: string, expected: ClosingBooks, got: ClosingBooks): string[] {
  const [before, after] = [new Set(expected), new Set(got)];
  return [
    ...expected.filter((line) => !after.has(line)).map((line) => `${region} lacks: ${line}`),
    ...got.filter((line) => !before.has(line)).map((line) => `${region} has besides: ${line}`),
    ...(got.length === after.size ? [] : [`${region} has something twice`]),
  ];
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaDateOf, msOf } from "../kernel/instant.ts";
import { collection } from "../storage/collection.ts";
import type { Snapshot, Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { LedgerEntry } from "./model.ts";
import { refuse } from "./refusal.ts";
import { entries } from "./store.ts";
import { addEntry, addSums, loadSums, type StoredSums, type Sums, storeSums, sumsIn, zeroSums } from "./sums.ts";

/** Entries are summed up in blocks of so many; what is younger than the last full block is read as it is. */
export const BLOCK = 256n;

/**
 * What the entries before some number make of one account in one year, month or accounting period. Derived: it can be deleted
 * with its head at any time, and is built again from the entries.
 *
 * A question as of two clocks is answered from one record per year, per month of the last year and one block of entries,
 * however many entries there are.
 */
type Summed = {
  readonly all: StoredSums;
  /** Of a month: by day. */
  readonly days?: { readonly [day: string]: StoredSums };
};
type Span = "year" | "month" | "period";

export type HistoryHead = {
  /** Entries below this number are summed up. */
  readonly through: string;
  /** Every year and period in which something happened, in order. */
  readonly years: readonly string[];
  readonly periods: readonly string[];
};

/** (account, span, which, number of the entry after the last one summed up). */
const history = collection<Summed>("ledger-history");
export const historyHead = collection<HistoryHead>("ledger-history-head").at("head");
export const NO_HISTORY: HistoryHead = { through: "0", years: [], periods: [] };

/** Up to which day or accounting period, both inclusive; without either, all. */
export type Until = { readonly day?: string | undefined; readonly period?: string | undefined };

export function isUntil({ at, periodId }: LedgerEntry, { day, period }: Until): boolean {
  return (day === undefined || dayOf(at) <= day) && (period === undefined || periodId <= period);
}

function dayOf(at: string): string {
  return chinaDateOf(msOf(at));
}

/** What the summed-up entries below `through`, a whole number of blocks, make of an account. */
export async function summedUp(
  store: Store,
  { years, periods }: HistoryHead,
  account: string,
  through: bigint,
  { day, period }: Until,
  at?: Snapshot,
): Promise<Sums> {
  const total = zeroSums();
  if (through === 0n) return total;
  const add = async (span: Span, which: string) => {
    const found = await latest(store, account, span, which, through, at);
    if (found !== undefined) addSums(total, loadSums(found.all));
    return found;
  };
  if (period !== undefined) {
    for (const one of periods) if (one <= period) await add("period", one);
    return total;
  }
  const year = day?.slice(0, 4);
  for (const one of years) if (year === undefined || one < year) await add("year", one);
  if (day === undefined || year === undefined || !years.includes(year)) return total;
  const month = day.slice(0, 7);
  for (let n = 1; n <= 12; n++) {
    const one = `${year}-${String(n).padStart(2, "0")}`;
    if (one < month) await add("month", one);
  }
  const last = await latest(store, account, "month", month, through, at);
  for (const [one, sums] of Object.entries(last?.days ?? {})) {
    if (one <= day.slice(8)) addSums(total, loadSums(sums));
  }
  return total;
}

async function latest(
  store: Store,
  account: string,
  span: Span,
  which: string,
  through: bigint,
  at?: Snapshot,
): Promise<Summed | undefined> {
  const options = { reverse: true, limit: 1, after: [account, span, which, through + 1n] };
  for await (const found of list(store, history, [account, span, which], options, at)) return found;
  return undefined;
}

/** Sums up the next full block; answers whether there was one. Two replicas may try: one of them does it. */
export async function sumUpNext(store: Store, total: bigint): Promise<Result<boolean>> {
  const head = (await read(store, historyHead)) ?? NO_HISTORY;
  const from = BigInt(head.through);
  const through = from + BLOCK;
  if (through > total) return ok(false);
  const block = await entriesBetween(store, from, through);
  if (BigInt(block.length) !== BLOCK) {
    return refuse("LEDGER_UNBALANCED", `of the entries ${from} to ${through} there are ${block.length}`);
  }
  const changes = changesOf(block);
  const records: { readonly key: readonly [string, Span, string]; readonly value: Summed }[] = [];
  for (const { account, span, which, days, all } of changes.values()) {
    const before = await latest(store, account, span, which, from);
    records.push({ key: [account, span, which], value: joined(before, all, days) });
  }
  const years = sorted([...head.years, ...block.map(({ at }) => dayOf(at).slice(0, 4))]);
  const periods = sorted([...head.periods, ...block.map(({ periodId }) => periodId)]);
  return transact(store, [historyHead], (tx) => {
    const now = tx.get(historyHead) ?? NO_HISTORY;
    if (now.through !== head.through) return ok(false);
    for (const { key, value } of records) tx.put(history.at(...key, through), value);
    tx.put(historyHead, { through: through.toString(), years, periods });
    return ok(true);
  });
}

/** From the one number to before the other; fewer than that many when one is missing. */
export async function entriesBetween(store: Store, from: bigint, to: bigint, at?: Snapshot): Promise<LedgerEntry[]> {
  const found: LedgerEntry[] = [];
  if (to <= from) return found;
  const numbered = { ...entries.under(), from: entries.at(from).key, to: entries.at(to).key };
  for await (const [, bytes] of store.range(numbered, at)) found.push(entries.codec.decode(bytes));
  return found;
}

type SpanChange = {
  readonly account: string;
  readonly span: Span;
  readonly which: string;
  readonly all: Sums;
  readonly days: Map<string, Sums>;
};

function changesOf(block: readonly LedgerEntry[]): Map<string, SpanChange> {
  const changes = new Map<string, SpanChange>();
  for (const entry of block) {
    const day = dayOf(entry.at);
    const sides = new Map<string, Sums>();
    addEntry(sides, entry);
    for (const [account, sums] of sides) {
      const inSpan = (span: Span, which: string) => {
        const key = `${account} ${span} ${which}`;
        const change = changes.get(key) ?? { account, span, which, all: zeroSums(), days: new Map() };
        changes.set(key, change);
        addSums(change.all, sums);
        if (span === "month") addSums(sumsIn(change.days, day.slice(8)), sums);
      };
      inSpan("year", day.slice(0, 4));
      inSpan("month", day.slice(0, 7));
      inSpan("period", entry.periodId);
    }
  }
  return changes;
}

function joined(before: Summed | undefined, all: Sums, days: ReadonlyMap<string, Sums>): Summed {
  if (before !== undefined) addSums(all, loadSums(before.all));
  if (days.size === 0) return { all: storeSums(all) };
  const byDay = { ...before?.days };
  for (const [day, sums] of days) {
    const earlier = byDay[day];
    if (earlier !== undefined) addSums(sums, loadSums(earlier));
    byDay[day] = storeSums(sums);
  }
  return { all: storeSums(all), days: byDay };
}

function sorted(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

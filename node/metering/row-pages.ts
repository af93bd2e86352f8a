import type { Snapshot, Store } from "../storage/port.ts";
import { parts } from "../storage/transact.ts";
import { openRows, type ReceiptRow, rowOf } from "./row.ts";

const PAGE_ROWS = 512;
const ID_LENGTH = 64;

export type RowQuery = {
  readonly agreementId: string;
  /** Rows of this period and earlier ones. */
  readonly throughPeriod: string;
  /** Only receipts whose id begins with these hex digits. */
  readonly prefix?: string;
};

/** Complete, unsettled receipts in the order of their ids, a page at a time: a step per row would cost as much as reading it. */
export async function* rowPages(store: Store, query: RowQuery): AsyncGenerator<readonly ReceiptRow[]> {
  const snapshot = await store.snapshot();
  try {
    const periods = await rowMonths(store, query, snapshot);
    const [first = "", ...others] = periods;
    if (periods.length === 0) return;
    if (others.length === 0) yield* periodPages(store, query, first, snapshot);
    else yield* merged(periods.map((period) => periodPages(store, query, period, snapshot)));
  } finally {
    await snapshot.close();
  }
}

/** Which months have rows, oldest first: one look at each, not at their rows. */
export async function rowMonths(
  store: Store,
  { agreementId, throughPeriod }: Omit<RowQuery, "prefix">,
  at?: Snapshot,
): Promise<string[]> {
  const periods: string[] = [];
  for await (const period of parts(store, openRows, [agreementId], at)) {
    if (period > throughPeriod) break;
    periods.push(period);
  }
  return periods;
}

async function* periodPages(
  store: Store,
  { agreementId, prefix = "" }: RowQuery,
  period: string,
  at: Snapshot,
): AsyncGenerator<readonly ReceiptRow[]> {
  const { from, to } = openRows.under([agreementId, period]);
  // "g" sorts after every hex digit.
  const range = prefix === "" ? { from, to } : { from: from + prefix, to: `${from}${prefix}g` };
  for await (const page of store.pages(range, at)) {
    yield page.map(([key, bytes]) => rowOf(period, key.slice(-ID_LENGTH), bytes));
  }
}

type Head = { readonly pages: AsyncGenerator<readonly ReceiptRow[]>; page: readonly ReceiptRow[]; next: number };

/** A receipt is in one period only, so no id comes twice. */
async function* merged(
  sources: readonly AsyncGenerator<readonly ReceiptRow[]>[],
): AsyncGenerator<readonly ReceiptRow[]> {
  try {
    const heads: Head[] = [];
    for (const pages of sources) await refill({ pages, page: [], next: 0 }, heads);
    let page: ReceiptRow[] = [];
    while (heads.length > 0) {
      const head = smallest(heads);
      const row = head.page[head.next++];
      if (row !== undefined) page.push(row);
      if (head.next === head.page.length) {
        heads.splice(heads.indexOf(head), 1);
        await refill(head, heads);
      }
      if (page.length < PAGE_ROWS) continue;
      yield page;
      page = [];
    }
    if (page.length > 0) yield page;
  } finally {
    for (const pages of sources) await pages.return(undefined);
  }
}

async function refill({ pages }: Head, heads: Head[]): Promise<void> {
  const { done, value } = await pages.next();
  if (done !== true) heads.push({ pages, page: value, next: 0 });
}

function smallest(heads: readonly Head[]): Head {
  return heads.reduce((a, b) => (idOf(b) < idOf(a) ? b : a));
}

function idOf({ page, next }: Head): string {
  return page[next]?.receiptId ?? "";
}

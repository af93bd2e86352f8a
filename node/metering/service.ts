import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Store } from "../storage/port.ts";
import { list, page, read } from "../storage/transact.ts";
import type { HeldReceipt, UsageTotals } from "./model.ts";
import { type Direction, equivocations, receiptPlaces, receiptRef, receipts, receiptsByPeriod } from "./store.ts";
import { NO_USAGE, usages } from "./usage.ts";

const refuse = refusals({ RECEIPT_NOT_FOUND: "not-found" });

export type ReceiptQuery = {
  readonly agreement?: string | undefined;
  readonly period?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

/** A number under which two versions were signed counts nowhere; both are here as proof. */
export type Equivocation = { readonly receiptId: string; readonly versions: readonly HeldReceipt[] };

export type Metering = {
  /** In the order of the chain, oldest first; of one agreement, one period, both, or all. */
  readonly receipts: (query: ReceiptQuery) => Promise<{ items: HeldReceipt[]; next: string | null }>;
  readonly receipt: (id: string) => Promise<Result<HeldReceipt>>;
  readonly equivocations: (agreementId: string) => AsyncGenerator<Equivocation>;
  readonly totals: (agreementId: string) => Promise<UsageTotals>;
};

export function createMetering({ store }: { readonly store: Store }): Metering {
  return {
    receipts: (query) => receiptPage(store, query),
    receipt: async (id) => {
      const place = await read(store, receiptPlaces.at(id));
      const held = place && (await read(store, receiptRef(place.agreementId, place.direction, place.seq)));
      return held === undefined ? notFound(id) : ok(held);
    },
    equivocations: (agreementId) => equivocationsOf(store, agreementId),
    totals: async (agreementId) => (await read(store, usages.at(agreementId))) ?? NO_USAGE,
  };
}

async function* equivocationsOf(store: Store, agreementId: string): AsyncGenerator<Equivocation> {
  const versions = new Map<string, HeldReceipt[]>();
  for await (const version of list(store, equivocations, [agreementId])) {
    const { receiptId } = version.core;
    versions.set(receiptId, [...(versions.get(receiptId) ?? []), version]);
  }
  for (const [receiptId, both] of versions) yield { receiptId, versions: both };
}

async function receiptPage(store: Store, query: ReceiptQuery) {
  const after = query.cursor === undefined ? undefined : cursorParts(query.cursor);
  const items = query.period === undefined ? await byChain(store, query, after) : await byPeriod(store, query, after);
  const last = items.length > query.limit ? items[query.limit - 1] : undefined;
  return { items: items.slice(0, query.limit), next: last === undefined ? null : cursorOf(last) };
}

type Place = readonly [agreementId: string, direction: Direction, seq: bigint];

function byChain(store: Store, { agreement, limit }: ReceiptQuery, after: Place | undefined): Promise<HeldReceipt[]> {
  const id = agreement === undefined ? [] : [agreement];
  return page(store, receipts, id, after === undefined ? { limit: limit + 1 } : { limit: limit + 1, after });
}

async function byPeriod(store: Store, query: ReceiptQuery, after: Place | undefined): Promise<HeldReceipt[]> {
  const { period = "", agreement, limit } = query;
  const id = agreement === undefined ? [period] : [period, agreement];
  const options = after === undefined ? { limit: limit + 1 } : { limit: limit + 1, after: [period, ...after] };
  const items: HeldReceipt[] = [];
  for await (const receiptId of list(store, receiptsByPeriod, id, options)) {
    const place = await read(store, receiptPlaces.at(receiptId));
    const held = place && (await read(store, receiptRef(place.agreementId, place.direction, place.seq)));
    if (held !== undefined) items.push(held);
  }
  return items;
}

function cursorOf({ core }: HeldReceipt): string {
  return Buffer.from(JSON.stringify([core.agreementId, core.direction, core.seq])).toString("base64url");
}

/** A cursor that this node did not make leads to the first page. */
function cursorParts(cursor: string): Place | undefined {
  try {
    const [agreementId, direction, seq] = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    return [String(agreementId), direction === "reverse" ? "reverse" : "forward", BigInt(seq)];
  } catch {
    return undefined;
  }
}

function notFound(id: string): Result<never> {
  return refuse(
    "RECEIPT_NOT_FOUND",
    {
      zh: `本节点没有编号为 ${id} 的凭据;请核对编号。`,
      en: `This node holds no receipt ${id}; check the id.`,
    },
    { id },
  );
}

import { requireRole } from "../../identity/authorise.ts";
import type { Principal } from "../../identity/model.ts";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import { newUlid } from "../../kernel/ids.ts";
import { msOf, periodOf } from "../../kernel/instant.ts";
import type { ReceiptCore } from "../../metering/model.ts";
import { chainHeads, type Direction, numberIn, receiptsByPeriod } from "../../metering/store.ts";
import { NO_USAGE, usages } from "../../metering/usage.ts";
import type { Agreement } from "../../negotiation/model.ts";
import { checkSelection, enforceCall, type Selection } from "../../policy/enforce.ts";
import { collection } from "../../storage/collection.ts";
import type { Store } from "../../storage/port.ts";
import { list, read, transact } from "../../storage/transact.ts";
import { receiptsInRanges } from "../sources.ts";
import { budgets } from "./budget-model.ts";
import type { InsightDeps } from "./deps.ts";
import {
  actualOf,
  type Counted,
  chargedBefore,
  countReceipts,
  type Estimate,
  type Quote,
  type QuoteActual,
  quoteOf,
} from "./quote.ts";
import { refuseInsight, refuseQuote } from "./refusal.ts";
import { readRunningUsage } from "./running-usage.ts";
import { spentFen } from "./spend.ts";

/** (agreement, id) → quote; kept for good, to be compared with what was charged. */
const quotes = collection<Quote>("usage-quote");

export type QuoteView = Quote & { readonly actual: QuoteActual };

export async function makeQuote(
  deps: InsightDeps,
  actor: Principal,
  agreement: Agreement,
  estimate: Estimate,
): Promise<Result<Quote>> {
  const allowed = requireRole(actor, ["requester", "finance", "publisher"]);
  if (!allowed.ok) return allowed;
  const { id: agreementId, terms } = agreement;
  const price = terms.price;
  if (price === null) return refuseInsight("QUOTE_UNPRICED", { agreementId });
  const nowMs = deps.runtime.nowMs();
  const totals = (await read(deps.store, usages.at(agreementId))) ?? NO_USAGE;
  const permitted = wouldAllow(agreement, estimate, totals, nowMs);
  if (!permitted.ok) return permitted;
  const running = await readRunningUsage(deps.store, agreementId);
  const periodId = periodOf(nowMs);
  const month = running.months[periodId] ?? {};
  const budgetFen = (await read(deps.store, budgets.at(agreementId)))?.fen ?? null;
  const callsByClass = totals.callsByMonth[periodId] ?? {};
  const quote = quoteOf({
    id: newUlid(deps.runtime),
    agreement,
    price,
    productId: productOf(agreement),
    estimate,
    totals,
    callsByClass,
    budgetFen: budgetFen === null ? null : BigInt(budgetFen),
    month,
    spentFen: spentFen(price, month, BigInt(callsByClass.commercial ?? "0")),
    after: {
      forward: (await read(deps.store, chainHeads.at(agreementId, "forward")))?.seq ?? "0",
      reverse: (await read(deps.store, chainHeads.at(agreementId, "reverse")))?.seq ?? "0",
    },
    nowMs,
  });
  if (!quote.ok) return quote;
  return transact(deps.store, [], (tx) => {
    tx.put(quotes.at(agreementId, quote.value.id), quote.value);
    return ok(quote.value);
  });
}

/** What the agreement would refuse gets no price: a bound on a use that cannot happen would mislead. */
function wouldAllow(agreement: Agreement, estimate: Estimate, totals: typeof NO_USAGE, nowMs: number): Result<true> {
  const { purpose } = estimate;
  const selection = { ...estimate.selection, purpose } as Selection;
  const asked = checkSelection({ agreement, selection, nowMs });
  const judged =
    asked.ok && estimate.calls !== undefined ? enforceCall({ agreement, input: {}, purpose, totals, nowMs }) : asked;
  if (!judged.ok) return refuseQuote(judged.error.text);
  if (judged.value === true || estimate.calls === undefined) return ok(true);
  const { callsLeft } = judged.value;
  if (callsLeft === null || BigInt(estimate.calls) <= callsLeft) return ok(true);
  return refuseQuote({
    zh: `预计 ${estimate.calls} 次,按协议限额和本月预算只剩 ${callsLeft} 次;请减少次数,或由使用方财务调整预算。`,
    en: `${estimate.calls} calls, while the agreement's limits and this month's budget leave ${callsLeft}; ask for fewer, or have the consumer's finance office change the budget.`,
  });
}

/** The priced product: the one named like the entry, else the only one. As receipts name it. */
function productOf({ terms, entry }: Agreement): string {
  const products = terms.price?.products ?? [];
  const own = products.find(({ productId }) => productId === entry.id);
  return (own ?? products[0])?.productId ?? entry.id;
}

/** A quote that was used for one transfer is compared with that transfer alone. */
export async function useQuote(
  deps: InsightDeps,
  actor: Principal,
  agreementId: string,
  id: string,
  transferId: string,
): Promise<Result<Quote>> {
  const allowed = requireRole(actor, ["requester", "finance", "publisher"]);
  if (!allowed.ok) return allowed;
  const ref = quotes.at(agreementId, id);
  return transact(deps.store, [ref], (tx) => {
    const quote = tx.get(ref);
    if (quote === undefined) return refuseInsight("QUOTE_NOT_FOUND", { agreementId, value: id });
    const used = { ...quote, transferId };
    tx.put(ref, used);
    return ok(used);
  });
}

export type QuoteQuery = { readonly transferId?: string | undefined; readonly periodId?: string | undefined };

/** Quotes with what was charged for what followed them, newest first. */
export async function quotesOf(deps: InsightDeps, agreement: Agreement, query: QuoteQuery): Promise<QuoteView[]> {
  const { id: agreementId, terms } = agreement;
  const { price } = terms;
  const all: Quote[] = [];
  for await (const quote of list(deps.store, quotes, [agreementId])) all.push(quote);
  if (price === null || all.length === 0) return [];
  const followings = all.flatMap((quote, i): Following[] => {
    if (query.periodId !== undefined && quote.periodId !== query.periodId) return [];
    if (query.transferId !== undefined && quote.transferId !== query.transferId) return [];
    const later = all.slice(i + 1).find((other) => isSameUse(other, quote));
    return [{ quote, later, followed: countReceipts(), chargedSince: countReceipts() }];
  });
  for (const periodId of new Set(followings.map(({ quote }) => quote.periodId))) {
    await readMonth(
      deps,
      followings.filter(({ quote }) => quote.periodId === periodId),
    );
  }
  const running = await readRunningUsage(deps.store, agreementId);
  const nowMs = deps.runtime.nowMs();
  const views = followings.map(({ quote, followed, chargedSince }): QuoteView => {
    const before = chargedBefore(running.months[quote.periodId] ?? {}, price, chargedSince);
    return { ...quote, actual: actualOf(quote, price, followed, before, nowMs) };
  });
  return views.reverse();
}

/** A quote, the next one of its kind, and what came after it in its month. */
type Following = {
  readonly quote: Quote;
  readonly later: Quote | undefined;
  readonly followed: Counted;
  readonly chargedSince: Counted;
};

/** The next quote of the same kind of use ends what this one is compared with. */
function isSameUse(other: Quote, quote: Quote): boolean {
  return quote.transferId === null && other.transferId === null && other.purposeClass === quote.purposeClass;
}

/** Once for all quotes of a month, from the first of them on: what other months used is not read. */
async function readMonth({ store }: InsightDeps, followings: readonly Following[]): Promise<void> {
  const [first] = followings;
  if (first === undefined) return;
  const { agreementId, periodId } = first.quote;
  const from = (direction: Direction) =>
    followings.map(({ quote }) => BigInt(quote.after[direction])).reduce((a, b) => (a < b ? a : b));
  const ranges = {
    forward: await numbersOf(store, [periodId, agreementId, "forward"], from("forward")),
    reverse: await numbersOf(store, [periodId, agreementId, "reverse"], from("reverse")),
  };
  for await (const { core } of receiptsInRanges(store, agreementId, ranges)) {
    if (core.periodId !== periodId) continue;
    for (const following of followings) count(following, core);
  }
}

/** From the first number of a month after this one to its last. */
async function numbersOf(
  store: Store,
  month: readonly [period: string, agreement: string, Direction],
  after: bigint,
): Promise<[string, string][]> {
  const ends: string[] = [];
  for (const options of [{ after: [...month, after] }, { reverse: true }]) {
    const range = receiptsByPeriod.under(month, { ...options, limit: 1 });
    for await (const [key] of store.range(range)) ends.push(numberIn(key).toString());
  }
  const [first, last] = ends;
  return first === undefined || last === undefined || BigInt(first) > BigInt(last) ? [] : [[first, last]];
}

function count({ quote, later, followed, chargedSince }: Following, core: ReceiptCore): void {
  const { direction, seq } = core;
  const { after, purposeClass, transferId, validUntil } = quote;
  if (BigInt(seq) <= BigInt(after[direction])) return;
  if (core.purposeClass === "commercial") chargedSince.add(core);
  const isTimely = msOf(core.endedAt) < msOf(validUntil);
  const isOwn =
    transferId === null
      ? later === undefined || BigInt(seq) <= BigInt(later.after[direction])
      : core.transferId === transferId;
  if (isTimely && isOwn && core.purposeClass === purposeClass) followed.add(core);
}

import type { HeldReceipt } from "../../metering/model.ts";
import { type Direction, equivocations } from "../../metering/store.ts";
import { usages } from "../../metering/usage.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { list, read } from "../../storage/transact.ts";
import { type BuildDeps, termsOf } from "../build.ts";
import type { PostedUsage, Statement } from "../model.ts";
import type { Settlement } from "../process-model.ts";
import { inRanges, joinRanges, NO_RANGES, outsideRanges, type SeqRanges } from "../seq-ranges.ts";
import { receiptsInRanges } from "../sources.ts";
import { agreementBooks, disputedReceipts, postedUsage, settlements } from "../store.ts";
import { byteOrder } from "../values.ts";
import { type ExceptionKind, type LineFacts, lineEquation } from "./equation.ts";
import { exceptionsOf, type StatementEquation, summed } from "./equation-view.ts";
import { keyText, type LineKey, linesByKey, metricOf, priceOf, priorOf, settledLine } from "./line-facts.ts";
import { newTally, quantityOf, type Standing, type Tally } from "./tally.ts";

/** A receipt of a settlement's equation, and where it stands. */
export type PlacedReceipt = LineKey & {
  readonly receipt: HeldReceipt;
  readonly quantity: string;
  readonly bin: "charged" | "freeQuota" | "waived" | ExceptionKind;
};

type Context = {
  readonly terms: SettlementTerms;
  readonly settlement: Settlement | undefined;
  readonly statement: Statement | null;
  readonly posted: readonly PostedUsage[];
  readonly quota: bigint | null;
  readonly lastPeriod: string;
  readonly elsewhere: SeqRanges;
  readonly own: SeqRanges;
  readonly disputed: ReadonlySet<string>;
  readonly equivocated: ReadonlySet<string>;
  readonly regions: { readonly provider: string; readonly consumer: string };
};

type Line = LineKey & { readonly tally: Tally; readonly quotaLeft: bigint | null };

/**
 * The equation of one agreement in one period, from the receipts one by one on one side and the statement on the other.
 * `onReceipt` sees each receipt with its place: what a person drills down to.
 */
export async function readEquation(
  deps: BuildDeps,
  agreementId: string,
  periodId: string,
  onReceipt: (placed: PlacedReceipt) => void = () => {},
): Promise<StatementEquation | undefined> {
  const terms = await termsOf(deps, agreementId);
  // A third region, whose parties are only paid, holds no receipts: the two sides answer for what was delivered.
  const isWitness = (await deps.agreements.find(agreementId))?.role === "witness-party";
  if (!terms.ok || isWitness) return undefined;
  const context = await contextOf(deps, terms.value, agreementId, periodId);
  const lines = new Map<string, Line>();
  const lineOf = (key: LineKey) => {
    const text = keyText(key);
    const known = lines.get(text) ?? newLine(context, key, lines);
    lines.set(text, known);
    return known;
  };
  const calls = new Map<string, bigint>();
  for await (const receipt of receiptsInRanges(deps.store, agreementId, rangesOf(context, periodId))) {
    const { core } = receipt;
    const isFree = core.purposeClass === "public-interest";
    if (core.periodId === periodId) {
      calls.set(core.purposeClass, (calls.get(core.purposeClass) ?? 0n) + quantityOf(receipt, "calls"));
    }
    if (core.periodId > periodId || priceOf(context.terms, core.productId) === undefined) continue;
    const standing = standingOf(context, receipt, periodId);
    if (standing === undefined) continue;
    const key = { productId: core.productId, usagePeriodId: core.periodId };
    const quantity = quantityOf(receipt, metricOf(context.terms, core.productId));
    const bin = lineOf(key).tally.add(quantity, isFree, standing);
    onReceipt({ ...key, receipt, quantity: quantity.toString(), bin });
  }
  if (periodId > context.lastPeriod || context.settlement?.state !== "agreed") {
    await addUnreceipted(deps, context, agreementId, periodId, calls, lineOf);
  }
  return equationFrom(context, agreementId, periodId, lines);
}

function equationFrom(
  context: Context,
  agreementId: string,
  periodId: string,
  lines: ReadonlyMap<string, Line>,
): StatementEquation {
  const { terms, statement, posted, settlement } = context;
  const byKey = statement === null ? new Map() : linesByKey(statement);
  const keys = [...new Set([...lines.keys(), ...byKey.keys()])].sort(byteOrder);
  const facts = keys.flatMap((text): LineFacts[] => {
    const at = text.lastIndexOf("/");
    const key = { productId: text.slice(0, at), usagePeriodId: text.slice(at + 1) };
    const line = lines.get(text);
    const settled = byKey.get(text);
    const cap = settled?.effectivePriceMicro ?? posted.find((one) => keyText(one) === text)?.capPriceMicro;
    const price = priceOf(terms, key.productId, cap);
    if (price === undefined) return [];
    return [
      {
        lineId: `${agreementId}/${text}`,
        ...key,
        metric: metricOf(terms, key.productId),
        price,
        prior: priorOf(posted, key),
        freeQuota: line === undefined ? null : line.quotaLeft,
        delivered: (line?.tally ?? newTally(null)).delivered(),
        settled: statement === null ? null : settled === undefined ? NOTHING : settledLine(settled),
      },
    ];
  });
  const released = BigInt(statement?.result.deferred.releasedFen ?? "0");
  const equations = facts.map(lineEquation);
  return {
    agreementId,
    periodId,
    basis: statement === null ? "receipts" : "statement",
    statementDigest: settlement?.built?.digest ?? null,
    lines: equations,
    releasedFen: released.toString(),
    ...summed(equations, released, { agreementId, periodId }),
    exceptions: exceptionsOf(facts, { agreementId, periodId, ...context.regions }),
  };
}

const NOTHING = { quantity: 0n, billable: 0n, amountFen: 0n, deferredFen: 0n, keptFen: 0n };

async function contextOf(
  deps: BuildDeps,
  terms: SettlementTerms,
  agreementId: string,
  periodId: string,
): Promise<Context> {
  const { store } = deps;
  const settlement = await read(store, settlements.at(periodId, agreementId));
  const books = await read(store, agreementBooks.at(agreementId));
  const built = settlement?.built ?? null;
  const isAgreed = settlement?.state === "agreed";
  const posted: PostedUsage[] = [];
  // A signed statement started from what it says; an open one from where the books stand.
  if (isAgreed && built !== null) posted.push(...built.opening.posted);
  else for await (const prior of list(store, postedUsage, [agreementId])) posted.push(prior);
  const equivocated = new Set<string>();
  for await (const { core } of list(store, equivocations, [agreementId])) equivocated.add(core.receiptId);
  const agreement = await deps.agreements.find(agreementId);
  const quota = agreement?.terms.limits.freeCallsPerMonth ?? null;
  return {
    terms,
    settlement,
    statement: built === null ? null : (JSON.parse(built.text) as Statement),
    posted: posted.filter((prior) => isAgreed || prior.usagePeriodId !== periodId),
    quota: quota === null ? null : BigInt(quota),
    lastPeriod: books?.lastPeriod ?? "",
    elsewhere: books?.settled ?? NO_RANGES,
    own: built?.settles ?? NO_RANGES,
    disputed: new Set(built === null ? await openDisputes(deps, agreementId) : built.disputedReceiptIds),
    equivocated,
    regions: { provider: agreement?.provider ?? "", consumer: agreement?.consumer ?? "" },
  };
}

async function openDisputes({ store }: BuildDeps, agreementId: string): Promise<string[]> {
  const ids: string[] = [];
  const range = disputedReceipts.under([agreementId]);
  for await (const [key] of store.range(range)) ids.push(key.slice(key.lastIndexOf("/") + 1));
  return ids;
}

/** Where its receipts can be: in its own statement, and in none so far; what other statements settled is not read again. */
function rangesOf({ settlement, lastPeriod, own, elsewhere }: Context, periodId: string): SeqRanges {
  const isAgreed = settlement?.state === "agreed";
  if (isAgreed && periodId < lastPeriod) return own;
  // Overtaken: the calls of its month are counted too, and a later statement has settled them.
  if (!isAgreed && periodId <= lastPeriod) return outsideRanges(NO_RANGES);
  return joinRanges(own, outsideRanges(elsewhere));
}

/** Where a receipt stands in this settlement; undefined: it belongs to another one. */
function standingOf(context: Context, receipt: HeldReceipt, periodId: string): Standing | undefined {
  const { receiptId, direction, seq } = receipt.core as { receiptId: string; direction: Direction; seq: string };
  if (inRanges(context.own, direction, seq)) return context.disputed.has(receiptId) ? "disputed" : "settled";
  if (inRanges(context.elsewhere, direction, seq)) return undefined;
  // What came after a signed statement that is no longer the last one belongs to a later one.
  if (context.settlement?.state === "agreed" && periodId < context.lastPeriod) return undefined;
  if (context.equivocated.has(receiptId)) return "equivocated";
  if (receipt.consumerSignature === null) return "unsigned";
  if (context.disputed.has(receiptId)) return "disputed";
  return context.statement === null ? "settled" : "late";
}

function newLine({ quota, posted, terms }: Context, key: LineKey, lines: ReadonlyMap<string, Line>): Line {
  const isCalls = metricOf(terms, key.productId) === "calls";
  if (quota === null || !isCalls) return { ...key, tally: newTally(null), quotaLeft: null };
  // One quota for all products of the month: the later ones get what the earlier ones leave.
  const others = [...lines.values()].filter((line) => line.usagePeriodId === key.usagePeriodId);
  const used = others.reduce((sum, line) => sum + line.tally.delivered().free, 0n);
  const left = quota > used ? quota - used : 0n;
  const prior = priorOf(posted, key).free;
  return { ...key, tally: newTally(left > prior ? left - prior : 0n), quotaLeft: left };
}

/** Calls that were answered and metered but whose window has no receipt yet. */
async function addUnreceipted(
  { store }: BuildDeps,
  { terms }: Context,
  agreementId: string,
  periodId: string,
  receipted: ReadonlyMap<string, bigint>,
  lineOf: (key: LineKey) => Line,
): Promise<void> {
  const product = terms.products.find(({ metric }) => metric === "calls");
  const month = (await read(store, usages.at(agreementId)))?.callsByMonth[periodId];
  if (product === undefined || month === undefined) return;
  for (const [purposeClass, counted] of Object.entries(month)) {
    const missing = BigInt(counted) - (receipted.get(purposeClass) ?? 0n);
    if (missing > 0n) {
      const key = { productId: product.productId, usagePeriodId: periodId };
      lineOf(key).tally.addUnreceipted(missing, purposeClass === "public-interest");
    }
  }
}

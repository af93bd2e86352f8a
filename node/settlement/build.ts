import { canonicalText } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { ReceiptRow } from "../metering/row.ts";
import { type SettlementTerms, settlementTermsSchema } from "../policy/settlement-terms.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { earlierDaysOf, periodOfDeclaration, termsWithDays } from "./figures.ts";
import type { Declaration, PostedUsage, UsageRow } from "./model.ts";
import type { BuiltRecord, SideFigures, StatementRows } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { scopeOf } from "./scope.ts";
import { NO_RANGES, rangeCollector, rangeTest } from "./seq-ranges.ts";
import type { AgreementSource, ReceiptSource } from "./sources.ts";
import { type BuiltStatement, statementBuilder } from "./statement.ts";
import { agreementBooks, postedUsage } from "./store.ts";

export type BuildDeps = {
  readonly store: Store;
  readonly agreements: AgreementSource;
  readonly receipts: ReceiptSource;
};

/** What both laid on the table; the scope of the settlement follows from it on either side. */
export type Sides = { readonly own: SideFigures; readonly theirs: SideFigures };

type About = { readonly agreementId: string; readonly periodId: string };

/** The signed terms as they stand in the agreement document; what is not both-signed and priced never settles. */
export async function termsOf({ agreements }: BuildDeps, agreementId: string): Promise<Result<SettlementTerms>> {
  const agreement = await agreements.find(agreementId);
  if (agreement === undefined) return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  const { terms } = JSON.parse(agreement.document) as { terms: unknown };
  if (terms === null || agreement.consumerSignature === null)
    return refuseProcess("SETTLEMENT_UNPRICED", { agreementId });
  // Checked, but used as signed: its digest is over these very keys.
  return settlementTermsSchema.safeParse(terms).success
    ? ok(terms as SettlementTerms)
    : refuseProcess("SETTLEMENT_UNPRICED", { agreementId });
}

/** As `termsOf`, for another region: only the two sides learn why an agreement does not settle; to anyone else it does not exist. */
export async function termsForPeer(
  deps: BuildDeps,
  agreementId: string,
  peer: string,
): Promise<Result<SettlementTerms>> {
  const terms = await termsOf(deps, agreementId);
  if (terms.ok) return terms;
  const agreement = await deps.agreements.find(agreementId);
  const isSide = agreement !== undefined && [agreement.provider, agreement.consumer].includes(peer);
  return isSide ? terms : refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
}

/**
 * Receipts that this settlement is about, disputed ones included; those of signed statements are done. A page at a time, in
 * the order of ids; with a prefix only those whose ids begin with it.
 */
export async function* receiptsOf(
  { store, receipts }: BuildDeps,
  { agreementId, periodId }: About,
  sides: Sides,
  prefix = "",
): AsyncGenerator<readonly ReceiptRow[]> {
  const books = await read(store, agreementBooks.at(agreementId));
  const { cut, revived } = scopeOf(books?.parkedReceiptIds ?? [], sides.own, sides.theirs);
  const isSettled = rangeTest(books?.settled ?? NO_RANGES);
  const last = { forward: BigInt(cut.forward), reverse: BigInt(cut.reverse) };
  for await (const page of receipts.rows({ agreementId, throughPeriod: periodId, prefix })) {
    yield page.filter(({ direction, seq, receiptId }) => {
      const isNew = BigInt(seq) <= last[direction] && !isSettled(direction, seq);
      return isNew || revived.has(receiptId);
    });
  }
}

export type BuildInput = Sides & { readonly declaration: Declaration; readonly inputsDigest: string };

/** Builds this side's statement from its own receipts and its own copy of the terms. */
export async function build(deps: BuildDeps, about: About, input: BuildInput): Promise<Result<BuiltRecord>> {
  const { declaration, inputsDigest, own, theirs } = input;
  const terms = await termsOf(deps, about.agreementId);
  if (!terms.ok) return terms;
  const posted: PostedUsage[] = [];
  for await (const prior of list(deps.store, postedUsage, [about.agreementId])) posted.push(prior);
  const books = await read(deps.store, agreementBooks.at(about.agreementId));
  const carry = books?.carry ?? null;
  const caps = new Map(declaration.caps.map(({ productId, capPriceMicro }) => [productId, capPriceMicro]));
  const builder = statementBuilder({
    terms: termsWithDays(terms.value, declaration),
    period: periodOfDeclaration(declaration),
    caps,
    carry,
    posted,
    disputedReceiptIds: [...scopeOf(books?.parkedReceiptIds ?? [], own, theirs).disputed],
  });
  const numbers = rangeCollector();
  for await (const page of receiptsOf(deps, about, input)) {
    for (const row of page) {
      const added = builder.add(row, row.coreDigest);
      if (!added.ok) return added;
      numbers.add(row.direction, row.seq);
    }
  }
  const built = builder.finish();
  if (!built.ok) return built;
  return ok({
    ...recordOf(built.value, inputsDigest),
    posted: postedAfter(built.value, posted, declaration),
    settles: numbers.ranges(),
    rows: rowsOf(built.value),
    opening: {
      lastPeriod: books?.lastPeriod ?? "",
      carry,
      posted: posted.filter((prior) => isOfMonthUsed(prior, built.value.usage)),
    },
  });
}

function recordOf({ statement, digest }: BuiltStatement, inputsDigest: string) {
  const { termsDigest, openingCarryDigest, receiptsRoot, receiptCount, disputedReceiptIds, result } = statement;
  return {
    text: canonicalText(statement),
    digest,
    proposal: { digest, termsDigest, openingCarryDigest, inputsDigest, receiptsRoot, receiptCount },
    amountFen: result.amountFen,
    disputedReceiptIds,
  };
}

function rowsOf({ usage, metered, statement }: BuiltStatement): StatementRows {
  return { usage, metered, disputedReceiptIds: statement.disputedReceiptIds };
}

/** Of any product: who took part on which days is known of the month. */
function isOfMonthUsed({ usagePeriodId }: PostedUsage, usage: readonly UsageRow[]): boolean {
  return usage.some((row) => row.usagePeriodId === usagePeriodId);
}

/** What later statements start their late lines from. Only what was settled counts; disputed quantities do not. */
export function postedAfter(
  { usage, metered }: Pick<StatementRows, "usage" | "metered">,
  before: readonly PostedUsage[],
  { periodId, caps: declared, activeDays }: Declaration,
): PostedUsage[] {
  const caps = new Map(declared.map(({ productId, capPriceMicro }) => [productId, capPriceMicro]));
  const earlier = new Map(earlierDaysOf(before).map((one) => [one.usagePeriodId, one.activeDays]));
  return usage.map((row) => {
    const usagePeriodId = row.usagePeriodId ?? periodId;
    const prior = before.find((one) => one.productId === row.productId && one.usagePeriodId === usagePeriodId);
    // A month of which nothing was settled yet is shared as if all had been there throughout.
    const active =
      usagePeriodId === periodId ? activeDays : earlier.has(usagePeriodId) ? earlier.get(usagePeriodId) : [];
    const cap = row.usagePeriodId === undefined ? caps.get(row.productId) : prior?.capPriceMicro;
    return {
      productId: row.productId,
      usagePeriodId,
      quantity: plus(row, "priorQuantity", "quantity"),
      freeQuantity: plus(row, "priorFreeQuantity", "freeQuantity"),
      // On late rows these are totals already (settlement.md §4, contribution).
      metered: metered
        .filter((one) => one.productId === row.productId && one.usagePeriodId === usagePeriodId)
        .map(({ partyId, metric, quantity }) => ({ partyId, metric, quantity })),
      ...(cap !== undefined && cap !== null && { capPriceMicro: cap }),
      ...(active !== undefined && active !== null && { activeDays: active }),
    };
  });
}

function plus(row: UsageRow, prior: "priorQuantity" | "priorFreeQuantity", now: "quantity" | "freeQuantity"): string {
  return (BigInt(row[prior] ?? "0") + BigInt(row[now] ?? "0")).toString();
}

import { canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { list, read } from "../storage/transact.ts";
import { postedAfter, termsOf } from "./build.ts";
import { differenceOf } from "./compare.ts";
import { earlierDaysOf, periodOfDeclaration, termsWithDays } from "./figures.ts";
import { type Declaration, FRESH_CARRY, type PostedUsage, type Statement, type UsageRow } from "./model.ts";
import { settle } from "./pipeline.ts";
import type { ProcessDeps } from "./process.ts";
import type { BuiltRecord, Settlement, WitnessedSide } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { NO_RANGES } from "./seq-ranges.ts";
import { digestOfJson } from "./statement.ts";
import { agreementBooks, postedUsage } from "./store.ts";

export type WitnessedInput = {
  readonly declaration: Declaration;
  readonly inputsDigest: string;
  readonly provider: WitnessedSide;
  readonly consumer: WitnessedSide;
};

/**
 * A third region's own computation: its copy of the terms, its own carry and what it knows to have been settled before,
 * over the sums of receipts that both sides vouch for. It sees no receipt; everything after the sums it does not take on trust.
 */
export async function witnessedStatement(
  deps: ProcessDeps,
  { agreementId, periodId }: Settlement,
  { declaration, inputsDigest, provider, consumer }: WitnessedInput,
): Promise<Result<BuiltRecord>> {
  const { proposal, rows, scope } = provider;
  if (proposal === null || rows === null || scope === null || consumer.proposal === null) {
    throw new Error("a statement is computed before both sides have proposed it");
  }
  const between = differenceOf(proposal, consumer.proposal);
  if (between !== undefined)
    return refuseProcess(between, { value: `${proposal.digest} / ${consumer.proposal.digest}` });
  const signed = await termsOf(deps, agreementId);
  if (!signed.ok) return signed;
  const posted: PostedUsage[] = [];
  for await (const prior of list(deps.store, postedUsage, [agreementId])) posted.push(prior);
  const caps = new Map(declaration.caps.map(({ productId, capPriceMicro }) => [productId, capPriceMicro]));
  const { usage, metered } = rows;
  const honest = checkRows(usage, posted, caps);
  if (!honest.ok) return honest;

  const books = await read(deps.store, agreementBooks.at(agreementId));
  const carry = books?.carry ?? null;
  const terms = termsWithDays(signed.value, declaration);
  const earlierDays = earlierDaysOf(posted);
  const result = settle(terms, { ...periodOfDeclaration(declaration), usage, metered, earlierDays }, carry);
  if (!result.ok) return result;
  const { receiptCount, receiptsRoot } = proposal;
  const statement: Statement = {
    ...{ type: "heliu.statement.v1", agreementId, periodId },
    termsDigest: digestOfJson(terms),
    openingCarryDigest: digestOf(carry ?? FRESH_CARRY),
    ...{ receiptCount, receiptsRoot },
    disputedReceiptIds: [...rows.disputedReceiptIds],
    result: result.value,
  };
  const own = { ...proposal, digest: digestOfJson(statement), inputsDigest };
  const { termsDigest, openingCarryDigest } = statement;
  const difference = differenceOf({ ...own, termsDigest, openingCarryDigest }, proposal);
  if (difference !== undefined) return refuseProcess(difference, { value: `${own.digest} / ${proposal.digest}` });
  return ok({
    text: canonicalText(JSON.parse(JSON.stringify(statement))),
    digest: own.digest,
    proposal,
    amountFen: result.value.amountFen,
    disputedReceiptIds: statement.disputedReceiptIds,
    posted: postedAfter(rows, posted, declaration),
    settles: NO_RANGES,
    rows,
    opening: { lastPeriod: books?.lastPeriod ?? "", carry, posted },
  });
}

/** Late lines start from what was settled before, and caps are those of the declaration: both are known here as well. */
function checkRows(
  usage: readonly UsageRow[],
  posted: readonly PostedUsage[],
  caps: ReadonlyMap<string, string>,
): Result<true> {
  for (const row of usage) {
    const { productId, usagePeriodId, priorQuantity, priorFreeQuantity, capPriceMicro } = row;
    const isLate = usagePeriodId != null;
    const prior = posted.find((one) => one.productId === productId && one.usagePeriodId === usagePeriodId);
    const isPrior =
      (priorQuantity ?? "0") === (isLate ? (prior?.quantity ?? "0") : "0") &&
      (priorFreeQuantity ?? "0") === (isLate ? (prior?.freeQuantity ?? "0") : "0");
    const isCap = (capPriceMicro ?? null) === ((isLate ? prior?.capPriceMicro : caps.get(productId)) ?? null);
    if (!isPrior || !isCap) {
      return refuseProcess("STATEMENT_INPUTS_DIFFER", { value: `${productId} ${usagePeriodId ?? ""}`.trim() });
    }
  }
  return ok(true);
}

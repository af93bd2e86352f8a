import { canonicalText } from "../../kernel/canonical-json.ts";
import type { Result } from "../../kernel/exchange-error.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { earlierDaysOf, termsWithDays } from "../figures.ts";
import type { Carry, Declaration, PeriodInput, PostedUsage, SettleResult, Statement, UsageRow } from "../model.ts";
import { settle } from "../pipeline.ts";
import type { Settlement } from "../process-model.ts";
import type { MeteredRow } from "../scheme.ts";
import { isReleaseLine, keyText, usagePeriodOf } from "./line-facts.ts";
import { refuseInsight } from "./refusal.ts";

/** All that a computed statement follows from but the receipts one by one: enough to compute it again, also otherwise. */
export type PeriodFacts = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly terms: SettlementTerms;
  readonly declaration: Declaration;
  readonly period: PeriodInput;
  readonly carry: Carry | null;
  readonly result: SettleResult;
  readonly digest: string;
  readonly isSigned: boolean;
};

/** Reads a statement back into its input: quantities stand in its lines, contributions in what it posted. */
export function factsOf(settlement: Settlement, terms: SettlementTerms): PeriodFacts | undefined {
  const { built, declaration: declared, agreementId, periodId, state } = settlement;
  if (built === null || declared === null) return undefined;
  const statement = JSON.parse(built.text) as Statement;
  const declaration = JSON.parse(declared.text) as Declaration;
  const usage = usageOf(statement, declaration, built.opening.posted);
  const earlierDays = earlierDaysOf(built.opening.posted);
  const { days, resources, costs, maxRevenueFen } = declaration;
  const metered = built.posted.flatMap(({ productId, usagePeriodId, metered: rows }): MeteredRow[] =>
    rows.map((row) => ({ productId, usagePeriodId, ...row })),
  );
  return {
    agreementId,
    periodId,
    terms,
    declaration,
    period: { periodId, days, resources, costs, maxRevenueFen, usage, metered, earlierDays },
    carry: built.opening.carry,
    result: statement.result,
    digest: built.digest,
    isSigned: state === "agreed",
  };
}

function usageOf({ result, periodId }: Statement, { caps }: Declaration, opening: readonly PostedUsage[]): UsageRow[] {
  const lines = result.lines.filter((line) => !isReleaseLine(line));
  return lines.map((line) => {
    const { productId } = line;
    const usagePeriodId = usagePeriodOf(line);
    const isLate = usagePeriodId !== periodId;
    const prior = opening.find((one) => keyText(one) === keyText({ productId, usagePeriodId }));
    const cap = isLate ? prior?.capPriceMicro : caps.find((one) => one.productId === productId)?.capPriceMicro;
    return {
      productId,
      quantity: line.quantity,
      freeQuantity: (BigInt(line.quantity) - BigInt(line.billableQuantity)).toString(),
      ...(isLate && {
        usagePeriodId,
        priorQuantity: prior?.quantity ?? "0",
        priorFreeQuantity: prior?.freeQuantity ?? "0",
      }),
      ...(cap !== undefined && cap !== null && { capPriceMicro: cap }),
    };
  });
}

/** The same figures as signed come out, or nothing that is built on them is shown. */
export function checkReplay(facts: PeriodFacts): Result<SettleResult> {
  const replayed = settle(termsWithDays(facts.terms, facts.declaration), facts.period, facts.carry);
  if (!replayed.ok) return replayed;
  const { agreementId, periodId } = facts;
  return sameFigures(replayed.value, facts.result)
    ? replayed
    : refuseInsight("REPLAY_DIFFERS", { agreementId, periodId });
}

/** Parked amounts are left out: they are in no share. */
function sameFigures(a: SettleResult, b: SettleResult): boolean {
  const figures = ({ lines, totals, adjustments, carry }: SettleResult) =>
    canonicalText([
      lines.map(({ lineId, amountFen, shares }) => [lineId, amountFen, shares]),
      totals,
      adjustments,
      carry,
    ]);
  return figures(a) === figures(b);
}

export function settleAgain(facts: PeriodFacts, terms: SettlementTerms, period: PeriodInput, carry: Carry | null) {
  return settle(termsWithDays(terms, facts.declaration), period, carry);
}

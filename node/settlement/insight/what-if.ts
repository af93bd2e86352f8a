import { z } from "zod";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import type { Text } from "../../kernel/text.ts";
import { type SettlementTerms, settlementTermsSchema } from "../../policy/settlement-terms.ts";
import type { Carry, PeriodInput, SettleResult } from "../model.ts";
import { byteOrder } from "../values.ts";
import { derive, type PartyDerivation } from "./derivation.ts";
import { fenWords } from "./derivation-words.ts";
import { refuseInsight } from "./refusal.ts";
import { checkReplay, type PeriodFacts, settleAgain } from "./replay.ts";

const shape = settlementTermsSchema.shape;
const micro = z.string().regex(/^(0|[1-9][0-9]{0,30})$/);

/**
 * What of the terms is tried otherwise; what is absent stays as signed, null takes it out. Strict, since a change that is
 * silently dropped would show that it changes nothing.
 */
export const termsChangeSchema = z.strictObject({
  scheme: shape.scheme.optional(),
  vatBp: shape.vatBp,
  maxRevenueFen: shape.maxRevenueFen,
  fund: shape.fund,
  compensation: shape.compensation,
  costs: shape.costs,
  carryUnpaidCosts: shape.carryUnpaidCosts,
  guarantee: shape.guarantee,
  /** New prices of products that the agreement has. */
  products: z
    .array(
      z.strictObject({
        productId: z.string().max(128),
        unitPriceMicro: micro.optional(),
        per: micro.optional(),
        capPriceMicro: micro.nullable().optional(),
      }),
    )
    .max(1_000)
    .optional(),
});
export type TermsChange = z.infer<typeof termsChangeSchema>;

export type PartyFen = {
  readonly partyId: string;
  readonly beforeFen: string;
  readonly afterFen: string;
  readonly deltaFen: string;
};

export type WhatIfPeriod = {
  readonly periodId: string;
  readonly isSigned: boolean;
  readonly statementDigest: string;
  readonly amountBeforeFen: string;
  readonly amountAfterFen: string;
  readonly deferredBeforeFen: string;
  readonly deferredAfterFen: string;
  readonly parties: readonly PartyFen[];
  /** How each party's fen under the changed terms come about. */
  readonly derivation: readonly PartyDerivation[];
};

export type WhatIf = {
  readonly agreementId: string;
  readonly periods: readonly WhatIfPeriod[];
  readonly parties: readonly (PartyFen & {
    readonly regionId: string | null;
    readonly role: string | null;
    readonly text: Text;
  })[];
  readonly amountBeforeFen: string;
  readonly amountAfterFen: string;
  readonly text: Text;
};

/**
 * The same use under other terms: each period is computed again, the carry of the changed course handed on from one to
 * the next. Nothing is stored and nothing signed. "Before" is what was computed then, and must come out again first.
 */
export function whatIf(
  agreementId: string,
  periods: readonly PeriodFacts[],
  change: TermsChange,
  /** The same periods with other use or contributions; as they were, when absent. */
  otherwise: readonly PeriodFacts[] = periods,
): Result<WhatIf> {
  const ordered = [...periods].sort((a, b) => byteOrder(a.periodId, b.periodId));
  const computed: WhatIfPeriod[] = [];
  let carry: Carry | null | undefined;
  for (const facts of ordered) {
    const before = checkReplay(facts);
    if (!before.ok) return before;
    const changed = changedTerms(facts.terms, change);
    if (!changed.ok) return changed;
    // The first one begins as it did; then the changed course goes on from itself.
    const opening = carry === undefined ? facts.carry : carry;
    const used = otherwise.find(({ periodId }) => periodId === facts.periodId)?.period ?? facts.period;
    const period = withoutOverruled(used, change);
    const after = settleAgain(facts, changed.value, period, opening);
    if (!after.ok) return refuseInsight("WHATIF_CHANGE", { value: `${after.error.code} ${after.error.text.en}` });
    const hypothetical = { ...facts, terms: changed.value, period, carry: opening, result: after.value };
    const derivation = derive(hypothetical, after.value);
    if (!derivation.ok) return derivation;
    computed.push({ ...compared(facts, after.value), derivation: derivation.value });
    carry = after.value.carry;
  }
  const [first] = ordered;
  if (first === undefined) return refuseInsight("WHATIF_NOTHING", { agreementId });
  return ok(summary(agreementId, first.terms, computed));
}

function compared(
  { periodId, isSigned, digest, result }: PeriodFacts,
  after: SettleResult,
): Omit<WhatIfPeriod, "derivation"> {
  return {
    periodId,
    isSigned,
    statementDigest: digest,
    amountBeforeFen: result.amountFen,
    amountAfterFen: after.amountFen,
    deferredBeforeFen: result.deferred.closingFen,
    deferredAfterFen: after.deferred.closingFen,
    parties: differences(result.totals, after.totals),
  };
}

type Totals = SettleResult["totals"];

export function differences(before: Totals, after: Totals): PartyFen[] {
  const fenOf = (totals: Totals, partyId: string) => BigInt(totals.find((one) => one.partyId === partyId)?.fen ?? "0");
  const ids = [...new Set([...before, ...after].map(({ partyId }) => partyId))].sort(byteOrder);
  return ids.map((partyId) => {
    const [was, is] = [fenOf(before, partyId), fenOf(after, partyId)];
    return { partyId, beforeFen: was.toString(), afterFen: is.toString(), deltaFen: (is - was).toString() };
  });
}

function summary(agreementId: string, terms: SettlementTerms, periods: readonly WhatIfPeriod[]): WhatIf {
  const ids = [...new Set(periods.flatMap(({ parties }) => parties.map(({ partyId }) => partyId)))].sort(byteOrder);
  const sum = (values: readonly string[]) => values.reduce((all, fen) => all + BigInt(fen), 0n);
  const parties = ids.map((partyId) => {
    const own = periods.flatMap((period) => period.parties.filter((one) => one.partyId === partyId));
    const before = sum(own.map(({ beforeFen }) => beforeFen));
    const after = sum(own.map(({ afterFen }) => afterFen));
    const { regionId = null, role = null } = terms.parties.find((one) => one.partyId === partyId) ?? {};
    const fen = { beforeFen: `${before}`, afterFen: `${after}`, deltaFen: `${after - before}` };
    return { partyId, regionId, role, ...fen, text: partyText(partyId, fen) };
  });
  const before = sum(periods.map(({ amountBeforeFen }) => amountBeforeFen)).toString();
  const after = sum(periods.map(({ amountAfterFen }) => amountAfterFen)).toString();
  const span = [...new Set([periods[0]?.periodId, periods.at(-1)?.periodId])].join(" – ");
  return {
    agreementId,
    periods,
    parties,
    amountBeforeFen: before,
    amountAfterFen: after,
    text: {
      zh: `${span} 按变更后的条款试算:应收由 ${fenWords(before).zh} 变为 ${fenWords(after).zh}。未保存、未签署。`,
      en: `${span} under the changed terms: charges go from ${fenWords(before).en} to ${fenWords(after).en}. Nothing was stored or signed.`,
    },
  };
}

function partyText(partyId: string, { beforeFen, afterFen, deltaFen }: Omit<PartyFen, "partyId">): Text {
  const sign = deltaFen.startsWith("-") || deltaFen === "0" ? "" : "+";
  return {
    zh: `${partyId}:${fenWords(beforeFen).zh} → ${fenWords(afterFen).zh}(${sign}${fenWords(deltaFen).zh})。`,
    en: `${partyId}: ${fenWords(beforeFen).en} → ${fenWords(afterFen).en} (${sign}${fenWords(deltaFen).en}).`,
  };
}

/** The signed terms with the change; the result is checked in form here and in content by the pipeline. */
export function changedTerms(terms: SettlementTerms, change: TermsChange): Result<SettlementTerms> {
  const { products: prices = [], ...rest } = change;
  const strange = prices.find(({ productId }) => !terms.products.some((one) => one.productId === productId));
  if (strange !== undefined) return refuseInsight("WHATIF_CHANGE", { value: strange.productId });
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const products = terms.products.map((product) => {
    const price = prices.find(({ productId }) => productId === product.productId) ?? {};
    return { ...product, ...Object.fromEntries(Object.entries(price).filter(([, value]) => value !== undefined)) };
  });
  const parsed = settlementTermsSchema.safeParse({ ...terms, ...given, products });
  if (parsed.success) return ok(parsed.data);
  return refuseInsight("WHATIF_CHANGE", { value: parsed.error.issues[0]?.path.join(".") ?? "terms" });
}

/** A cap or maximum that the period declared would win over the one that is tried. */
function withoutOverruled(period: PeriodInput, { products = [], maxRevenueFen }: TermsChange): PeriodInput {
  const capped = new Set(products.filter((one) => one.capPriceMicro !== undefined).map(({ productId }) => productId));
  return {
    ...period,
    usage: period.usage.map((row) => (capped.has(row.productId) ? { ...row, capPriceMicro: null } : row)),
    maxRevenueFen: maxRevenueFen === undefined ? (period.maxRevenueFen ?? null) : null,
  };
}

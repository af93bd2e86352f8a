import type { Share } from "./allocate.ts";
import { type CheckedTerms, daysOfLine } from "./check-terms.ts";
import { type Claim, claimAmount, payCompensation } from "./compensation.ts";
import { fundTake } from "./fund.ts";
import type { Line } from "./lines.ts";
import type { PeriodInput, ShareKind } from "./model.ts";
import { fail } from "./refusal.ts";
import type { MeteredRow } from "./scheme.ts";
import { split } from "./schemes.ts";
import { parseFen, parseNatural, parseQuantity } from "./values.ts";
import { type CostClaim, claimOf, payCosts } from "./waterfall.ts";

export type KindShare = Share & { readonly kind: ShareKind };
export type DistributedLine = { readonly line: Line; readonly shares: KindShare[]; readonly baseFen: bigint };

/** What the lines of a period take from one after the other; each line leaves less for the next. */
export type Purse = {
  fundCapLeft: bigint | null;
  fundBeforeCap: bigint;
  readonly claims: readonly Claim[];
  readonly claimsOwed: bigint[];
  readonly costs: readonly CostClaim[];
  readonly costsOwed: bigint[];
  cumulativeFen: bigint;
};

export function openPurse(
  terms: CheckedTerms,
  period: PeriodInput,
  cumulativeFen: bigint,
  due: ReadonlyMap<string, bigint>,
): Purse {
  const claims = claimsOf(terms, period);
  const costs = terms.costs.map(({ costId, capFen }) => ({ costId, claimFen: claimOf(due.get(costId) ?? 0n, capFen) }));
  return {
    fundCapLeft: terms.fund?.capFen ?? null,
    fundBeforeCap: 0n,
    claims,
    claimsOwed: claims.map(({ claimFen }) => claimFen),
    costs,
    costsOwed: costs.map(({ claimFen }) => claimFen),
    cumulativeFen,
  };
}

function claimsOf({ rates }: CheckedTerms, { resources }: PeriodInput): Claim[] {
  const seen = new Set<string>();
  return (resources ?? []).map(({ partyId, resource, quantity }) => {
    const key = `${partyId}#${resource}`;
    if (seen.has(key)) fail("DUPLICATE_PARTY", { value: key });
    seen.add(key);
    const rate = rates.find((r) => r.partyId === partyId && r.resource === resource);
    if (rate === undefined) fail("UNKNOWN_RESOURCE", { value: key });
    const used = parseQuantity(quantity);
    if (used < 0n) fail("BAD_QUANTITY", { value: `${key} ${quantity}` });
    return { key, partyId, claimFen: claimAmount(used, rate.rateMicro, rate.per) };
  });
}

/** What is due per cost: declared in this period and carried unpaid from earlier ones. */
export function costsDue(
  { costs }: CheckedTerms,
  declared: PeriodInput["costs"],
  unpaid: readonly { readonly costId: string; readonly fen: string }[],
): Map<string, bigint> {
  const due = new Map<string, bigint>();
  const known = new Set(costs.map(({ costId }) => costId));
  const declaredIds = new Set<string>();
  for (const { costId, fen } of unpaid) {
    if (!known.has(costId)) fail("UNKNOWN_COST", { value: costId });
    due.set(costId, (due.get(costId) ?? 0n) + parseFen(fen));
  }
  for (const { costId, declaredFen } of declared ?? []) {
    if (!known.has(costId) || declaredIds.has(costId)) fail("UNKNOWN_COST", { value: costId });
    declaredIds.add(costId);
    due.set(costId, (due.get(costId) ?? 0n) + parseNatural(declaredFen, "declaredFen"));
  }
  return due;
}

/** Steps 5 to 8 of settlement.md §5 for one line: fund, compensation, costs, scheme, each from what is left. */
export function distribute(
  line: Line,
  terms: CheckedTerms,
  metered: readonly MeteredRow[],
  purse: Purse,
): DistributedLine {
  const shares: KindShare[] = [];
  let left = line.keptFen;
  left -= takeFund(left, terms, purse, shares);
  left -= takeCompensation(left, line, terms, purse, shares);
  left -= takeCosts(left, terms, purse, shares);
  const context = {
    agreementId: terms.agreementId,
    periodId: terms.periodId,
    lineId: line.lineId,
    ...daysOfLine(terms, line.usagePeriodId),
    metered: metered.filter((row) => countsFor(row, line)),
    cumulativeFen: purse.cumulativeFen,
  };
  for (const share of split(left, terms.scheme, context)) shares.push({ ...share, kind: "benefit" });
  purse.cumulativeFen += left;
  return { line, shares: shares.filter(({ fen }) => fen !== 0n), baseFen: left };
}

function takeFund(left: bigint, { fund }: CheckedTerms, purse: Purse, shares: KindShare[]): bigint {
  if (fund === null) return 0n;
  if (left > 0n) purse.fundBeforeCap += fundTake(left, fund.rateBp, null);
  const fen = fundTake(left, fund.rateBp, purse.fundCapLeft);
  // What a negative line gives back does not restore the cap.
  if (left > 0n && purse.fundCapLeft !== null) purse.fundCapLeft -= fen;
  shares.push({ partyId: fund.partyId, fen, kind: "fund" });
  return fen;
}

function takeCompensation(
  left: bigint,
  { lineId }: Line,
  { periodId }: CheckedTerms,
  { claims, claimsOwed }: Purse,
  shares: KindShare[],
): bigint {
  const owed = claims.map(({ key }, i) => ({ key, fen: claimsOwed[i] ?? 0n }));
  const paid = payCompensation(left, owed, { periodId, lineId });
  claims.forEach(({ partyId }, i) => {
    const fen = paid[i] ?? 0n;
    claimsOwed[i] = (claimsOwed[i] ?? 0n) - fen;
    shares.push({ partyId, fen, kind: "compensation" });
  });
  return paid.reduce((a, b) => a + b, 0n);
}

function takeCosts(left: bigint, { costs }: CheckedTerms, { costsOwed }: Purse, shares: KindShare[]): bigint {
  const { paid, rest } = payCosts(left, costsOwed);
  costs.forEach(({ partyId }, i) => {
    const fen = paid[i] ?? 0n;
    costsOwed[i] = (costsOwed[i] ?? 0n) - fen;
    shares.push({ partyId, fen, kind: "cost" });
  });
  return left - rest;
}

/** Whether a metered contribution weighs on a line. */
export function countsFor(
  row: MeteredRow,
  { productId, usagePeriodId }: Pick<Line, "productId" | "usagePeriodId">,
): boolean {
  if (usagePeriodId === null) return true;
  const { productId: product, usagePeriodId: month } = row;
  return (product ?? productId) === productId && (month ?? usagePeriodId) === usagePeriodId;
}

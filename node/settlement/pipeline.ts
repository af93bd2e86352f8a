import type { Result } from "../kernel/exchange-error.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Share } from "./allocate.ts";
import { type CheckedTerms, checkTerms } from "./check-terms.ts";
import { costsDue, type DistributedLine, distribute, openPurse, type Purse } from "./distribute.ts";
import { guarantee } from "./guarantee.ts";
import { linesOf } from "./lines.ts";
import { type Carry, FRESH_CARRY, type PeriodInput, type SettleResult, type StatementLine } from "./model.ts";
import { permit } from "./permitted-revenue.ts";
import { attempt, fail } from "./refusal.ts";
import { byteOrder, parseFen } from "./values.ts";
import { splitVat, vatByParty } from "./vat.ts";

/** One agreement, one period: from usage to every party's fen. Pure. Source: settlement.md §5. */
export function settle(terms: SettlementTerms, period: PeriodInput, carry: Carry | null): Result<SettleResult> {
  return attempt(() => compute(terms, period, carry ?? FRESH_CARRY));
}

function compute(terms: SettlementTerms, period: PeriodInput, carry: Carry): SettleResult {
  const checked = checkTerms(terms, period);
  const year = checked.periodId.slice(0, 4);
  const opening = parseFen(carry.deferredFen, "deferredFen");
  if (opening < 0n) fail("BAD_INTEGER", { field: "deferredFen", value: carry.deferredFen });
  const { lines, deferred } = permit(linesOf(period.usage, checked), checked, opening);
  const due = costsDue(checked, period.costs, carry.unpaidCosts);
  const cumulative = carry.year === year ? parseFen(carry.cumulativeFen, "cumulativeFen") : 0n;
  const purse = openPurse(checked, period, cumulative, due);
  const distributed = lines.map((line) => distribute(line, checked, period.metered ?? [], purse));
  const { deltas, shortfallFen } = liftToFloors(distributed, checked);
  return {
    lines: distributed.map((line) => statementLine(line, checked)),
    adjustments: deltas.filter(({ fen }) => fen !== 0n).map(shareText),
    totals: totalsOf(distributed, deltas, checked).map(shareText),
    deferred: {
      openingFen: text(deferred.openingFen),
      releasedFen: text(deferred.releasedFen),
      addedFen: text(deferred.addedFen),
      closingFen: text(deferred.closingFen),
    },
    fund: checked.fund === null ? null : { beforeCapFen: text(purse.fundBeforeCap) },
    compensation: {
      claimedFen: text(sumOf(purse.claims.map(({ claimFen }) => claimFen))),
      unpaidFen: text(sumOf(purse.claimsOwed)),
    },
    costs: purse.costs.map(({ costId, claimFen }, i) => ({
      costId,
      claimFen: text(claimFen),
      paidFen: text(claimFen - (purse.costsOwed[i] ?? 0n)),
    })),
    guaranteeShortfallFen: text(shortfallFen),
    disputedFen: text(sumOf(lines.map(({ disputedFen }) => disputedFen))),
    amountFen: text(sumOf(lines.map(({ amountFen }) => amountFen))),
    carry: {
      year,
      cumulativeFen: text(purse.cumulativeFen),
      deferredFen: text(deferred.closingFen),
      unpaidCosts: unpaidCosts(checked, purse, due),
    },
  };
}

/** Step 9, on each party's benefit over all lines. */
function liftToFloors(lines: readonly DistributedLine[], terms: CheckedTerms) {
  const benefit = new Map(terms.parties.map((partyId) => [partyId, 0n]));
  for (const { shares } of lines) {
    for (const { partyId, kind, fen } of shares) {
      if (kind === "benefit") benefit.set(partyId, (benefit.get(partyId) ?? 0n) + fen);
    }
  }
  const shares = [...benefit].map(([partyId, fen]) => ({ partyId, fen }));
  const lineId = `${terms.agreementId}/~guarantee/${terms.periodId}`;
  return guarantee(shares, terms.floors, terms.onInfeasible, { periodId: terms.periodId, lineId });
}

function statementLine({ line, shares, baseFen }: DistributedLine, { vatBp, periodId }: CheckedTerms): StatementLine {
  const { netFen, taxFen } = splitVat(line.amountFen, vatBp);
  const vat = vatByParty(line.keptFen, vatBp, shares, { periodId, lineId: line.lineId });
  return {
    lineId: line.lineId,
    productId: line.productId,
    quantity: text(line.quantity),
    billableQuantity: text(line.billable),
    effectivePriceMicro: text(line.effectivePriceMicro),
    amountFen: text(line.amountFen),
    netFen: text(netFen),
    taxFen: text(taxFen),
    disputedFen: text(line.disputedFen),
    deferredFen: text(line.deferredFen),
    keptFen: text(line.keptFen),
    baseFen: text(baseFen),
    shares: shares.map(({ partyId, kind, fen }) => ({ partyId, kind, fen: text(fen) })),
    vat: vat.map((part) => ({ partyId: part.partyId, netFen: text(part.netFen), taxFen: text(part.taxFen) })),
  };
}

/** Every party of the terms, bytewise; an outside fund only when it got something. */
function totalsOf(lines: readonly DistributedLine[], deltas: readonly Share[], terms: CheckedTerms): Share[] {
  const totals = new Map(terms.parties.map((partyId) => [partyId, 0n]));
  for (const { partyId, fen } of [...lines.flatMap(({ shares }) => shares), ...deltas]) {
    totals.set(partyId, (totals.get(partyId) ?? 0n) + fen);
  }
  return [...totals].map(([partyId, fen]) => ({ partyId, fen })).sort((a, b) => byteOrder(a.partyId, b.partyId));
}

function unpaidCosts(
  { costs, carryUnpaidCosts }: CheckedTerms,
  purse: Purse,
  due: ReadonlyMap<string, bigint>,
): Carry["unpaidCosts"] {
  if (!carryUnpaidCosts) return [];
  return costs.flatMap(({ costId }, i) => {
    const paid = (purse.costs[i]?.claimFen ?? 0n) - (purse.costsOwed[i] ?? 0n);
    const fen = (due.get(costId) ?? 0n) - paid;
    return fen > 0n ? [{ costId, fen: text(fen) }] : [];
  });
}

function shareText({ partyId, fen }: Share): { partyId: string; fen: string } {
  return { partyId, fen: text(fen) };
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => a + b, 0n);
}

function text(value: bigint): string {
  return value.toString();
}

import { allocateByFen } from "./allocate.ts";
import type { CheckedTerms } from "./check-terms.ts";
import { type Line, sortLines } from "./lines.ts";

export const DEFERRED = "~deferred";

export type Deferred = {
  readonly openingFen: bigint;
  readonly releasedFen: bigint;
  readonly addedFen: bigint;
  readonly closingFen: bigint;
};

/**
 * Step 4 of settlement.md §5: what is above the maximum permitted revenue is deferred, what was deferred earlier is
 * released first, as a line of its own. In no period is more than the maximum kept from a positive revenue.
 */
export function permit(
  lines: readonly Line[],
  { agreementId, periodId, maxRevenueFen }: CheckedTerms,
  openingFen: bigint,
): { readonly lines: Line[]; readonly deferred: Deferred } {
  const lineId = `${agreementId}/${DEFERRED}/${periodId}`;
  const revenue = lines.reduce((all, { amountFen }) => all + amountFen, 0n);
  const releasedFen = maxRevenueFen !== null && maxRevenueFen < openingFen ? maxRevenueFen : openingFen;
  const above = maxRevenueFen === null ? 0n : revenue - (maxRevenueFen - releasedFen);
  const addedFen = revenue > 0n && above > 0n ? above : 0n;
  const positive = lines.filter(({ amountFen }) => amountFen > 0n);
  const weights = positive.map((line) => ({ partyId: line.lineId, fen: line.amountFen }));
  const parts = new Map(allocateByFen(addedFen, weights, { periodId, lineId }).map((part) => [part.partyId, part.fen]));
  const kept = lines.map((line) => {
    const deferredFen = parts.get(line.lineId) ?? 0n;
    return { ...line, deferredFen, keptFen: line.amountFen - deferredFen };
  });
  if (releasedFen > 0n) kept.push(releaseLine(lineId, releasedFen));
  const closingFen = openingFen - releasedFen + addedFen;
  return { lines: sortLines(kept), deferred: { openingFen, releasedFen, addedFen, closingFen } };
}

function releaseLine(lineId: string, releasedFen: bigint): Line {
  return {
    lineId,
    productId: DEFERRED,
    usagePeriodId: null,
    quantity: 0n,
    billable: 0n,
    effectivePriceMicro: 0n,
    amountFen: 0n,
    disputedFen: 0n,
    deferredFen: -releasedFen,
    keptFen: releasedFen,
  };
}

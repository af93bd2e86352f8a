import type { Resolution, Through } from "./messages.ts";
import type { SideFigures } from "./process-model.ts";

/** Which receipts a settlement is about, as both sides derive it from what both laid on the table. */
export type Scope = {
  /** Up to where each chain goes in: what one side cannot settle yet is late, and comes in the next period. */
  readonly cut: Through;
  /** Left out by both statements, and parked. */
  readonly disputed: ReadonlySet<string>;
  /** Parked by earlier statements and taken up again: accepted, or parked anew. */
  readonly revived: ReadonlySet<string>;
  /** At least one dispute ends with this settlement, so all that is parked is released first. Source: settlement.md §11. */
  readonly isResolving: boolean;
  /** What stays in dispute after it. */
  readonly parkedAfter: readonly string[];
};

export function scopeOf(parked: readonly string[], own: SideFigures, theirs: SideFigures): Scope {
  const outcomes = agreedOutcomes(parked, own.resolutions, theirs.resolutions);
  const isResolving = outcomes.size > 0;
  const stillOpen = parked.filter((id) => !outcomes.has(id));
  const accepted = parked.filter((id) => outcomes.get(id) === "rejected");
  const fresh = [...own.disputedReceiptIds, ...theirs.disputedReceiptIds].filter((id) => !parked.includes(id));
  return {
    cut: {
      forward: smaller(own.through.forward, theirs.through.forward),
      reverse: smaller(own.through.reverse, theirs.through.reverse),
    },
    disputed: new Set(isResolving ? [...fresh, ...stillOpen] : fresh),
    revived: new Set(isResolving ? [...accepted, ...stillOpen] : []),
    isResolving,
    parkedAfter: stillOpen,
  };
}

/** A dispute ends only when both regions say so, and how. */
function agreedOutcomes(
  parked: readonly string[],
  own: readonly Resolution[],
  theirs: readonly Resolution[],
): Map<string, Resolution["outcome"]> {
  const said = new Map(theirs.map(({ receiptId, outcome }) => [receiptId, outcome]));
  const known = new Set(parked);
  return new Map(
    own.flatMap(({ receiptId, outcome }) =>
      known.has(receiptId) && said.get(receiptId) === outcome ? [[receiptId, outcome] as const] : [],
    ),
  );
}

function smaller(a: string, b: string): string {
  return BigInt(a) < BigInt(b) ? a : b;
}

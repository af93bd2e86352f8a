/** A declared cost of the period; the cap applies to the claim. */
export type CostClaim = { readonly costId: string; readonly claimFen: bigint };

export function claimOf(declaredFen: bigint, capFen: bigint | null): bigint {
  return capFen !== null && capFen < declaredFen ? capFen : declaredFen;
}

/** Pays costs fully, in their order, until nothing is left. Source: settlement.md §5 step 7. */
export function payCosts(left: bigint, owed: readonly bigint[]): { readonly paid: bigint[]; readonly rest: bigint } {
  let rest = left;
  const paid = owed.map((fen) => {
    const pay = rest <= 0n ? 0n : fen < rest ? fen : rest;
    rest -= pay;
    return pay;
  });
  return { paid, rest };
}

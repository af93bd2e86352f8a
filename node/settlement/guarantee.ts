import { allocateByFen, type Share, type TieSeed } from "./allocate.ts";
import { fail } from "./refusal.ts";

/**
 * Lifts parties to their floor with what others have above theirs; one pass, and nobody is pushed below a floor of
 * their own. Shares are benefit only: compensation and costs repay expense. Source: settlement.md §5 step 9.
 */
export function guarantee(
  shares: readonly Share[],
  floors: ReadonlyMap<string, bigint>,
  onInfeasible: string,
  seed: TieSeed,
): { readonly deltas: Share[]; readonly shortfallFen: bigint } {
  const lacks: Share[] = [];
  const spares: Share[] = [];
  for (const { partyId, fen } of shares) {
    const floor = floors.get(partyId);
    if (floor !== undefined && fen < floor) lacks.push({ partyId, fen: floor - fen });
    const spare = fen - (floor ?? 0n);
    if (spare >= 0n) spares.push({ partyId, fen: spare });
  }
  const lack = total(lacks);
  const move = lack < total(spares) ? lack : total(spares);
  const shortfallFen = lack - move;
  if (shortfallFen > 0n && onInfeasible !== "scale") fail("GUARANTEE_INFEASIBLE", { value: shortfallFen.toString() });
  const given = new Map(allocateByFen(move, spares, seed).map(({ partyId, fen }) => [partyId, fen]));
  const received = new Map(allocateByFen(move, lacks, seed).map(({ partyId, fen }) => [partyId, fen]));
  const deltas = shares.map(({ partyId }) => ({
    partyId,
    fen: (received.get(partyId) ?? 0n) - (given.get(partyId) ?? 0n),
  }));
  return { deltas, shortfallFen };
}

function total(shares: readonly Share[]): bigint {
  return shares.reduce((all, { fen }) => all + fen, 0n);
}

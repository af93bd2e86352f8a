import { allocateByFen, type TieSeed } from "./allocate.ts";
import { halfEven } from "./half-even.ts";

/** One claim for storage, compute or service of the period; `key` is `partyId#resource`. */
export type Claim = { readonly key: string; readonly partyId: string; readonly claimFen: bigint };

export function claimAmount(quantity: bigint, rateMicro: bigint, per: bigint): bigint {
  return halfEven(quantity * rateMicro, per * 10_000n);
}

/** What one line pays on the claims still owed, in their order; nothing when nothing is left. Source: §5 step 6. */
export function payCompensation(left: bigint, owed: readonly { key: string; fen: bigint }[], seed: TieSeed): bigint[] {
  const total = owed.reduce((all, { fen }) => all + fen, 0n);
  if (left <= 0n || total === 0n) return owed.map(() => 0n);
  const weights = owed.map(({ key, fen }) => ({ partyId: key, fen }));
  return allocateByFen(left < total ? left : total, weights, seed).map(({ fen }) => fen);
}

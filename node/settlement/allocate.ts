import { sha256 } from "../kernel/digest.ts";
import { abs, overCommonDenominator, type Rational } from "./rational.ts";
import { fail } from "./refusal.ts";

export type Share = { readonly partyId: string; readonly fen: bigint };
export type Weighted = { readonly partyId: string; readonly weight: Rational };

/** What breaks ties among equal remainders the same way on every node. */
export type TieSeed = { readonly periodId: string; readonly lineId: string };

/** Exact parts `quotas[i] / den` of |total|, before anything is rounded. */
export type Quotas = { readonly ids: readonly string[]; readonly quotas: readonly bigint[]; readonly den: bigint };

/** Splits `total` fen by weights: largest remainder, exact, order of the input. Source: settlement.md §3. */
export function allocate(total: bigint, weights: readonly Weighted[], seed: TieSeed): Share[] {
  if (total !== 0n) return largestRemainder(total, quotasOf(total, weights, seed), seed);
  refuseTwice(weights);
  return weights.map(({ partyId }) => ({ partyId, fen: 0n }));
}

/** What each weight's part of a total that is not 0 would be if a fen could be divided. */
export function quotasOf(total: bigint, weights: readonly Weighted[], seed: TieSeed): Quotas {
  refuseTwice(weights);
  const { nums } = overCommonDenominator(weights.map(({ weight }) => weight));
  const sumOfWeights = nums.reduce((a, b) => a + b, 0n);
  if (sumOfWeights === 0n) fail("NO_WEIGHT", { lineId: seed.lineId });
  const magnitude = abs(total);
  const quotas = nums.map((num) => magnitude * num);
  return { ids: weights.map(({ partyId }) => partyId), quotas, den: sumOfWeights };
}

/** The common case of weights that are amounts of fen. */
export function allocateByFen(total: bigint, weights: readonly Share[], seed: TieSeed): Share[] {
  return allocate(
    total,
    weights.map(({ partyId, fen }) => ({ partyId, weight: { num: fen, den: 1n } })),
    seed,
  );
}

/** Rounds quotas `quotas[i] / den`, which add up to |total|, to whole fen that add up to `total`. */
export function largestRemainder(total: bigint, { ids, quotas, den }: Quotas, seed: TieSeed): Share[] {
  const floors = quotas.map((quota) => quota / den);
  const left = abs(total) - floors.reduce((a, b) => a + b, 0n);
  const extra = left === 0n ? new Set<number>() : raised(Number(left), ids, quotas, den, seed);
  const sign = total < 0n ? -1n : 1n;
  return ids.map((partyId, i) => ({ partyId, fen: sign * ((floors[i] ?? 0n) + (extra.has(i) ? 1n : 0n)) }));
}

/** What decides between equal remainders: the smaller first, compared as bytes. */
export function tieHash({ periodId, lineId }: TieSeed, id: string): Buffer {
  return sha256(`${periodId}|${lineId}|${id}`);
}

/** The positions that get one of the fen left over: largest remainder first, then smallest hash. */
function raised(
  left: number,
  ids: readonly string[],
  quotas: readonly bigint[],
  den: bigint,
  { periodId, lineId }: TieSeed,
): Set<number> {
  const ranked = ids.map((id, position) => ({
    position,
    remainder: (quotas[position] ?? 0n) % den,
    hash: tieHash({ periodId, lineId }, id),
  }));
  ranked.sort((a, b) => {
    if (a.remainder !== b.remainder) return a.remainder > b.remainder ? -1 : 1;
    return Buffer.compare(a.hash, b.hash);
  });
  return new Set(ranked.slice(0, left).map(({ position }) => position));
}

export function refuseTwice(parties: readonly { readonly partyId: string }[]): void {
  const seen = new Set<string>();
  for (const { partyId } of parties) {
    if (seen.has(partyId)) fail("DUPLICATE_PARTY", { value: partyId });
    seen.add(partyId);
  }
}

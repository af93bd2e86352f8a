import type { LedgerEntry } from "./model.ts";

/** The four balances of an account as numbers; sums of a part of its entries may be negative in what is pending. */
export type Sums = { debitsPosted: bigint; creditsPosted: bigint; debitsPending: bigint; creditsPending: bigint };

export const SIDES = ["debitsPosted", "creditsPosted", "debitsPending", "creditsPending"] as const;

/** As stored: in the order of `SIDES`. */
export type StoredSums = readonly [string, string, string, string];

export function zeroSums(): Sums {
  return { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
}

export function isZero(sums: Sums): boolean {
  return SIDES.every((side) => sums[side] === 0n);
}

export function addSums(to: Sums, more: Sums): void {
  for (const side of SIDES) to[side] += more[side];
}

export function addEntry(to: Map<string, Sums>, { debit, credit, posted, pending }: LedgerEntry): void {
  const debited = sumsIn(to, debit);
  debited.debitsPosted += BigInt(posted);
  debited.debitsPending += BigInt(pending);
  const credited = sumsIn(to, credit);
  credited.creditsPosted += BigInt(posted);
  credited.creditsPending += BigInt(pending);
}

export function sumsIn<K>(of: Map<K, Sums>, key: K): Sums {
  const found = of.get(key) ?? zeroSums();
  of.set(key, found);
  return found;
}

export function sumsOf(stored: { readonly [side in (typeof SIDES)[number]]: string }): Sums {
  const sums = zeroSums();
  for (const side of SIDES) sums[side] = BigInt(stored[side]);
  return sums;
}

export function storeSums(sums: Sums): StoredSums {
  const { debitsPosted, creditsPosted, debitsPending, creditsPending } = sums;
  return [`${debitsPosted}`, `${creditsPosted}`, `${debitsPending}`, `${creditsPending}`];
}

export function loadSums([debitsPosted, creditsPosted, debitsPending, creditsPending]: StoredSums): Sums {
  return {
    debitsPosted: BigInt(debitsPosted),
    creditsPosted: BigInt(creditsPosted),
    debitsPending: BigInt(debitsPending),
    creditsPending: BigInt(creditsPending),
  };
}

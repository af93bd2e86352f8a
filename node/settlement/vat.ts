import { allocateByFen, type Share, type TieSeed } from "./allocate.ts";
import { halfEven } from "./half-even.ts";
import { abs } from "./rational.ts";
import { fail } from "./refusal.ts";

export type VatSplit = { readonly netFen: bigint; readonly taxFen: bigint };

export function checkVatRate(rateBp: bigint): bigint {
  if (rateBp < 0n || rateBp >= 10_000n) fail("BAD_VAT_RATE", { value: rateBp.toString() });
  return rateBp;
}

/** Prices include VAT; the net part is rounded half-even. Source: settlement.md §6. */
export function splitVat(grossFen: bigint, rateBp: bigint): VatSplit {
  const netFen = halfEven(grossFen * 10_000n, 10_000n + checkVatRate(rateBp));
  return { netFen, taxFen: grossFen - netFen };
}

/** Splits the tax on what was kept over the parties by their shares, first appearance first; their taxes add up. */
export function vatByParty(
  grossFen: bigint,
  rateBp: bigint,
  shares: readonly Share[],
  seed: TieSeed,
): (VatSplit & { readonly partyId: string })[] {
  const perParty = new Map<string, bigint>();
  for (const { partyId, fen } of shares) perParty.set(partyId, (perParty.get(partyId) ?? 0n) + fen);
  const total = shares.reduce((all, { fen }) => all + fen, 0n);
  const mixed = shares.some(({ fen }) => fen > 0n) && shares.some(({ fen }) => fen < 0n);
  if (total !== grossFen || mixed) {
    fail("VAT_SHARES_MISMATCH", { value: total.toString(), gross: grossFen.toString() });
  }
  const weights = [...perParty].map(([partyId, fen]) => ({ partyId, fen: abs(fen) }));
  const taxes = allocateByFen(splitVat(grossFen, rateBp).taxFen, weights, seed);
  return taxes.map(({ partyId, fen }) => ({ partyId, netFen: (perParty.get(partyId) ?? 0n) - fen, taxFen: fen }));
}

import { yuanOf } from "../../node/settlement/journal.ts";

/** Fen for readers: `206036` → `2,060.36`. */
export function yuan(fen: string | bigint): string {
  return withThousands(yuanOf(BigInt(fen)));
}

/** Micro-yuan for readers: `120000` → `0.120000`. */
export function unitPrice(micro: string): string {
  const digits = micro.padStart(7, "0");
  return withThousands(`${digits.slice(0, -6)}.${digits.slice(-6)}`);
}

export function quantity(value: string): string {
  return withThousands(value);
}

function withThousands(value: string): string {
  const [whole = "", decimals] = value.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return decimals === undefined ? grouped : `${grouped}.${decimals}`;
}

/** A spreadsheet holds fifteen digits; beyond that a number would lie. */
export const MAX_EXACT_FEN = 10n ** 15n;

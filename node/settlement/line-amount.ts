import { halfEven } from "./half-even.ts";
import { fail } from "./refusal.ts";

export type LinePrice = {
  readonly unitPriceMicro: bigint;
  /** The price is for that many units. */
  readonly per: bigint;
  readonly capPriceMicro: bigint | null;
};

const MICRO_PER_FEN = 10_000n;

export function effectivePrice({ unitPriceMicro, capPriceMicro }: LinePrice): bigint {
  return capPriceMicro !== null && capPriceMicro < unitPriceMicro ? capPriceMicro : unitPriceMicro;
}

/** A(q, free): what a quantity costs in fen, rounded once for the whole line. Source: settlement.md §2. */
export function lineAmount(quantity: bigint, free: bigint, price: LinePrice): bigint {
  if (free < 0n || free > quantity) fail("BAD_QUANTITY", { value: `${quantity} used, ${free} of it free` });
  return halfEven((quantity - free) * effectivePrice(price), price.per * MICRO_PER_FEN);
}

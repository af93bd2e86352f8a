import { abs } from "./rational.ts";
import { fail } from "./refusal.ts";

/** The nearest integer to num/den; a tie goes to the even neighbour. Symmetric in the sign. Source: settlement.md §2. */
export function halfEven(num: bigint, den: bigint): bigint {
  if (den <= 0n) fail("BAD_DENOMINATOR", { value: den.toString() });
  // bigint division truncates towards zero, so it is done on the magnitude and the sign put back.
  const magnitude = abs(num);
  const floor = magnitude / den;
  const twice = (magnitude % den) * 2n;
  const rounded = twice > den || (twice === den && floor % 2n === 1n) ? floor + 1n : floor;
  return num < 0n ? -rounded : rounded;
}

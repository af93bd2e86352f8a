import { halfEven } from "./half-even.ts";

/**
 * What the redistribution fund takes off the top: at most what is left of its cap for the period. A negative amount
 * gives back at the same rate, whatever the cap. Source: settlement.md §5 step 5.
 */
export function fundTake(left: bigint, rateBp: bigint, capLeftFen: bigint | null): bigint {
  const take = halfEven(left * rateBp, 10_000n);
  return left > 0n && capLeftFen !== null && take > capLeftFen ? capLeftFen : take;
}

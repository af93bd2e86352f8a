import type { BankPayment } from "./model.ts";

/** What of a payment is given to no due yet. Nothing is left of what was taken back, told twice or not read. */
export function leftOf({ fen, state, isReversal, allocations }: Omit<BankPayment, "proposal">): bigint {
  const isOut = isReversal || state === "returned" || state === "duplicate" || state === "faulty";
  if (fen === null || isOut) return 0n;
  return allocations.reduce((left, one) => left - BigInt(one.fen), BigInt(fen));
}

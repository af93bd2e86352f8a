import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { effectivePrice, type LinePrice, lineAmount } from "../line-amount.ts";
import { priceOf } from "./line-facts.ts";
import { type MonthSums, usedOf } from "./running-usage.ts";

/**
 * What the charged use of a month comes to at the agreed prices; caps that a declaration may add are not known yet.
 * `answered`: charged calls of the month by the totals, which know calls whose window has no receipt yet.
 */
export function spentFen(terms: SettlementTerms, month: MonthSums, answered = 0n): bigint {
  return chargedUnits(terms, month, answered).reduce((sum, { units, price }) => sum + chargeOf(units, price), 0n);
}

/** What a budget can stop, because each release counts it. */
const STOPPABLE = ["calls", "rows", "bytes"];

/** Whether a sum does not pay for one more unit of something that a budget can stop. */
export function isSpent(terms: SettlementTerms, month: MonthSums, answered: bigint, fen: bigint): boolean {
  const left = fen - spentFen(terms, month, answered);
  return chargedUnits(terms, month, answered).some(
    ({ metric, units, price }) =>
      STOPPABLE.includes(metric) &&
      effectivePrice(price) > 0n &&
      chargeOf(units + 1n, price) - chargeOf(units, price) > left,
  );
}

function chargedUnits(terms: SettlementTerms, month: MonthSums, answered: bigint) {
  const receipted = terms.products
    .filter(({ metric }) => metric === "calls")
    .reduce((sum, { productId }) => sum + usedOf(month, productId, "commercial", "calls"), 0n);
  let open = answered > receipted ? answered - receipted : 0n;
  return terms.products.flatMap(({ productId, metric }) => {
    const price = priceOf(terms, productId);
    if (price === undefined) return [];
    const units = usedOf(month, productId, "commercial", metric);
    const more = metric === "calls" ? open : 0n;
    open -= more;
    return [{ metric, units: units + more, price }];
  });
}

export function chargeOf(units: bigint, price: LinePrice): bigint {
  return lineAmount(units > 0n ? units : 0n, 0n, price);
}

/**
 * The most that `units` more can add to a line, whatever it holds already: half-even may round the line down before and up
 * after, so one fen above the whole part. Nothing costs nothing.
 */
export function upperBoundFen(units: bigint, price: LinePrice): bigint {
  const micro = units * effectivePrice(price);
  return micro <= 0n ? 0n : micro / (price.per * 10_000n) + 1n;
}

/** How many units a sum pays for in all; null: they cost nothing. */
export function unitsFor(fen: bigint, price: LinePrice): bigint | null {
  const each = effectivePrice(price);
  if (each === 0n) return null;
  if (fen < 0n) return 0n;
  // One more half fen than the sum is still rounded to it; the exact bound is found by looking.
  let high = ((2n * fen + 1n) * price.per * 10_000n) / (2n * each) + 1n;
  while (high > 0n && chargeOf(high, price) > fen) high--;
  return high;
}

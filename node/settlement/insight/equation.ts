import { effectivePrice, type LinePrice, lineAmount } from "../line-amount.ts";

/** Where a unit that was delivered ends up; every unit is in exactly one of these. */
export const bins = ["charged", "capped", "freeQuota", "waived", "exceptions"] as const;
export type Bin = (typeof bins)[number];

/** Why something that was delivered is not settled by the statement. */
export const exceptionKinds = ["unsigned", "unreceipted", "equivocated", "disputed", "late"] as const;
export type ExceptionKind = (typeof exceptionKinds)[number];

type Parts<T> = { readonly [B in Bin]: T };

/** What was delivered for one line, counted from the receipts one by one and not from the statement. */
export type Delivered = {
  /** Settled by the statement, as the receipts say it: charged class and public interest. */
  readonly commercial: bigint;
  readonly free: bigint;
  readonly commercialReceipts: number;
  readonly freeQuotaReceipts: number;
  readonly waivedReceipts: number;
  /** Not settled by it: commercial and free units, and how many receipts, by kind. */
  readonly exceptions: ReadonlyMap<ExceptionKind, ExceptionTally>;
};
export type ExceptionTally = { readonly commercial: bigint; readonly free: bigint; readonly receipts: number };

/** The line as the statement has it; null before a statement was computed, when the receipts speak for themselves. */
export type SettledLine = {
  readonly quantity: bigint;
  readonly billable: bigint;
  readonly amountFen: bigint;
  readonly deferredFen: bigint;
  readonly keptFen: bigint;
};

export type LineFacts = {
  readonly lineId: string;
  readonly productId: string;
  readonly metric: string;
  readonly usagePeriodId: string | null;
  readonly price: LinePrice;
  /** What earlier statements settled of the line. */
  readonly prior: { readonly quantity: bigint; readonly free: bigint };
  /** Free units that the agreement's quota grants this line in its month; null: the agreement has no quota. */
  readonly freeQuota: bigint | null;
  readonly delivered: Delivered;
  readonly settled: SettledLine | null;
};

export type Term = { readonly quantity: string; readonly receipts: string; readonly fen: string };

/**
 * delivered = charged + capped + free quota + waived + exceptions, in units, in receipts, and in fen at the agreed price.
 * `capped` are units charged at a government-guided cap; its fen are what the cap took off and what is held above the
 * permitted revenue. Whatever does not add up is `unexplained`, and blocks.
 */
export type LineEquation = Parts<Term> & {
  readonly lineId: string;
  readonly productId: string;
  readonly metric: string;
  readonly usagePeriodId: string | null;
  readonly delivered: Term;
  readonly cappedBy: { readonly priceFen: string; readonly revenueFen: string };
  readonly unexplained: Term;
  readonly isBalanced: boolean;
};

export function lineEquation(facts: LineFacts): LineEquation {
  const { delivered, settled } = facts;
  const counted = delivered.commercial + delivered.free;
  const line = settled ?? settledByReceipts(facts);
  const free = line.quantity - line.billable;
  const quotaUnits = withinQuota(facts, free);
  const exceptions = sumOf(delivered.exceptions);
  const isCapped = effectivePrice(facts.price) < facts.price.unitPriceMicro;
  const units: Parts<bigint> = {
    charged: isCapped ? 0n : line.billable,
    capped: isCapped ? line.billable : 0n,
    freeQuota: quotaUnits,
    waived: free - quotaUnits,
    exceptions: exceptions.commercial + exceptions.free,
  };
  const fen = fenOf(facts, line, units);
  const receipts: Parts<number> = {
    charged: isCapped ? 0 : delivered.commercialReceipts,
    capped: isCapped ? delivered.commercialReceipts : 0,
    freeQuota: delivered.freeQuotaReceipts,
    waived: delivered.waivedReceipts,
    exceptions: exceptions.receipts,
  };
  const deliveredUnits = counted + units.exceptions;
  const unexplainedUnits = deliveredUnits - total(units);
  // What the receipts come to at the price in force, against what the statement charges for them.
  const unexplainedFen = settledByReceipts(facts).amountFen - line.amountFen;
  const terms = Object.fromEntries(
    bins.map((bin) => [bin, termOf(units[bin], receipts[bin], fen.parts[bin])]),
  ) as Parts<Term>;
  const count = bins.reduce((sum, bin) => sum + receipts[bin], 0);
  return {
    lineId: facts.lineId,
    productId: facts.productId,
    metric: facts.metric,
    usagePeriodId: facts.usagePeriodId,
    delivered: termOf(deliveredUnits, count, total(fen.parts) + unexplainedFen),
    ...terms,
    cappedBy: { priceFen: fen.priceCap.toString(), revenueFen: line.deferredFen.toString() },
    unexplained: termOf(unexplainedUnits, 0, unexplainedFen),
    isBalanced: unexplainedUnits === 0n && unexplainedFen === 0n,
  };
}

/** What charged exceptions would come to if they were settled now. */
export function wouldCharge({ price, prior, delivered }: LineFacts, units: bigint): bigint {
  const billable = prior.quantity - prior.free + delivered.commercial;
  return amount(billable + units, price) - amount(billable, price);
}

/** The line that the receipts alone give: what the statement must say too. */
function settledByReceipts({ price, prior, delivered }: LineFacts): SettledLine {
  const before = prior.quantity - prior.free;
  const amountFen = amount(before + delivered.commercial, price) - amount(before, price);
  const quantity = delivered.commercial + delivered.free;
  return { quantity, billable: delivered.commercial, amountFen, deferredFen: 0n, keptFen: amountFen };
}

/** As a difference of totals, so that corrections of free use give back quota that they had taken. */
function withinQuota({ freeQuota, prior }: LineFacts, free: bigint): bigint {
  if (freeQuota === null) return 0n;
  return smaller(prior.free + free, freeQuota) - smaller(prior.free, freeQuota);
}

/** Values at the agreed unit price, each the difference of two totals that were rounded once, so that they add up. */
function fenOf({ price, prior }: LineFacts, line: SettledLine, units: Parts<bigint>) {
  const agreed = { ...price, capPriceMicro: null };
  const worth = (quantity: bigint) => amount(quantity, agreed);
  const before = prior.quantity - prior.free;
  const billable = before + line.billable;
  const priceCap = worth(billable) - worth(before) - line.amountFen;
  let at = billable + prior.free;
  const next = (quantity: bigint) => {
    const from = at;
    at += quantity;
    return worth(at) - worth(from);
  };
  const parts: Parts<bigint> = {
    charged: line.keptFen,
    capped: priceCap + line.deferredFen,
    freeQuota: next(units.freeQuota),
    waived: next(units.waived),
    exceptions: next(units.exceptions),
  };
  return { parts, priceCap };
}

function amount(quantity: bigint, price: LinePrice): bigint {
  // A correction that is still in dispute may reach below zero for a while; it is shown, not refused.
  return quantity < 0n ? -lineAmount(-quantity, 0n, price) : lineAmount(quantity, 0n, price);
}

function sumOf(tallies: ReadonlyMap<ExceptionKind, ExceptionTally>): ExceptionTally {
  let sum: ExceptionTally = { commercial: 0n, free: 0n, receipts: 0 };
  for (const { commercial, free, receipts } of tallies.values()) {
    sum = { commercial: sum.commercial + commercial, free: sum.free + free, receipts: sum.receipts + receipts };
  }
  return sum;
}

function total(parts: Parts<bigint>): bigint {
  return bins.reduce((sum, bin) => sum + parts[bin], 0n);
}

function termOf(quantity: bigint, receipts: number, fen: bigint): Term {
  return { quantity: quantity.toString(), receipts: receipts.toString(), fen: fen.toString() };
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

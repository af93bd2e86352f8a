import type { CheckedTerms } from "./check-terms.ts";
import { effectivePrice, type LinePrice, lineAmount } from "./line-amount.ts";
import type { UsageRow } from "./model.ts";
import { fail } from "./refusal.ts";
import { byteOrder, checkPeriod, parsePrice, parseQuantity } from "./values.ts";

/** A line as it goes through the pipeline; `keptFen` is what the following steps take from. */
export type Line = {
  readonly lineId: string;
  readonly productId: string;
  /** Null on the line that releases deferred money: it belongs to no single month. */
  readonly usagePeriodId: string | null;
  readonly quantity: bigint;
  readonly billable: bigint;
  readonly effectivePriceMicro: bigint;
  readonly amountFen: bigint;
  readonly disputedFen: bigint;
  readonly deferredFen: bigint;
  readonly keptFen: bigint;
};

/** Steps 2 and 3 of settlement.md §5: prices, caps, amounts; sorted by lineId. */
export function linesOf(usage: readonly UsageRow[], terms: CheckedTerms): Line[] {
  const lines = usage.map((row) => lineOf(row, terms));
  const seen = new Set<string>();
  for (const { lineId } of lines) {
    if (seen.has(lineId)) fail("DUPLICATE_LINE", { value: lineId });
    seen.add(lineId);
  }
  return sortLines(lines);
}

export function sortLines(lines: readonly Line[]): Line[] {
  return [...lines].sort((a, b) => byteOrder(a.lineId, b.lineId));
}

function lineOf(row: UsageRow, { agreementId, periodId, products }: CheckedTerms): Line {
  const product = products.get(row.productId) ?? fail("UNKNOWN_PRODUCT", { value: String(row.productId) });
  const usagePeriodId = checkPeriod(row.usagePeriodId ?? periodId);
  if (usagePeriodId > periodId) fail("BAD_PERIOD", { value: usagePeriodId });
  const ownCap = row.capPriceMicro ?? null;
  const price: LinePrice = ownCap === null ? product : { ...product, capPriceMicro: parsePrice(ownCap) };
  const quantity = parseQuantity(row.quantity);
  const free = parseQuantity(row.freeQuantity ?? "0");
  const prior = {
    quantity: parseQuantity(row.priorQuantity ?? "0"),
    free: parseQuantity(row.priorFreeQuantity ?? "0"),
  };
  const settled = lineAmount(prior.quantity, prior.free, price);
  const total = lineAmount(prior.quantity + quantity, prior.free + free, price);
  const amountFen = total - settled;
  return {
    lineId: `${agreementId}/${row.productId}/${usagePeriodId}`,
    productId: row.productId,
    usagePeriodId,
    quantity,
    billable: quantity - free,
    effectivePriceMicro: effectivePrice(price),
    amountFen,
    disputedFen: disputedAmount(row, prior.quantity + quantity, prior.free + free, price),
    deferredFen: 0n,
    keptFen: amountFen,
  };
}

/** What the disputed receipts would add; parked, as a difference of totals. */
function disputedAmount(row: UsageRow, quantity: bigint, free: bigint, price: LinePrice): bigint {
  const disputed = parseQuantity(row.disputedQuantity ?? "0");
  const disputedFree = parseQuantity(row.disputedFreeQuantity ?? "0");
  if (disputed === 0n && disputedFree === 0n) return 0n;
  return lineAmount(quantity + disputed, free + disputedFree, price) - lineAmount(quantity, free, price);
}

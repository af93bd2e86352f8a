import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import type { LinePrice } from "../line-amount.ts";
import type { PostedUsage, Statement, StatementLine } from "../model.ts";
import type { SettledLine } from "./equation.ts";

/** One product in one usage month, as receipts and statements both speak of it. */
export type LineKey = { readonly productId: string; readonly usagePeriodId: string };

export function keyText({ productId, usagePeriodId }: LineKey): string {
  return `${productId}/${usagePeriodId}`;
}

/** `<agreementId>/<productId>/<usagePeriod>`; the line that releases deferred money belongs to no usage month. */
export function usagePeriodOf({ lineId }: Pick<StatementLine, "lineId">): string {
  return lineId.slice(lineId.lastIndexOf("/") + 1);
}

export function isReleaseLine({ productId }: Pick<StatementLine, "productId">): boolean {
  return productId === "~deferred";
}

/** The agreed price with the cap that was in force; `cap` of a period's declaration wins over the terms'. */
export function priceOf(terms: SettlementTerms, productId: string, cap?: string | null): LinePrice | undefined {
  const product = terms.products.find((one) => one.productId === productId);
  if (product === undefined) return undefined;
  const capPriceMicro = cap ?? product.capPriceMicro ?? null;
  return {
    unitPriceMicro: BigInt(product.unitPriceMicro),
    per: BigInt(product.per ?? "1"),
    capPriceMicro: capPriceMicro === null ? null : BigInt(capPriceMicro),
  };
}

export function metricOf(terms: SettlementTerms, productId: string): string {
  return terms.products.find((one) => one.productId === productId)?.metric ?? "calls";
}

export function priorOf(posted: readonly PostedUsage[], { productId, usagePeriodId }: LineKey) {
  const prior = posted.find((one) => one.productId === productId && one.usagePeriodId === usagePeriodId);
  return { quantity: BigInt(prior?.quantity ?? "0"), free: BigInt(prior?.freeQuantity ?? "0") };
}

export function settledLine(line: StatementLine): SettledLine {
  return {
    quantity: BigInt(line.quantity),
    billable: BigInt(line.billableQuantity),
    amountFen: BigInt(line.amountFen),
    deferredFen: BigInt(line.deferredFen),
    keptFen: BigInt(line.keptFen),
  };
}

export function linesByKey({ result, periodId }: Statement): Map<string, StatementLine> {
  const lines = result.lines.filter((line) => !isReleaseLine(line));
  return new Map(
    lines.map((line) => [keyText({ productId: line.productId, usagePeriodId: usagePeriodOf(line) || periodId }), line]),
  );
}

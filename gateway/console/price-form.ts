import { microOf } from "../../node/policy/price.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import type { Form } from "./form.ts";

/** The price with what the form changed: unit prices and, for fixed shares, weights. Undefined: there was none. */
export function priceOf(form: Form, before: SettlementTerms | null): SettlementTerms | undefined {
  if (before === null) return undefined;
  const products = before.products.map((product) => {
    const written = form.text(`price:${product.productId}`);
    const micro = written === undefined ? undefined : microOf(written);
    return micro === undefined ? product : { ...product, unitPriceMicro: micro.toString() };
  });
  if (before.scheme.kind !== "fixed") return { ...before, products };
  const weights = before.scheme.weights.map(({ partyId, weight }) => {
    const written = form.text(`weight:${partyId}`);
    return { partyId, weight: written !== undefined && /^[0-9]{1,9}$/.test(written) ? written : weight };
  });
  return { ...before, products, scheme: { ...before.scheme, weights } };
}

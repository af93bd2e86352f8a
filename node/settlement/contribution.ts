import { quotasOf, type Weighted } from "./allocate.ts";
import { add, multiply, parseWeight, type Rational, rational, ZERO } from "./rational.ts";
import { fail } from "./refusal.ts";
import type { MeteredRow, SchemeOf, SchemeRule, SplitContext } from "./scheme.ts";
import { parseQuantity } from "./values.ts";

/** By what each party contributed, as metered: a weighted mix of its part in every metric. Source: settlement.md §4. */
export const contribution: SchemeRule<"contribution"> = {
  kind: "contribution",
  title: { zh: "按贡献加权", en: "weighted by contribution" },
  parties: ({ parties, fallback }) => [...parties, ...(fallback ?? []).map(({ partyId }) => partyId)],
  quotas: (total, scheme, context) => {
    const weights = mixedWeights(scheme, context.metered);
    const nobody = weights.every(({ weight }) => weight.num === 0n);
    return quotasOf(total, nobody ? fallbackWeights(scheme, context) : weights, context);
  },
  illustrate: ({ parties, metered, weights }) => ({
    kind: "contribution",
    parties: [...parties],
    components: [...new Set(metered.map(({ metric }) => metric))].sort().map((metric) => ({ metric, weight: "1" })),
    fallback: [...weights],
  }),
};

function mixedWeights({ parties, components }: SchemeOf<"contribution">, metered: readonly MeteredRow[]): Weighted[] {
  const weights = new Map<string, Rational>(parties.map((partyId) => [partyId, ZERO]));
  for (const { metric, weight } of components) {
    const share = parseWeight(weight);
    const quantities = totals(metric, metered, weights);
    const all = [...quantities.values()].reduce((a, b) => a + b, 0n);
    // A metric that nobody contributed to is left out of the mix, rather than dividing by zero.
    if (all === 0n) continue;
    for (const [partyId, quantity] of quantities) {
      const part = multiply(share, rational(quantity, all));
      weights.set(partyId, add(weights.get(partyId) ?? ZERO, part));
    }
  }
  return parties.map((partyId) => ({ partyId, weight: weights.get(partyId) ?? ZERO }));
}

function totals(metric: string, metered: readonly MeteredRow[], parties: ReadonlyMap<string, unknown>) {
  const quantities = new Map<string, bigint>();
  for (const row of metered) {
    if (row.metric !== metric) continue;
    if (!parties.has(row.partyId)) fail("UNKNOWN_PARTY", { value: row.partyId });
    quantities.set(row.partyId, (quantities.get(row.partyId) ?? 0n) + parseQuantity(row.quantity));
  }
  for (const [partyId, quantity] of quantities) {
    if (quantity < 0n) fail("BAD_QUANTITY", { value: `${partyId} contributed ${quantity} ${metric}` });
  }
  return quantities;
}

function fallbackWeights({ parties, fallback }: SchemeOf<"contribution">, { lineId }: SplitContext): Weighted[] {
  if (fallback === undefined || fallback === null) fail("NO_WEIGHT", { lineId });
  const named = new Map(fallback.map(({ partyId, weight }) => [partyId, parseWeight(weight)]));
  if (named.size !== fallback.length) fail("DUPLICATE_PARTY", { value: "fallback" });
  for (const partyId of named.keys()) if (!parties.includes(partyId)) fail("UNKNOWN_PARTY", { value: partyId });
  return parties.map((partyId) => ({ partyId, weight: named.get(partyId) ?? ZERO }));
}

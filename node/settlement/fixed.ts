import { quotasOf } from "./allocate.ts";
import { multiply, parseWeight, rational } from "./rational.ts";
import type { SchemeRule } from "./scheme.ts";

/** Agreed weights; who joined or left within the period counts for the days it was there. */
export const fixed: SchemeRule<"fixed"> = {
  kind: "fixed",
  title: { zh: "固定比例", en: "fixed ratio" },
  parties: ({ weights }) => weights.map(({ partyId }) => partyId),
  quotas: (total, { weights }, context) => {
    const weighted = weights.map(({ partyId, weight }) => {
      const days = context.activeDays.get(partyId);
      const full = parseWeight(weight);
      return { partyId, weight: days === undefined ? full : multiply(full, rational(days, context.days)) };
    });
    return quotasOf(total, weighted, context);
  },
  illustrate: ({ weights }) => ({ kind: "fixed", weights: [...weights] }),
};

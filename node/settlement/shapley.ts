import { quotasOf } from "./allocate.ts";
import { type Rational, rational, ZERO } from "./rational.ts";
import { fail } from "./refusal.ts";
import type { MeteredRow, SchemeOf, SchemeRule, SplitContext } from "./scheme.ts";
import { EXACT_PARTIES, type Game, parseGame } from "./shapley-game.ts";
import { marginalSums, sampleSeed } from "./shapley-sample.ts";

/** By what each party adds to all the coalitions of the others. Source: settlement.md §4. */
export const shapley: SchemeRule<"shapley"> = {
  kind: "shapley",
  title: { zh: "夏普利值", en: "Shapley value" },
  parties: ({ parties }) => parties,
  quotas: (total, scheme, context) => {
    const phi = valuesOf(scheme, context);
    const weights = scheme.parties.map((partyId, i) => {
      const value = phi[i] ?? ZERO;
      return { partyId, weight: value.num > 0n ? value : ZERO };
    });
    return quotasOf(total, weights, context);
  },
  illustrate: ({ parties, metered }) => ({
    kind: "shapley",
    parties: [...parties],
    v: { kind: "coverage", items: coverageItems(parties, metered) },
    samples: parties.length > EXACT_PARTIES ? "2000" : null,
  }),
};

/** What each party contributed is an item that it alone holds; with nothing metered all hold the same one. */
function coverageItems(parties: readonly string[], metered: readonly MeteredRow[]) {
  const items = parties.flatMap((partyId, i) => {
    const rows = metered.filter((row) => row.partyId === partyId);
    const value = rows.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n);
    return value > 0n ? [{ value: value.toString(), coveredBy: [String(i)] }] : [];
  });
  return items.length > 0 ? items : [{ value: "1", coveredBy: parties.map((_, i) => String(i)) }];
}

function valuesOf({ parties, v, samples }: SchemeOf<"shapley">, context: SplitContext): Rational[] {
  const n = parties.length;
  const game = parseGame(v, n);
  if (n <= EXACT_PARTIES) return exactShapley(game, n);
  if (typeof samples !== "string" || !/^[1-9][0-9]*$/.test(samples)) {
    fail("BAD_GAME", { value: `${n} parties need a number of samples from 1 up` });
  }
  const seed = sampleSeed(context.agreementId, context.periodId, context.lineId);
  const m = BigInt(samples);
  return marginalSums(game, n, m, seed).map((sum) => rational(sum, m));
}

/**
 * φ_i = Σ_{S∌i} |S|!(n−|S|−1)!/n! · (v(S∪i) − v(S)). Integers are summed per coalition size first, so the
 * factorials are multiplied once: 16 parties are 2¹⁶ coalitions in well under a second.
 */
export function exactShapley(game: Game, n: number): Rational[] {
  const worths = game.worths();
  const sizes = coalitionSizes(worths.length);
  const factorial = [1n];
  for (let k = 1; k <= n; k++) factorial.push((factorial[k - 1] ?? 1n) * BigInt(k));
  return Array.from({ length: n }, (_, party) => {
    const bit = 1 << party;
    const bySize = Array.from({ length: n }, () => 0n);
    for (let s = 0; s < worths.length; s++) {
      if ((s & bit) !== 0) continue;
      const size = sizes[s] ?? 0;
      bySize[size] = (bySize[size] ?? 0n) + (worths[s | bit] ?? 0n) - (worths[s] ?? 0n);
    }
    const num = bySize.reduce((all, sum, size) => all + sum * weightOf(factorial, size, n), 0n);
    return rational(num, factorial[n] ?? 1n);
  });
}

function weightOf(factorial: readonly bigint[], size: number, n: number): bigint {
  return (factorial[size] ?? 1n) * (factorial[n - size - 1] ?? 1n);
}

function coalitionSizes(count: number): Uint8Array {
  const sizes = new Uint8Array(count);
  for (let s = 1; s < count; s++) sizes[s] = (sizes[s >> 1] ?? 0) + (s & 1);
  return sizes;
}

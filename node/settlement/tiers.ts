import { largestRemainder, type Quotas, refuseTwice, type Share, type TieSeed } from "./allocate.ts";
import {
  abs,
  add,
  multiply,
  overCommonDenominator,
  parseWeight,
  type Rational,
  rational,
  sum,
  ZERO,
} from "./rational.ts";
import { fail } from "./refusal.ts";
import type { SchemeOf, SchemeRule } from "./scheme.ts";
import { parseFen } from "./values.ts";

type Brackets = SchemeOf<"tiers">["brackets"];

/** Progressive on the cumulative base amount of the calendar year, like income tax. Source: settlement.md §4. */
export const tiers: SchemeRule<"tiers"> = {
  kind: "tiers",
  title: { zh: "分档递进", en: "marginal tiers" },
  parties: ({ brackets }) => brackets.flatMap(({ weights }) => weights.map(({ partyId }) => partyId)),
  quotas: (total, { brackets }, context) => tierQuotas(total, context.cumulativeFen, brackets, context),
  /** Up to half of the base as weighted, above it equally: what brackets are for is to share growth more evenly. */
  illustrate: ({ parties, weights, baseFen }) => ({
    kind: "tiers",
    brackets: [
      { upToFen: (baseFen > 1n ? baseFen / 2n : 1n).toString(), weights: [...weights] },
      { upToFen: null, weights: parties.map((partyId) => ({ partyId, weight: "1" })) },
    ],
  }),
};

/** Walks from `cumulative` to `cumulative + total`; each bracket splits the part of the walk between its bounds. */
export function splitByTiers(
  total: bigint,
  cumulative: bigint,
  brackets: Brackets,
  seed: TieSeed,
): { readonly segments: bigint[]; readonly shares: Share[] } {
  const walked = tierQuotas(total, cumulative, brackets, seed);
  return { segments: walked.segments, shares: largestRemainder(total, walked, seed) };
}

function tierQuotas(
  total: bigint,
  cumulative: bigint,
  brackets: Brackets,
  seed: TieSeed,
): Quotas & { readonly segments: bigint[] } {
  const bounds = checkBrackets(brackets);
  const parties = (brackets[0]?.weights ?? []).map(({ partyId }) => partyId);
  const from = total < 0n ? cumulative + total : cumulative;
  const segments = bounds.map((upper, k) =>
    segment(from, from + abs(total), k === 0 ? null : (bounds[k - 1] ?? null), upper),
  );
  let quotas: Rational[] = parties.map(() => ZERO);
  brackets.forEach((bracket, k) => {
    const length = segments[k] ?? 0n;
    // A bracket that is not reached is not looked at, so its weights may be anything.
    if (length === 0n) return;
    const weights = bracket.weights.map(({ weight }) => parseWeight(weight));
    const all = sum(weights);
    if (all.num === 0n) fail("NO_WEIGHT", { lineId: seed.lineId });
    const perWeight = rational(length * all.den, all.num);
    quotas = quotas.map((quota, p) => add(quota, multiply(perWeight, weights[p] ?? ZERO)));
  });
  const { nums, den } = overCommonDenominator(quotas);
  return { segments, ids: parties, quotas: nums, den };
}

/** Length of [from, to] between the bounds; null is open. An amount exactly on a bound belongs to the lower bracket. */
function segment(from: bigint, to: bigint, lower: bigint | null, upper: bigint | null): bigint {
  const start = lower !== null && lower > from ? lower : from;
  const end = upper !== null && upper < to ? upper : to;
  return end > start ? end - start : 0n;
}

function checkBrackets(brackets: Brackets): (bigint | null)[] {
  const first = brackets[0];
  if (first === undefined) fail("BAD_BRACKETS", { value: "none given" });
  refuseTwice(first.weights);
  const order = first.weights.map(({ partyId }) => partyId).join("|");
  let below = 0n;
  return brackets.map(({ upToFen, weights }, k) => {
    if (weights.map(({ partyId }) => partyId).join("|") !== order) {
      fail("BAD_BRACKETS", { value: `bracket ${k + 1} names other parties` });
    }
    const isLast = k === brackets.length - 1;
    if ((upToFen === null) !== isLast) fail("BAD_BRACKETS", { value: `bracket ${k + 1} of ${brackets.length}` });
    if (upToFen === null) return null;
    const bound = parseFen(upToFen, "upToFen");
    if (bound <= below) fail("BAD_BRACKETS", { value: `bound ${bound} after ${below}` });
    below = bound;
    return bound;
  });
}

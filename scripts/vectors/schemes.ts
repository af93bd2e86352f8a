import { ok } from "../../node/kernel/exchange-error.ts";
import { settle } from "../../node/settlement/pipeline.ts";
import { rational, rationalText } from "../../node/settlement/rational.ts";
import { attempt } from "../../node/settlement/refusal.ts";
import { split } from "../../node/settlement/schemes.ts";
import { exactShapley } from "../../node/settlement/shapley.ts";
import { parseGame } from "../../node/settlement/shapley-game.ts";
import { below, drawOrder, marginalSums, sampleSeed, wordStream } from "../../node/settlement/shapley-sample.ts";
import { splitByTiers } from "../../node/settlement/tiers.ts";
import { parseFen, parseNatural } from "../../node/settlement/values.ts";
import { shares, text } from "./arithmetic.ts";
import type { Operation } from "./vector-file.ts";

/** tiers.json, shapley.json, caps.json and the pipeline of allocation.json. */
export const schemes: { readonly [op: string]: Operation } = {
  settle: ({ terms, period, carry }) => settle(terms, period, carry ?? null),

  sequence: ({ terms, carry, periods }) => {
    let last = carry ?? null;
    const results: unknown[] = [];
    for (const period of periods) {
      const result = settle(terms, period, last);
      if (!result.ok) return result;
      results.push(result.value);
      last = result.value.carry;
    }
    return ok({ periods: results });
  },

  tiers: ({ totalFen, cumulativeFen, brackets, periodId, lineId }) =>
    attempt(() => {
      const total = parseFen(totalFen);
      const cumulative = parseFen(cumulativeFen);
      const { segments, shares: parts } = splitByTiers(total, cumulative, brackets, { periodId, lineId });
      return {
        segments: segments.map(text),
        shares: shares(parts),
        cumulativeAfterFen: text(cumulative + total),
      };
    }),

  exact: ({ n, v }) => attempt(() => ({ phi: exactShapley(parseGame(v, Number(n)), Number(n)).map(rationalText) })),

  seed: ({ agreementId, periodId, lineId }) =>
    ok({ seedHex: sampleSeed(agreementId, periodId, lineId).toString("hex") }),

  stream: ({ seedHex, words }) => {
    const stream = wordStream(Buffer.from(seedHex, "hex"));
    return ok({ words: Array.from({ length: Number(words) }, () => String(stream.next())) });
  },

  below: ({ seedHex, bounds }) => {
    const stream = wordStream(Buffer.from(seedHex, "hex"));
    return attempt(() => ({ draws: bounds.map((bound: string) => String(below(stream, Number(bound)))) }));
  },

  permutations: ({ seedHex, n, samples }) => {
    const stream = wordStream(Buffer.from(seedHex, "hex"));
    const orders = Array.from({ length: Number(samples) }, () => drawOrder(stream, Number(n)).map(String));
    return ok({ permutations: orders });
  },

  sampled: ({ n, v, samples, seedHex }) =>
    attempt(() => {
      const m = parseNatural(samples, "samples");
      const sums = marginalSums(parseGame(v, Number(n)), Number(n), m, Buffer.from(seedHex, "hex"));
      return { marginalSums: sums.map(text), phi: sums.map((sum) => rationalText(rational(sum, m))) };
    }),
};

/** `split` of allocation.json and shapley.json. */
export const splitScheme: Operation = (input) =>
  attempt(() => {
    const days: [string, bigint][] = Object.entries(input.activeDays ?? {}).map(([partyId, count]) => [
      partyId,
      parseNatural(count, "activeDays"),
    ]);
    const context = {
      agreementId: input.agreementId,
      periodId: input.periodId,
      lineId: input.lineId,
      days: parseNatural(input.days ?? "1", "days"),
      activeDays: new Map(days),
      metered: input.metered ?? [],
      cumulativeFen: parseFen(input.cumulativeFen ?? "0"),
    };
    return shares(split(parseFen(input.totalFen), input.scheme, context));
  });

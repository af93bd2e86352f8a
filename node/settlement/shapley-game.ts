import { fail } from "./refusal.ts";

/** Above this the exact value needs too many coalitions, and orders are sampled instead. */
export const EXACT_PARTIES = 16;

/** What coalitions of n parties are worth; party i is bit i. Source: settlement.md §4. */
export type Game = {
  /** v(S) at index S for all 2ⁿ coalitions; only for n ≤ 16. */
  readonly worths: () => readonly bigint[];
  /** What each party of an order adds when it joins those before it, in that order. */
  readonly marginals: (order: readonly number[]) => bigint[];
};

/** Reads a worth function as the terms give it; anything that does not hold is `BAD_GAME`. */
export function parseGame(v: unknown, n: number): Game {
  const game = asObject(v);
  switch (game.kind) {
    case "table":
      return tableGame(game, n);
    case "pairwise":
      return pairwiseGame(game, n);
    case "coverage":
      return coverageGame(game, n);
    default:
      return fail("BAD_GAME", { value: `kind ${String(game.kind)}` });
  }
}

function tableGame({ values }: Record<string, unknown>, n: number): Game {
  if (n > EXACT_PARTIES) fail("BAD_GAME", { value: `a table for ${n} parties; at most ${EXACT_PARTIES}` });
  const worths = asList(values).map(asInteger);
  if (worths.length !== 2 ** n) fail("BAD_GAME", { value: `${worths.length} values for ${n} parties` });
  if (worths[0] !== 0n) fail("BAD_GAME", { value: "the empty coalition must be worth 0" });
  return {
    worths: () => worths,
    marginals: (order) => {
      let coalition = 0;
      return order.map((party) => {
        const before = worths[coalition] ?? 0n;
        coalition |= 1 << party;
        return (worths[coalition] ?? 0n) - before;
      });
    },
  };
}

function pairwiseGame({ single, pairs }: Record<string, unknown>, n: number): Game {
  const alone = asList(single).map(asInteger);
  if (alone.length !== n) fail("BAD_GAME", { value: `${alone.length} single values for ${n} parties` });
  const bonus = alone.map(() => new Map<number, bigint>());
  for (const pair of asList(pairs)) {
    const [first, second, worth] = asList(pair);
    const i = asIndex(first, n);
    const j = asIndex(second, n);
    if (i >= j) fail("BAD_GAME", { value: `the pair ${i}, ${j}: the smaller index comes first` });
    const sum = (bonus[i]?.get(j) ?? 0n) + asInteger(worth);
    bonus[i]?.set(j, sum);
    bonus[j]?.set(i, sum);
  }
  const joining = (party: number, isIn: (other: number) => boolean) => {
    let worth = alone[party] ?? 0n;
    for (const [other, b] of bonus[party] ?? []) if (isIn(other)) worth += b;
    return worth;
  };
  return {
    worths: () => {
      const worths = [0n];
      for (let party = 0; party < n; party++) {
        const size = 1 << party;
        for (let s = 0; s < size; s++)
          worths.push((worths[s] ?? 0n) + joining(party, (other) => ((s >> other) & 1) === 1));
      }
      return worths;
    },
    marginals: (order) => {
      const inside = new Set<number>();
      return order.map((party) => {
        const worth = joining(party, (other) => inside.has(other));
        inside.add(party);
        return worth;
      });
    },
  };
}

function coverageGame({ items }: Record<string, unknown>, n: number): Game {
  const covered = asList(items).map((item) => {
    const { value, coveredBy } = asObject(item);
    const worth = asInteger(value);
    if (worth < 0n) fail("BAD_GAME", { value: `an item worth ${worth}` });
    return { worth, by: asList(coveredBy).map((index) => asIndex(index, n)) };
  });
  const itemsOf = Array.from({ length: n }, (): number[] => []);
  covered.forEach(({ by }, item) => {
    for (const party of new Set(by)) itemsOf[party]?.push(item);
  });
  return {
    worths: () => coverageWorths(covered, n),
    marginals: (order) => {
      const seen = new Set<number>();
      return order.map((party) => {
        let worth = 0n;
        for (const item of itemsOf[party] ?? []) {
          if (seen.has(item)) continue;
          seen.add(item);
          worth += covered[item]?.worth ?? 0n;
        }
        return worth;
      });
    },
  };
}

/** v(S) = all − what only outsiders cover: a sum over subsets of the complement, in n·2ⁿ additions. */
function coverageWorths(items: readonly { worth: bigint; by: readonly number[] }[], n: number): bigint[] {
  const size = 2 ** n;
  const within = Array.from({ length: size }, () => 0n);
  let all = 0n;
  for (const { worth, by } of items) {
    const mask = by.reduce((bits, party) => bits | (1 << party), 0);
    within[mask] = (within[mask] ?? 0n) + worth;
    all += worth;
  }
  for (let party = 0; party < n; party++) {
    const bit = 1 << party;
    for (let s = 0; s < size; s++) if ((s & bit) !== 0) within[s] = (within[s] ?? 0n) + (within[s ^ bit] ?? 0n);
  }
  return within.map((_, s) => all - (within[size - 1 - s] ?? 0n));
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail("BAD_GAME", { value: "not an object" });
  return value as Record<string, unknown>;
}

function asList(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) fail("BAD_GAME", { value: "a list is missing" });
  return value;
}

function asInteger(value: unknown): bigint {
  if (typeof value !== "string" || !/^(0|-?[1-9][0-9]*)$/.test(value))
    fail("BAD_GAME", { value: `value ${String(value)}` });
  return BigInt(value);
}

function asIndex(value: unknown, n: number): number {
  const index = asInteger(value);
  if (index < 0n || index >= BigInt(n)) fail("BAD_GAME", { value: `party ${index} of ${n}` });
  return Number(index);
}

import type { Postings } from "./postings.ts";
import type { ParsedQuery } from "./query.ts";

/** Scratch space of one index, kept between queries: clearing what a query touched is cheaper than new arrays. */
export type Scoreboard = {
  readonly scores: Float32Array;
  /** Weight of the concepts a document has. */
  readonly mass: Float32Array;
  /** The best a document has shown for the concept at hand. */
  readonly best: Float32Array;
  readonly touched: number[];
};

export function scoreboardFor(docs: number): Scoreboard {
  return {
    scores: new Float32Array(docs),
    mass: new Float32Array(docs),
    best: new Float32Array(docs),
    touched: [],
  };
}

/** Documents with their scores, unordered. Arrays side by side: a broad query finds a hundred thousand. */
export type Ranked = { readonly docs: ArrayLike<number>; readonly scores: ArrayLike<number> };

/** A document must have this much of what was asked for, by weight; less of a long sentence, which says much in passing. */
function minCoverage(words: number): number {
  if (words < 2.5) return 0.45;
  return words < 3.5 ? 0.38 : 0.3;
}

/** How much of a concept a stand-in covers: more than it scores, since what is related is still worth listing. */
function coveredBy(weight: number): number {
  return 0.3 + 0.7 * weight;
}

/** What a shared pair of neighbours adds, against a word of the same rarity. */
const PAIR_BONUS = 0.12;

/**
 * BM25 in spirit: a concept counts by its rarity, a document by the best of the terms that stand for it there, impacts
 * already hold fields and saturation. What a document lacks of the query costs more than in proportion.
 */
export function rank(
  query: ParsedQuery,
  postingsOf: (term: string) => Postings | undefined,
  documents: number,
  board: Scoreboard,
): Ranked {
  const { scores, mass, touched } = board;
  let total = 0;
  for (const concept of query.concepts) {
    const lists = concept.terms.flatMap(({ term, weight }) => {
      const postings = postingsOf(term);
      return postings === undefined ? [] : [{ postings, weight }];
    });
    const rarity = rarityOf(
      Math.max(0, ...lists.map(({ postings, weight }) => postings.docs.length * weight)),
      documents,
    );
    total += rarity * concept.share;
    addConcept(lists, rarity * concept.share, board);
  }
  for (const pair of query.pairs) {
    const postings = postingsOf(pair);
    if (postings !== undefined) addPair(postings, rarityOf(postings.docs.length, documents) * PAIR_BONUS, board);
  }

  const words = query.concepts.reduce((sum, { share }) => sum + share, 0);
  const needed = minCoverage(words) * total;
  const found: { docs: number[]; scores: number[] } = { docs: [], scores: [] };
  for (const doc of touched) {
    const covered = mass[doc] ?? 0;
    if (covered >= needed) {
      found.docs.push(doc);
      found.scores.push(((scores[doc] ?? 0) * covered) / total);
    }
    scores[doc] = 0;
    mass[doc] = 0;
  }
  touched.length = 0;
  return found;
}

type WeightedList = { readonly postings: Postings; readonly weight: number };

function addConcept(lists: readonly WeightedList[], rarity: number, { scores, mass, best, touched }: Scoreboard): void {
  // The best stand-in first, so that each document is settled by the first list it is in.
  const ordered = [...lists].sort((a, b) => b.weight - a.weight);
  const settled: number[] = [];
  for (const { postings, weight } of ordered) {
    const { docs, impacts } = postings;
    for (let i = 0; i < docs.length; i++) {
      const doc = docs[i] as number;
      if (doc >= best.length) continue;
      const value = weight * (impacts[i] as number);
      const before = best[doc] as number;
      if (value <= before) continue;
      if (before === 0) {
        settled.push(doc);
        if (mass[doc] === 0) touched.push(doc);
        mass[doc] = (mass[doc] as number) + rarity * coveredBy(weight);
      }
      scores[doc] = (scores[doc] as number) + (rarity * (value - before)) / 255;
      best[doc] = value;
    }
  }
  for (const doc of settled) best[doc] = 0;
}

/** Only documents that have something else of the query. */
function addPair({ docs, impacts }: Postings, weight: number, { scores, mass }: Scoreboard): void {
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] as number;
    if (doc < mass.length && (mass[doc] as number) > 0) {
      scores[doc] = (scores[doc] as number) + (weight * (impacts[i] as number)) / 255;
    }
  }
}

/** Of a term nobody has it is greatest: what cannot be found weighs against every document. */
function rarityOf(count: number, documents: number): number {
  return Math.log(1 + (documents + 1) / (count + 0.5));
}

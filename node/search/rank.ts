import type { Postings } from "./postings.ts";
import type { ParsedQuery } from "./query.ts";

/** Scratch space of one index, kept between queries: clearing what a query touched is cheaper than new arrays. */
export type Scoreboard = {
  readonly scores: Float32Array;
  /** Weight of the concepts a document has. */
  readonly mass: Float32Array;
  /** The best a document has shown for the concept whose number is in `concept`. */
  readonly best: Float32Array;
  readonly concept: Uint8Array;
  readonly touched: Uint32Array;
};

export function scoreboardFor(docs: number): Scoreboard {
  return {
    scores: new Float32Array(docs),
    mass: new Float32Array(docs),
    best: new Float32Array(docs),
    concept: new Uint8Array(docs),
    touched: new Uint32Array(docs),
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
  let total = 0;
  let touched = 0;
  for (const [i, concept] of query.concepts.entries()) {
    const lists = concept.terms.flatMap(({ term, weight }) => {
      const postings = postingsOf(term);
      return postings === undefined ? [] : [{ postings, weight }];
    });
    const commonest = Math.max(0, ...lists.map(({ postings, weight }) => postings.docs.length * weight));
    const rarity = rarityOf(commonest, documents) * concept.share;
    total += rarity;
    // The best stand-in first, so that each document is settled by the first list it is in.
    lists.sort((a, b) => b.weight - a.weight);
    for (const list of lists) touched = addList(list, rarity, i + 1, board, touched);
  }
  for (const pair of query.pairs) {
    const postings = postingsOf(pair);
    if (postings !== undefined) addPair(postings, rarityOf(postings.docs.length, documents) * PAIR_BONUS, board);
  }
  const words = query.concepts.reduce((sum, { share }) => sum + share, 0);
  return collect(board, touched, minCoverage(words) * total, total);
}

/** What has enough of the query; leaves the board clean. */
function collect({ scores, mass, concept, touched }: Scoreboard, count: number, needed: number, total: number): Ranked {
  const docs = new Uint32Array(count);
  const found = new Float64Array(count);
  let at = 0;
  for (let i = 0; i < count; i++) {
    const doc = touched[i] as number;
    const covered = mass[doc] as number;
    if (covered >= needed) {
      docs[at] = doc;
      found[at] = ((scores[doc] as number) * covered) / total;
      at += 1;
    }
    scores[doc] = 0;
    mass[doc] = 0;
    concept[doc] = 0;
  }
  return { docs: docs.subarray(0, at), scores: found.subarray(0, at) };
}

type WeightedList = { readonly postings: Postings; readonly weight: number };

function addList(
  { postings: { docs, impacts }, weight }: WeightedList,
  rarity: number,
  number: number,
  { scores, mass, best, concept, touched }: Scoreboard,
  count: number,
): number {
  const covered = rarity * coveredBy(weight);
  const perImpact = (rarity * weight) / 255;
  const limit = best.length;
  let end = count;
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] as number;
    if (doc >= limit) break;
    const value = perImpact * (impacts[i] as number);
    if (concept[doc] !== number) {
      if (concept[doc] === 0) touched[end++] = doc;
      concept[doc] = number;
      mass[doc] = (mass[doc] as number) + covered;
      scores[doc] = (scores[doc] as number) + value;
      best[doc] = value;
    } else if (value > (best[doc] as number)) {
      scores[doc] = (scores[doc] as number) + value - (best[doc] as number);
      best[doc] = value;
    }
  }
  return end;
}

/** Only documents that have something else of the query. */
function addPair({ docs, impacts }: Postings, weight: number, { scores, mass }: Scoreboard): void {
  const limit = mass.length;
  const perImpact = weight / 255;
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] as number;
    if (doc >= limit) break;
    if ((mass[doc] as number) > 0) scores[doc] = (scores[doc] as number) + perImpact * (impacts[i] as number);
  }
}

/** Of a term nobody has it is greatest: what cannot be found weighs against every document. */
function rarityOf(count: number, documents: number): number {
  return Math.log(1 + (documents + 1) / (count + 0.5));
}

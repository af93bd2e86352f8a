import { pairsOf } from "./analyse.ts";
import type { Language } from "./language.ts";
import { blocksOf, foldPinyin, latinWords, type Run, unitsOf } from "./normalise.ts";

/** A term that may stand for a concept; `weight` says how good a stand-in it is. */
type WeightedTerm = { readonly term: string; readonly weight: number };

/** One thing that was asked for, and every way an entry may have said it. */
type Concept = {
  /** As typed, for highlighting. */
  readonly text: string;
  readonly terms: readonly WeightedTerm[];
  /** Part of the whole that this concept makes up, when several stand for one word. */
  readonly share: number;
  /** The long word this is a part of. */
  readonly whole?: string;
};

export type ParsedQuery = {
  readonly concepts: readonly Concept[];
  /** Pairs of neighbours of the whole query: they reward entries that say it in the same words. */
  readonly pairs: readonly string[];
};

/** How many entries have a term. */
export type CountOf = (term: string) => number;

const PART = 0.6;
const TYPED = 0.8;
const MISTYPED = 0.7;
const SINGLE = 0.4;
const MAX_CONCEPTS = 24;
const MAX_QUERY_CHARS = 200;

type Word = { readonly text: string; readonly script: Run["script"]; readonly start: number };

/** Everything the index could be asked about a query; counts are fetched for all of it at once. */
export function possibleTerms(language: Language, q: string): string[] {
  const terms = new Set<string>();
  for (const { words, block, hanRuns } of readBlocks(language, q)) {
    for (const word of words) {
      const parts = word.script === "han" ? partsOf(language, word.text).map((text) => ({ ...word, text })) : [];
      for (const { term } of [word, ...parts].flatMap((one) => termsOf(language, one))) terms.add(term);
    }
    for (const pair of pairsOf(unitsOf(block))) terms.add(pair);
    for (const { term } of hanRuns.flatMap((run) => spansOf(language, run))) {
      terms.add(term);
      for (const word of language.thesaurus.typedAs(term.slice(2))) {
        for (const { word: other } of language.thesaurus.alternatives(word)) terms.add(other);
      }
    }
  }
  return [...terms];
}

export function parseQuery(language: Language, q: string, countOf: CountOf): ParsedQuery {
  const pairs: string[] = [];
  const all: Concept[] = [];
  const meaningful: Concept[] = [];
  for (const { words, block, hanRuns } of readBlocks(language, q)) {
    pairs.push(...pairsOf(unitsOf(block)).filter((pair) => countOf(pair) > 0));
    const repaired = repair(language, words, hanRuns, countOf);
    for (const word of repaired) {
      const concepts = "terms" in word ? [word] : conceptsOf(language, word, countOf, neighbours(block, word));
      all.push(...concepts);
      if ("terms" in word || !language.thesaurus.isStopWord(word.text)) meaningful.push(...concepts);
    }
  }
  // Nothing but "哪些数据": then these words are what was asked for.
  const concepts = meaningful.length > 0 ? meaningful : all;
  return { concepts: distinct(concepts).slice(0, MAX_CONCEPTS), pairs: [...new Set(pairs)] };
}

type Block = { readonly block: readonly Run[]; readonly words: readonly Word[]; readonly hanRuns: readonly HanRun[] };
type HanRun = { readonly text: string; readonly start: number };

function readBlocks(language: Language, q: string): Block[] {
  const text = language.normalise(q.slice(0, MAX_QUERY_CHARS));
  return joinPhrases(language, blocksOf(text)).map((block) => {
    const words: Word[] = [];
    const hanRuns: HanRun[] = [];
    let start = 0;
    for (const { script, text: run } of block) {
      if (script === "han") {
        hanRuns.push({ text: run, start });
        let at = start;
        for (const word of language.words(run)) {
          words.push({ text: word, script, start: at });
          at += word.length;
        }
      } else {
        words.push({ text: run, script, start });
      }
      start += run.length;
    }
    return { block, words, hanRuns };
  });
}

/** `air quality` is one thing, not two. */
function joinPhrases(language: Language, blocks: readonly Run[][]): Run[][] {
  const joined: Run[][] = [];
  for (const block of blocks) {
    const [run, ...rest] = block;
    const before = joined.at(-1)?.[0];
    const phrase = rest.length === 0 && run?.script === "latin" && before !== undefined && `${before.text} ${run.text}`;
    if (phrase && language.thesaurus.latinPhrases.includes(phrase))
      joined.splice(-1, 1, [{ script: "latin", text: phrase }]);
    else joined.push(block);
  }
  return joined;
}

/** The word itself, what else it is called, and for Latin letters what they may be short for. */
function termsOf(language: Language, { text, script }: Word): WeightedTerm[] {
  const { thesaurus } = language;
  const terms: WeightedTerm[] = [];
  const addAlternatives = (word: string, factor: number) => {
    for (const { word: other, weight } of thesaurus.alternatives(word))
      terms.push(...wordTerms(other, weight * factor));
  };
  terms.push(...wordTerms(text, 1));
  addAlternatives(text, 1);
  if (script === "latin") {
    for (const [i, part] of latinWords(text).entries()) {
      if (i > 0) terms.push({ term: part, weight: PART });
      addAlternatives(part, 1);
    }
    terms.push({ term: `i:${text}`, weight: TYPED }, { term: `y:${foldPinyin(text)}`, weight: TYPED });
    for (const word of thesaurus.typedAs(text)) {
      terms.push({ term: word, weight: TYPED });
      addAlternatives(word, TYPED);
    }
  }
  return terms;
}

function wordTerms(word: string, weight: number): WeightedTerm[] {
  // A phrase of Latin words is a term where it was written as one, and its words otherwise.
  if (!word.includes(" "))
    return latinWords(word)
      .slice(0, 1)
      .map((term) => ({ term, weight }));
  return [{ term: word, weight }];
}

function conceptsOf(language: Language, word: Word, countOf: CountOf, around: readonly string[]): Concept[] {
  if (word.text.includes(" ")) {
    const parts = word.text.split(" ").map((text) => ({ ...word, text }));
    const alternatives = termsOf(language, word).filter(({ term }) => countOf(term) > 0);
    return parts.map((part) => concept(part.text, [...known(termsOf(language, part), countOf), ...alternatives], 1));
  }
  const terms = known(termsOf(language, word), countOf);
  if (word.script === "latin") return [concept(word.text, terms, 1)];
  if (terms.length === 0 && word.text.length === 1 && around.length > 0) {
    // A character left over by the segmenter means something only together with its neighbours.
    const pairs = around.map((term) => ({ term, weight: PART }));
    return [concept(word.text, known(pairs, countOf), SINGLE)];
  }
  const parts = partsOf(language, word.text);
  if (parts.length > 1) {
    // Each part may be met by the whole, by what the whole is also called, or by itself.
    return parts.map((part) => {
      const own = known(termsOf(language, { ...word, text: part }), countOf);
      const weaker = own.map(({ term, weight }) => ({ term, weight: weight * PART }));
      return { ...concept(part, [...terms, ...weaker], 1 / parts.length), whole: word.text };
    });
  }
  if (terms.length > 0 || word.text.length < 3) return [concept(word.text, terms, 1)];
  // A word the index has never seen is asked for by its pairs.
  const pairs = pairsOf([...word.text]);
  return pairs.map((term) => concept(term.slice(2), known([{ term, weight: PART }], countOf), 1 / pairs.length));
}

/** The fewest shorter words that make up a long one; empty when none do. */
function partsOf(language: Language, word: string): string[] {
  if (word.length < 4) return [];
  const inner = new Set(language.searchWords(word).filter((part) => part.length > 1 && part !== word));
  const best: (readonly string[] | undefined)[] = [[]];
  for (let end = 2; end <= word.length; end++) {
    for (let start = end - 2; start >= 0; start--) {
      const before = best[start];
      const part = word.slice(start, end);
      if (before === undefined || !inner.has(part)) continue;
      if (best[end] === undefined || before.length + 1 < (best[end]?.length ?? 0)) best[end] = [...before, part];
    }
  }
  return [...(best[word.length] ?? [])];
}

/** The pairs of a block that a word of one unit is part of. */
function neighbours(block: readonly Run[], word: Word): string[] {
  const units = unitsOf(block);
  let at = 0;
  for (const [i, unit] of units.entries()) {
    if (at === word.start && unit === word.text) return pairsOf(units.slice(Math.max(0, i - 1), i + 2));
    at += unit.length;
  }
  return [];
}

function concept(text: string, terms: readonly WeightedTerm[], share: number): Concept {
  return { text, terms, share };
}

function known(terms: readonly WeightedTerm[], countOf: CountOf): WeightedTerm[] {
  return terms.filter(({ term }) => countOf(term) > 0);
}

type Span = { readonly start: number; readonly end: number; readonly term: string };

const MAX_SPAN = 8;

/** Every stretch of two to eight characters of a run, as it is pronounced. */
function spansOf(language: Language, { text, start }: HanRun): Span[] {
  const syllables = language.syllables(text);
  const spans: Span[] = [];
  for (let from = 0; from < syllables.length; from++) {
    for (let to = from + 2; to <= Math.min(syllables.length, from + MAX_SPAN); to++) {
      const term = `y:${foldPinyin(syllables.slice(from, to).join(""))}`;
      spans.push({ start: start + from, end: start + to, term });
    }
  }
  return spans;
}

/**
 * Typing slips in Chinese are mostly the wrong character of the right sound. A word the index does not know is replaced by
 * the shortest stretch of words around it that sounds like something it knows.
 */
function repair(
  language: Language,
  words: readonly Word[],
  runs: readonly HanRun[],
  countOf: CountOf,
): (Word | Concept)[] {
  const isUnknown = (word: Word) =>
    word.script === "han" &&
    !(language.thesaurus.isStopWord(word.text) && word.text.length > 1) &&
    known(termsOf(language, word), countOf).length === 0;
  const unknown = words.filter(isUnknown);
  if (unknown.length === 0) return [...words];
  const borders = new Set(words.flatMap((word) => [word.start, endOf(word)]));
  const spans = runs
    .flatMap((run) => spansOf(language, run))
    .filter(({ start, end, term }) => borders.has(start) && borders.has(end) && countOf(term) > 0)
    .sort((a, b) => a.end - a.start - (b.end - b.start));

  const chosen: Span[] = [];
  for (const word of unknown) {
    if (chosen.some((span) => covers(span, word))) continue;
    const best = spans.find((span) => covers(span, word) && !chosen.some((other) => overlap(other, span)));
    if (best !== undefined) chosen.push(best);
  }
  const result: (Word | Concept)[] = [];
  for (const word of words) {
    const span = chosen.find((one) => covers(one, word));
    if (span === undefined) result.push(word);
    else if (span.start === word.start) result.push(soundingLike(language, span.term, countOf));
  }
  return result;
}

const endOf = (word: Word): number => word.start + word.text.length;
const covers = (span: Span, word: Word): boolean => span.start <= word.start && endOf(word) <= span.end;
const overlap = (a: Span, b: Span): boolean => a.start < b.end && b.start < a.end;

function soundingLike({ thesaurus }: Language, term: string, countOf: CountOf): Concept {
  const terms = [{ term, weight: MISTYPED }];
  for (const word of thesaurus.typedAs(term.slice(2))) {
    for (const { word: other, weight } of thesaurus.alternatives(word)) {
      terms.push({ term: other, weight: weight * MISTYPED });
    }
  }
  return concept("", known(terms, countOf), 1);
}

function distinct(concepts: readonly Concept[]): Concept[] {
  const seen = new Set<string>();
  return concepts.filter(({ text, terms, whole }) => {
    const key = text === "" ? (terms[0]?.term ?? "") : `${text}/${whole ?? ""}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

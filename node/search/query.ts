import { pairsOf } from "./analyse.ts";
import type { Language } from "./language.ts";
import { blocksOf, foldPinyin, latinWords, type Run, unitsOf } from "./normalise.ts";

/** A term that may stand for a concept; `weight` says how good a stand-in it is. */
export type WeightedTerm = { readonly term: string; readonly weight: number };

/** One thing that was asked for, and every way an entry may have said it. */
export type Concept = {
  /** As typed, for highlighting. */
  readonly text: string;
  readonly terms: readonly WeightedTerm[];
  /** Part of the whole that this concept makes up, when several stand for one word. */
  readonly share: number;
};

export type ParsedQuery = {
  readonly concepts: readonly Concept[];
  /** Pairs of neighbours of the whole query: they reward entries that say it in the same words. */
  readonly pairs: readonly string[];
};

/** How many entries have a term. */
export type CountOf = (term: string) => number;

const PART = 0.5;
const TYPED = 0.8;
const MISTYPED = 0.7;
const MAX_CONCEPTS = 24;
const MAX_QUERY_CHARS = 200;

type Word = { readonly text: string; readonly script: Run["script"]; readonly start: number };

/** Everything the index could be asked about a query; counts are fetched for all of it at once. */
export function possibleTerms(language: Language, q: string): string[] {
  const terms = new Set<string>();
  for (const { words, block, hanRuns } of readBlocks(language, q)) {
    for (const word of words) for (const { term } of termsOf(language, word)) terms.add(term);
    for (const pair of pairsOf(unitsOf(block))) terms.add(pair);
    for (const run of hanRuns) for (const span of spansOf(language, run)) terms.add(span.term);
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
      const concepts = "terms" in word ? [word] : conceptsOf(language, word, countOf);
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

function conceptsOf(language: Language, word: Word, countOf: CountOf): Concept[] {
  if (word.text.includes(" ")) {
    const parts = word.text.split(" ").map((text) => ({ ...word, text }));
    const alternatives = termsOf(language, word).filter(({ term }) => countOf(term) > 0);
    return parts.map((part) => concept(part.text, [...known(termsOf(language, part), countOf), ...alternatives], 1));
  }
  const terms = known(termsOf(language, word), countOf);
  if (terms.length > 0 || word.script === "latin" || word.text.length < 3) return [concept(word.text, terms, 1)];
  // A word the index has never seen: the words inside it, or else its pairs.
  const inner = language.searchWords(word.text).filter((part) => part.length > 1 && part !== word.text);
  const parts = inner.filter((part) => countOf(part) > 0);
  if (parts.length > 0)
    return inner.map((part) => concept(part, known([{ term: part, weight: 1 }], countOf), 1 / inner.length));
  const pairs = pairsOf([...word.text]);
  return pairs.map((term) => concept(term.slice(2), known([{ term, weight: PART }], countOf), 1 / pairs.length));
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
 * Typing slips in Chinese are mostly the wrong character of the right sound. Words the index does not know, and single
 * characters left over, are replaced by the longest stretch around them that sounds like something it knows.
 */
function repair(
  language: Language,
  words: readonly Word[],
  runs: readonly HanRun[],
  countOf: CountOf,
): (Word | Concept)[] {
  const isUnknown = (word: Word) =>
    word.script === "han" &&
    !language.thesaurus.isStopWord(word.text) &&
    known(termsOf(language, word), countOf).length === 0;
  if (!words.some(isUnknown)) return [...words];
  const spans = runs.flatMap((run) => spansOf(language, run)).filter(({ term }) => countOf(term) > 0);
  const result: (Word | Concept)[] = [];
  let covered = 0;
  for (const word of words) {
    if (word.start < covered) continue;
    const end = word.start + word.text.length;
    const best = longest(spans.filter((span) => fits(span, words, word, isUnknown)));
    if (best === undefined || best.end < end) {
      result.push(word);
      continue;
    }
    covered = best.end;
    result.push(concept("", [{ term: best.term, weight: MISTYPED }], 1));
  }
  return result;
}

/** Begins at the word, ends with a word, and mends something on the way. */
function fits(span: Span, words: readonly Word[], first: Word, isUnknown: (word: Word) => boolean): boolean {
  const inside = words.filter((word) => word.start >= span.start && word.start < span.end);
  const last = inside.at(-1);
  const endsWithWord = last !== undefined && last.start + last.text.length === span.end;
  return span.start === first.start && endsWithWord && inside.some(isUnknown);
}

function longest(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>((best, span) => (best && best.end >= span.end ? best : span), undefined);
}

function distinct(concepts: readonly Concept[]): Concept[] {
  const seen = new Set<string>();
  return concepts.filter(({ text, terms }) => {
    const key = text === "" ? (terms[0]?.term ?? "") : text;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

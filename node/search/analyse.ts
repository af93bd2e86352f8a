import type { CatalogEntry } from "../catalog/model.ts";
import type { Language } from "./language.ts";
import { blocksOf, foldPinyin, latinWords, unitsOf } from "./normalise.ts";

/**
 * How much a word counts where it stands: what an entry is called says most about it. Pairs (`2:`), initials (`i:`) and
 * pinyin (`y:`) are terms of their own kind, so that they never meet words by accident.
 */
const BOOST = {
  name: 6,
  keyword: 4,
  label: 1.6,
  labelEn: 0.8,
  fieldName: 2,
  theme: 1,
  provider: 1.2,
  kind: 2,
  abstract: 1,
} as const;

/** Half of a name's or keyword's weight: a pair is weaker evidence than a word. */
const PAIR_SHARE = 0.5;
const TYPED_SHARE = 0.6;
/** Weight at which a term counts half of all it can. */
const HALF_SATURATION = 3;
/** Long names say less per word; this many words are neither long nor short. */
const USUAL_NAME_WORDS = 6;
const MAX_TYPED_CHARS = 8;

const KIND_WORDS = { dataset: "数据集", service: "数据服务 接口", product: "数据产品 产品" } as const;
const PRODUCT_WORDS = {
  "data-model": "数据模型 模型",
  "data-verification": "数据核验 核验",
  "evaluation-index": "评价指数 指数 评价",
  other: "",
} as const;

export type Analyser = {
  /** The terms of an entry with their impact, 1…255. */
  readonly analyse: (entry: CatalogEntry) => Map<string, number>;
};

type Weights = Map<string, number>;

export function createAnalyser(language: Language): Analyser {
  // Labels, keywords and providers repeat across a catalogue thousands of times.
  const shortTexts = cached((text: string) => termsOfTitle(language, text));
  const plainTexts = cached((text: string) => wordsOf(language, language.normalise(text)));

  const addPlain = (weights: Weights, text: string, boost: number) => {
    for (const word of plainTexts(text)) add(weights, word, boost);
  };
  const addTitle = (weights: Weights, text: string, boost: number) => {
    for (const [term, share] of shortTexts(text)) add(weights, term, boost * share);
  };
  return {
    analyse(entry) {
      const weights: Weights = new Map();
      const nameWords = plainTexts(entry.name).length;
      addTitle(weights, entry.name, BOOST.name * (0.75 + 0.25 * (USUAL_NAME_WORDS / Math.max(nameWords, 3))));
      for (const keyword of entry.keywords ?? []) addTitle(weights, keyword, BOOST.keyword);
      addPlain(weights, entry.nameEn ?? "", BOOST.name);
      addPlain(weights, entry.themeLabel ?? "", BOOST.theme);
      addPlain(weights, entry.provider.name, BOOST.provider);
      addPlain(
        weights,
        `${KIND_WORDS[entry.kind]} ${PRODUCT_WORDS[entry.product?.productType ?? "other"]}`,
        BOOST.kind,
      );
      for (const field of entry.fields) {
        addTitle(weights, field.label, BOOST.label);
        addPlain(weights, field.name, BOOST.fieldName);
        if (field.labelEn !== undefined) addPlain(weights, field.labelEn, BOOST.labelEn);
      }
      // Not cached: an abstract is seldom seen twice, and long.
      for (const word of wordsOf(language, language.normalise(entry.abstract))) add(weights, word, BOOST.abstract);
      return impacts(weights);
    },
  };
}

/** Each word of a normalised text once. */
function wordsOf(language: Language, normalised: string): string[] {
  const words = new Set<string>();
  for (const block of blocksOf(normalised)) {
    for (const { script, text } of block) {
      const found = script === "han" ? language.searchWords(text) : latinWords(text);
      for (const word of found) if (script === "latin" || word.length > 1) words.add(word);
    }
    for (const phrase of latinPhrasesIn(block, language)) words.add(phrase);
  }
  return [...words];
}

function latinPhrasesIn(block: ReturnType<typeof blocksOf>[number], language: Language): string[] {
  const text = block.map((run) => run.text).join(" ");
  return /^[a-z ]+$/.test(text) ? language.thesaurus.latinPhrases.filter((phrase) => text === phrase) : [];
}

/** A short text that people type from memory: words, the whole, pairs of neighbours, initials, pinyin. */
function termsOfTitle(language: Language, title: string): (readonly [string, number])[] {
  const normalised = language.normalise(title);
  const terms = new Map<string, number>();
  for (const word of wordsOf(language, normalised)) terms.set(word, 1);
  for (const block of blocksOf(normalised)) {
    for (const pair of pairsOf(unitsOf(block))) raise(terms, pair, PAIR_SHARE);
    for (const { script, text } of block) {
      if (script !== "han") continue;
      for (const term of typedTerms(language, text)) raise(terms, term, TYPED_SHARE);
    }
  }
  return [...terms];
}

export function pairsOf(units: readonly string[]): string[] {
  return units.slice(1).map((unit, i) => `2:${units[i]}${unit}`);
}

/** Initials and pinyin of every stretch that begins and ends with a word, also one inside a longer: `tzsb`, `dtwb`, `gongjijin`. */
function typedTerms(language: Language, run: string): string[] {
  const syllables = language.syllables(run);
  const borders = bordersOf(run, language.searchWords(run));
  const terms: string[] = [];
  for (const [i, from] of borders.entries()) {
    for (const to of borders.slice(i + 1)) {
      if (to - from < 2) continue;
      if (to - from > MAX_TYPED_CHARS) break;
      const typed = syllables.slice(from, to);
      terms.push(`i:${typed.map((syllable) => syllable.charAt(0)).join("")}`, `y:${foldPinyin(typed.join(""))}`);
    }
  }
  return terms;
}

function bordersOf(run: string, words: readonly string[]): number[] {
  const borders = new Set([0, run.length]);
  for (const word of words) {
    for (let at = run.indexOf(word); at >= 0; at = run.indexOf(word, at + 1)) borders.add(at).add(at + word.length);
  }
  return [...borders].sort((a, b) => a - b);
}

/** Saturating, so that a word in name, keyword and twenty labels does not count twentyfold. */
function impacts(weights: Weights): Map<string, number> {
  const found = new Map<string, number>();
  for (const [term, weight] of weights) {
    found.set(term, Math.max(1, Math.round((255 * weight) / (weight + HALF_SATURATION))));
  }
  return found;
}

function add(weights: Weights, term: string, weight: number): void {
  weights.set(term, (weights.get(term) ?? 0) + weight);
}

function raise(weights: Weights, term: string, weight: number): void {
  weights.set(term, Math.max(weights.get(term) ?? 0, weight));
}

const CACHE_SIZE = 20_000;

function cached<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const present = known.get(text);
    if (present !== undefined) return present;
    const value = compute(text);
    if (known.size >= CACHE_SIZE) known.clear();
    known.set(text, value);
    return value;
  };
}

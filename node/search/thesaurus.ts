import { foldPinyin } from "./normalise.ts";
import data from "./thesaurus.json" with { type: "json" };

/** Another way to say something, and how much of a match it is worth (1: the same). */
type Alternative = { readonly word: string; readonly weight: number };

export type Thesaurus = {
  readonly alternatives: (word: string) => readonly Alternative[];
  /** Chinese words of the thesaurus that a run contains, wherever they begin. */
  readonly wordsIn: (run: string) => readonly string[];
  readonly isStopWord: (word: string) => boolean;
  /** Words for the segmenter's dictionary. */
  readonly chineseWords: readonly string[];
  /** Words of the thesaurus that are typed as these initials or this pinyin. */
  readonly typedAs: (latin: string) => readonly string[];
  /** Latin phrases of several words that have alternatives. */
  readonly latinPhrases: readonly string[];
};

const SYNONYM = 0.75;
/** Broader or related: worth showing below what was asked for. */
const RELATED = 0.3;

export function thesaurusOf(syllablesOf: (word: string) => readonly string[]): Thesaurus {
  const table = new Map<string, Map<string, number>>();
  const add = (from: string, to: string, weight: number) => {
    if (from === to) return;
    const known = table.get(from) ?? new Map<string, number>();
    known.set(to, Math.max(known.get(to) ?? 0, weight));
    table.set(from, known);
  };
  for (const group of data.groups) for (const from of group) for (const to of group) add(from, to, SYNONYM);
  const leads = new Map<string, readonly string[]>(Object.entries(data.leads));
  // What holds for a word holds for its synonyms. Taken before any lead is added, or leads would lead on.
  const named = new Map([...leads.keys()].map((head) => [head, [head, ...(table.get(head)?.keys() ?? [])]]));
  for (const [head, targets] of leads) {
    for (const from of named.get(head) ?? []) for (const to of targets) add(from, to, RELATED);
  }

  const words = [...new Set([...table.keys(), ...[...leads.values()].flat(), ...data.words])];
  const chineseWords = words.filter((word) => /^\p{Script=Han}{2,}$/u.test(word));
  const typed = new Map<string, string[]>();
  for (const word of chineseWords) {
    const syllables = syllablesOf(word);
    for (const key of [syllables.map((s) => s.charAt(0)).join(""), foldPinyin(syllables.join(""))]) {
      typed.set(key, [...(typed.get(key) ?? []), word]);
    }
  }
  const chinese = new Set(chineseWords);
  const longest = Math.max(...chineseWords.map((word) => word.length));
  const stopWords = new Set(data.stopWords);
  return {
    alternatives: (word) => [...(table.get(word) ?? [])].map(([to, weight]) => ({ word: to, weight })),
    wordsIn(run) {
      const found: string[] = [];
      for (let from = 0; from < run.length; from++) {
        for (let to = from + 2; to <= Math.min(run.length, from + longest); to++) {
          const word = run.slice(from, to);
          if (chinese.has(word)) found.push(word);
        }
      }
      return found;
    },
    isStopWord: (word) => stopWords.has(word),
    chineseWords,
    typedAs: (latin) => typed.get(foldPinyin(latin)) ?? typed.get(latin) ?? [],
    latinPhrases: words.filter((word) => /^[a-z]+ [a-z ]+$/.test(word)),
  };
}

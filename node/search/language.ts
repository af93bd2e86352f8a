import { canonicalWidth } from "./normalise.ts";
import { type Thesaurus, thesaurusOf } from "./thesaurus.ts";

/** Everything that knows Chinese. Heavy (dictionary 5 MB, 0.2 s), hence loaded at the first use, not at the start. */
export type Language = {
  /** NFKC, lower case, simplified characters. */
  readonly normalise: (text: string) => string;
  /** Words in reading order, each once at its place. */
  readonly words: (run: string) => readonly string[];
  /** Also the words inside long words, each once. */
  readonly searchWords: (run: string) => readonly string[];
  /** A syllable per character of a Chinese run, without tones. */
  readonly syllables: (run: string) => readonly string[];
  readonly thesaurus: Thesaurus;
};

let loaded: Promise<Language> | undefined;

export function loadLanguage(): Promise<Language> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Language> {
  const [{ Jieba }, { dict }, opencc, { pinyin }] = await Promise.all([
    import("@node-rs/jieba"),
    import("@node-rs/jieba/dict.js"),
    import("opencc-js/t2cn"),
    import("pinyin-pro"),
  ]);
  const toSimplified = opencc.Converter({ from: "tw", to: "cn" });
  const normalise = (text: string) => {
    const narrow = canonicalWidth(text);
    // Most text has no Chinese beyond the simplified set; converting what has none at all is waste.
    return /[\u3400-\u9fff]/.test(narrow) ? toSimplified(narrow) : narrow;
  };
  const thesaurus = thesaurusOf((word) => pinyin(word, { toneType: "none", type: "array", v: true }));
  const jieba = Jieba.withDict(dict);
  // A high frequency, or the dictionary's shorter words win. Source: dependencies.md §6.
  jieba.loadDict(Buffer.from(thesaurus.chineseWords.map((word) => `${word} 100000 n`).join("\n"), "utf8"));
  return {
    normalise,
    words: (run) => jieba.cut(run, true),
    // A long dictionary word hides the others that overlap it: 食品经营许可证 holds 食品经营许可 and 许可证.
    searchWords: (run) => [...new Set([...jieba.cutForSearch(run, true), ...thesaurus.wordsIn(run)])],
    syllables: (run) => pinyin(run, { toneType: "none", type: "array", v: true }),
    thesaurus,
  };
}

import type { Language } from "../../node/kernel/text.ts";
import { en } from "./words/en.ts";
import { zh } from "./words/zh.ts";

/** The same keys in each language; texts and functions, whatever the Chinese say. */
type Widened<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...given: never) => string
      ? T[K]
      : Widened<T[K]>;
};
export type ReportWords = Widened<typeof zh>;

const WORDS: { readonly [L in Language]: ReportWords } = { zh, en };

export function wordsIn(language: Language): ReportWords {
  return WORDS[language];
}

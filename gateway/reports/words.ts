import type { Language } from "../../node/kernel/text.ts";
import { en } from "./words/en.ts";
import { type ReportWords, zh } from "./words/zh.ts";

const WORDS: { readonly [L in Language]: ReportWords } = { zh, en };

export function wordsIn(language: Language): ReportWords {
  return WORDS[language];
}

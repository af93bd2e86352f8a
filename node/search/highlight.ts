import type { Language } from "./language.ts";
import type { Highlighted } from "./model.ts";
import type { ParsedQuery } from "./query.ts";

const SNIPPET_CHARS = 110;
const LEAD_CHARS = 24;

/** What of a query may stand in a text literally: its words and what stood in for them. */
export function wordsToMark(language: Language, { concepts }: ParsedQuery): string[] {
  const words = new Set<string>();
  for (const { text, terms } of concepts) {
    if (text.length > 1) words.add(text);
    for (const { term } of terms) if (!term.includes(":")) words.add(term);
    for (const { term } of terms)
      if (/^[iy]:/.test(term)) for (const word of language.thesaurus.typedAs(term.slice(2))) words.add(word);
  }
  // Longest first, so that a word inside another does not split its mark.
  return [...words].filter((word) => word.length > 1).sort((a, b) => b.length - a.length);
}

export function highlight(language: Language, text: string, words: readonly string[]): Highlighted {
  return { text, ranges: rangesOf(language, text, words) };
}

/** The stretch around the first match, or the beginning. */
export function snippet(language: Language, text: string, words: readonly string[]): Highlighted {
  const ranges = rangesOf(language, text, words);
  if (text.length <= SNIPPET_CHARS) return { text, ranges };
  const from = wholeChar(text, Math.max(0, Math.min((ranges[0]?.[0] ?? 0) - LEAD_CHARS, text.length - SNIPPET_CHARS)));
  const to = wholeChar(text, Math.min(text.length, from + SNIPPET_CHARS));
  const lead = from > 0 ? "…" : "";
  const shift = lead.length - from;
  const inside = ranges.filter(([start, end]) => start >= from && end <= to);
  const marked = inside.map(([start, end]) => [start + shift, end + shift] as const);
  return { text: `${lead}${text.slice(from, to)}${to < text.length ? "…" : ""}`, ranges: marked };
}

/** Not between the halves of a character beyond the basic plane. */
function wholeChar(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at;
}

function rangesOf(language: Language, text: string, words: readonly string[]): [number, number][] {
  const { normalised, origin } = aligned(language, text);
  const isTaken = new Uint8Array(normalised.length);
  const found: [number, number][] = [];
  for (const word of words) {
    for (let at = normalised.indexOf(word); at >= 0; at = normalised.indexOf(word, at + word.length)) {
      if (isTaken[at] || isTaken[at + word.length - 1]) continue;
      isTaken.fill(1, at, at + word.length);
      found.push([origin(at), origin(at + word.length)]);
    }
  }
  return joined(found.sort((a, b) => a[0] - b[0]));
}

/** The normalised text and, for each place in it, the place in the original: they differ where NFKC makes one into several. */
function aligned(language: Language, text: string) {
  const whole = language.normalise(text);
  if (whole.length === text.length) return { normalised: whole, origin: (at: number) => at };
  let normalised = "";
  const places: number[] = [];
  let place = 0;
  for (const char of text) {
    const form = language.normalise(char);
    for (let i = 0; i < form.length; i++) places.push(place);
    normalised += form;
    place += char.length;
  }
  return { normalised, origin: (at: number) => places[at] ?? text.length };
}

function joined(ranges: readonly [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [start, end] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}

/** Full-width to half-width, ligatures apart, lower case: what can be compared by equality. */
export function canonicalWidth(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

/** A stretch of text of one script. Latin runs keep inner dots, dashes and underscores (`pm2.5`, `next_inspect_date`). */
export type Run = { readonly script: "han" | "latin"; readonly text: string };

const RUNS = /(\p{Script=Han}+)|([\p{L}\p{N}]+(?:[._-][\p{L}\p{N}]+)*)/gu;

/** Runs of a normalised text. What stands together without a space shares a block, so that `a级` keeps its neighbours. */
export function blocksOf(text: string): Run[][] {
  const blocks: Run[][] = [];
  let end = -1;
  for (const match of splitScripts(text)) {
    if (match.start !== end) blocks.push([]);
    blocks.at(-1)?.push(match.run);
    end = match.start + match.run.text.length;
  }
  return blocks;
}

function* splitScripts(text: string): Generator<{ start: number; run: Run }> {
  for (const match of text.matchAll(RUNS)) {
    if (match[1] !== undefined) {
      yield { start: match.index, run: { script: "han", text: match[1] } };
      continue;
    }
    // \p{L} takes Chinese too: part a mixed match at the borders.
    let start = match.index;
    for (const part of (match[2] ?? "").split(/(\p{Script=Han}+)/u)) {
      const run: Run = { script: /^\p{Script=Han}/u.test(part) ? "han" : "latin", text: part };
      if (part !== "") yield { start, run };
      start += part.length;
    }
  }
}

/** Characters of Chinese, whole Latin words: what pairs are made of. */
export function unitsOf(block: readonly Run[]): string[] {
  return block.flatMap(({ script, text }) => (script === "han" ? [...text] : [text]));
}

/** `next_inspect_date` → itself and its parts. */
export function latinWords(run: string): string[] {
  const parts = run.split(/[._-]/).filter((part) => part !== "");
  return [...new Set([run, ...parts].map(stem))];
}

/** Plural, -ing and -ed come off where a word of three letters is left; enough for titles. */
function stem(word: string): string {
  if (!/^[a-z]{4,}$/.test(word)) return word;
  const singular = word.replace(
    /(ss|us|is)$|ies$|(?<=(?:s|x|ch|sh))es$|s$/,
    (end, kept) => kept ?? (end === "ies" ? "y" : ""),
  );
  return singular.replace(/(?<=[a-z]{3})(?:ing|ed)$/, "");
}

/** Syllables as typed by people who mix z/zh, c/ch, s/sh and -n/-ng. Both sides are folded the same way. */
export function foldPinyin(joined: string): string {
  return joined
    .replace(/([zcs])h/g, "$1")
    .replace(/ng/g, "n")
    .replace(/ü/g, "v");
}

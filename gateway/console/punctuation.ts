import type { OpenView } from "./view.ts";

type Words = Pick<OpenView, "t">;

/** `甲、乙` or `a, b`. */
export function joined({ t }: Words, words: readonly string[]): string {
  return words.join(t.marks.list);
}

/** `条件:…` or `Condition: …`. */
export function titled({ t }: Words, title: string, text: string): string {
  return `${title}${t.marks.colon}${text}`;
}

/** `(提前)` or ` (early)`. */
export function aside({ t }: Words, text: string): string {
  return `${t.marks.open}${text})`;
}

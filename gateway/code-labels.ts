import { type CodeListName, labelOf } from "../node/catalog/codes.ts";
import type { Language } from "../node/kernel/text.ts";
import { codeListsEn } from "./code-lists-en.ts";

/** What a code of the catalogue means; a peer's unknown code is shown as it is. */
export function codeLabel(language: Language, list: CodeListName, code: string): string {
  if (language === "zh") return labelOf(list, code) ?? code;
  const labels: { readonly [code: string]: string } = codeListsEn[list];
  return labels[code] ?? code;
}

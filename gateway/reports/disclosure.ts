import type { Language } from "../../node/kernel/text.ts";
import { type Disclosure, disclosureTable } from "../../node/settlement/insight/disclosure.ts";
import { text } from "./csv.ts";

export type PrintedDisclosure = { readonly disclosure: Disclosure; readonly language: Language };

/** Digits stay digits; everything else is text that a spreadsheet must not take for a formula. */
const DIGITS = /^-?[0-9]+(\.[0-9]+)?$/;

/** One row per product or service, as the other tables of the node: UTF-8 with BOM and CRLF. */
export function disclosureCsv(disclosure: Disclosure): string {
  const { header, rows } = disclosureTable(disclosure);
  const lines = [header, ...rows].map((cells) =>
    cells.map((cell) => (DIGITS.test(cell) ? cell : text(cell))).join(","),
  );
  return `\uFEFF${lines.join("\r\n")}\r\n`;
}

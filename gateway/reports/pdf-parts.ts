import type { Content, createPdf, TableCell } from "pdfmake";
import { msOf } from "../../node/kernel/instant.ts";

export type PdfDefinition = Parameters<typeof createPdf>[0];

/** A4 in points, less the margins. */
export const WIDTH = 515;
export const MUTED = "#5b6472";

/** Pages with one foot: the digests of what stands on them. */
export type Section = { readonly content: Content[]; readonly digests: readonly string[] };
export type Paper = {
  readonly title: string;
  readonly author: string;
  /** The date inside the file; with it, one model gives one sequence of bytes. */
  readonly at: string;
  readonly sections: readonly Section[];
};

/** A document as a pure function of what it says; `pdf-print.ts` turns it into bytes. */
export function paper({ title, author, at, sections }: Paper): PdfDefinition {
  const most = Math.max(1, ...sections.map(({ digests }) => digests.length));
  return {
    pageSize: "A4",
    pageMargins: [40, 44, 40, 40 + 10 * most],
    defaultStyle: { font: "cn", fontSize: 9, lineHeight: 1.25, color: "#2b2f36" },
    info: { title, author, creator: "Heliu", creationDate: new Date(msOf(at)) },
    content: sections.map(({ content, digests }) => ({
      section: content,
      footer: (page: number, pages: number): Content => ({
        margin: [40, 12, 40, 0],
        columns: [
          { width: "*", stack: digests.map((digest) => ({ text: digest, fontSize: 7, color: MUTED })) },
          { width: 60, text: `${page} / ${pages}`, alignment: "right", fontSize: 7, color: MUTED },
        ],
      }),
    })),
  };
}

/**
 * The font holds the characters of GBK, which all lie in the basic plane. A character beyond it (𠮷) would print as an
 * empty box and vanish from extracted text, so its code point is written instead.
 */
export function bmp(text: string): string {
  return text.replace(/[\u{10000}-\u{10ffff}]/gu, (c) => `[U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase()}]`);
}

export function heading(label: string): Content {
  return { text: label, fontSize: 11, bold: true, margin: [0, 12, 0, 4], headlineLevel: 1 };
}

export function word(text: string, bold = false): TableCell {
  return { text: bmp(text), bold };
}

export function head(label: string, isNumber = false): TableCell {
  return { text: bmp(label), bold: true, alignment: isNumber ? "right" : "left", fillColor: "#e8eef6" };
}

export function note(text: string): Content {
  return { text: bmp(text), color: MUTED, margin: [0, 2, 0, 2] };
}

export function title(text: string, size = 18): Content {
  return { text: bmp(text), fontSize: size, bold: true, margin: [0, 0, 0, 2] };
}

export function number(text: string, bold = false): TableCell {
  // A figure that is broken at a comma is two wrong figures.
  return { text, bold, alignment: "right", noWrap: true };
}

/** Thin lines between rows, none at the sides; the header row repeats on each page. */
export function table(
  widths: readonly (number | "*" | "auto")[],
  head: TableCell[],
  rows: readonly TableCell[][],
  fontSize = 8.5,
): Content {
  return {
    table: { widths: [...widths], headerRows: 1, dontBreakRows: true, body: [head, ...rows] },
    layout: {
      hLineWidth: () => 0.5,
      vLineWidth: () => 0,
      hLineColor: () => "#d5dae1",
      paddingTop: () => 3,
      paddingBottom: () => 2,
    },
    fontSize,
  };
}

/** As large as the longest figures let it be: none of them is broken, and none runs over the edge. */
export function figureSize(figures: readonly (readonly string[])[]): number {
  const widest = (figures[0] ?? []).map((_, i) => Math.max(8, ...figures.map((row) => row[i]?.length ?? 0)));
  const digits = widest.reduce((a, b) => a + b, 0);
  return Math.min(8.5, Math.max(5.5, (WIDTH - 190) / (digits * 0.56)));
}

/** Digests and signatures, unlike sentences, have no place to break; zero-width spaces would come back in extracted text, so they are cut in lines. */
const LINE = 64;

export function facts(rows: readonly (readonly [string, string])[]): Content {
  return {
    table: {
      widths: [90, "*"],
      body: rows.map(([label, value]): TableCell[] => [
        { text: bmp(label), color: MUTED },
        { text: value.split("\n").map(cut).join("\n"), fontSize: 8 },
      ]),
    },
    layout: "noBorders",
    fontSize: 8.5,
  };
}

function cut(value: string): string {
  if (value.length <= LINE + 12 || !/^[\x21-\x7e]+$/.test(value)) return bmp(value);
  return (value.match(new RegExp(`.{1,${LINE}}`, "g")) ?? [value]).join("\n");
}

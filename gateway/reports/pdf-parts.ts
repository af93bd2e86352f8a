import type { Content, TableCell } from "pdfmake";

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

export function number(text: string, bold = false): TableCell {
  return { text, bold, alignment: "right" };
}

/** Thin lines between rows, none at the sides; the header row repeats on each page. */
export function table(widths: readonly (number | "*")[], head: TableCell[], rows: readonly TableCell[][]): Content {
  return {
    table: { widths: [...widths], headerRows: 1, dontBreakRows: true, body: [head, ...rows] },
    layout: {
      hLineWidth: () => 0.5,
      vLineWidth: () => 0,
      hLineColor: () => "#d5dae1",
      paddingTop: () => 3,
      paddingBottom: () => 2,
    },
    fontSize: 8.5,
  };
}

/** Digests and signatures have no place to break; zero-width spaces would come back in extracted text, so they are cut in lines. */
const LINE = 64;

export function facts(rows: readonly (readonly [string, string])[]): Content {
  return {
    table: {
      widths: [100, "*"],
      body: rows.map(([label, value]): TableCell[] => [
        { text: bmp(label), color: "#5b6472" },
        { text: value.split("\n").map(cut).join("\n"), fontSize: 8 },
      ]),
    },
    layout: "noBorders",
    fontSize: 8.5,
  };
}

function cut(value: string): string {
  if (value.length <= LINE + 12) return bmp(value);
  return (value.match(new RegExp(`.{1,${LINE}}`, "gu")) ?? [value]).map(bmp).join("\n");
}

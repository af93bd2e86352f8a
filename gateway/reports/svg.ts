/** Pieces of SVG text: presentation attributes only, no style attribute and no script. */
export const INK = "#2b2f36";
export const MUTED = "#5b6472";
const GREY = "#9aa3af";

/** Distinguishable without relying on red and green, dark enough beside white. */
const COLORS = [
  "#1d5fae",
  "#4b8bd8",
  "#2e9e7a",
  "#8fbf5a",
  "#dfa63a",
  "#b8602f",
  "#7a5aa6",
  "#4f7f8f",
  "#a04a6a",
  "#6b7280",
];

export function colorAt(i: number | undefined): string {
  return i === undefined ? GREY : (COLORS[i % COLORS.length] as string);
}

export function frame(width: number, height: number, label: string, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(label)}">${content}</svg>`;
}

export function text(x: number, y: number, content: string, color = INK, size = 11): string {
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${color}">${escapeXml(content)}</text>`;
}

/** About how wide a text of size 11 is: hanzi are square, Latin letters and digits about half of that. */
export function widthOf(content: string): number {
  return [...content].reduce((sum, c) => sum + ((c.codePointAt(0) ?? 0) >= 0x2e80 ? 11 : 6.3), 0);
}

export function round(value: number): string {
  return String(Math.round(value * 100) / 100);
}

export function escapeXml(value: string): string {
  const entities: { readonly [c: string]: string } = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return value.replace(/[&<>"']/g, (c) => entities[c] ?? c);
}

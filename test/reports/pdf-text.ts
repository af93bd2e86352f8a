import { inflateSync } from "node:zlib";

/**
 * The text of each page as a reader's search would find it: character codes of the content streams through the fonts'
 * ToUnicode maps. Knows what pdfkit writes and nothing more; layout is not kept.
 */
export function pdfPages(bytes: Uint8Array): string[] {
  const objects = objectsOf(Buffer.from(bytes).toString("latin1"));
  const fonts = fontsOf(objects);
  return [...objects.values()]
    .filter((object) => /\/Type \/Page\b/.test(object))
    .map((page) => {
      const content = objects.get(/\/Contents (\d+) 0 R/.exec(page)?.[1] ?? "") ?? "";
      return shownText(streamOf(content), fonts);
    });
}

function objectsOf(text: string): Map<string, string> {
  const found = [...text.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)];
  return new Map(found.map(([, id = "", body = ""]) => [id, body]));
}

function streamOf(object: string): string {
  const start = object.indexOf("stream\n") + "stream\n".length;
  const data = Buffer.from(object.slice(start, object.lastIndexOf("\nendstream")), "latin1");
  return object.includes("/FlateDecode") ? inflateSync(data).toString("latin1") : data.toString("latin1");
}

type Font = ReadonlyMap<number, string>;

/** Resource names are one to a font over the whole document. */
function fontsOf(objects: ReadonlyMap<string, string>): Map<string, Font> {
  const fonts = new Map<string, Font>();
  for (const object of objects.values()) {
    for (const [, name = "", id = ""] of object.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(id) ?? "")?.[1];
      if (map !== undefined) fonts.set(name, unicodeMap(streamOf(objects.get(map) ?? "")));
    }
  }
  return fonts;
}

function unicodeMap(cmap: string): Font {
  const codes = new Map<number, string>();
  for (const [, first = "", list = ""] of cmap.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/gi)) {
    const values = [...list.matchAll(/<([0-9a-f ]*)>/gi)];
    values.forEach(([, hex = ""], i) => {
      const units = (hex.match(/[0-9a-f]{4}/gi) ?? []).map((unit) => Number.parseInt(unit, 16));
      codes.set(Number.parseInt(first, 16) + i, String.fromCharCode(...units));
    });
  }
  return codes;
}

function shownText(content: string, fonts: ReadonlyMap<string, Font>): string {
  let font: Font = new Map();
  let text = "";
  for (const [, name, shown] of content.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (name !== undefined) font = fonts.get(name) ?? new Map();
    for (const [, hex = ""] of (shown ?? "").matchAll(/<([0-9a-f]+)>/gi)) {
      const codes = hex.match(/.{4}/g) ?? [];
      text += codes.map((code) => font.get(Number.parseInt(code, 16)) ?? "\uFFFD").join("");
    }
  }
  return text;
}

import type { CatalogEntry } from "../catalog/model.ts";

/**
 * What filters, facets and the order by date need of every document, as arrays in memory: 27 bytes a document. Written in
 * chunks beside the postings, so that a restart reads them in one go.
 */
const SHAPE = {
  region: Uint16Array,
  theme: Uint16Array,
  provider: Uint32Array,
  sharing: Uint8Array,
  opening: Uint8Array,
  frequency: Uint8Array,
  level: Uint8Array,
  kind: Uint8Array,
  formats: Uint32Array,
  /** As the number 20261005. */
  modified: Uint32Array,
  isAlive: Uint8Array,
} as const;

type ColumnName = keyof typeof SHAPE;
type ColumnArrays = { [C in ColumnName]: InstanceType<(typeof SHAPE)[C]> };

/** Columns whose numbers stand for text. */
const codedColumns = ["region", "theme", "provider", "sharing", "opening", "frequency", "level", "kind"] as const;
export type CodedColumn = (typeof codedColumns)[number];
export type DictionaryName = CodedColumn | "formats";
export const dictionaryNames: readonly DictionaryName[] = [...codedColumns, "formats"];

/** Text ⇄ number; numbers are never given twice. */
export type Dictionary = { readonly texts: string[]; readonly codes: Map<string, number> };

export const CHUNK_DOCS = 2_048;
/** The bits of `formats`; a 33rd format is still found by its word, but cannot be filtered by. */
const MAX_FORMATS = 32;

export type Columns = {
  /** Documents there are, dead ones included; numbers run from 0. */
  count: number;
  readonly arrays: ColumnArrays;
  readonly dictionaries: { readonly [D in DictionaryName]: Dictionary };
};

export function dictionaryOf(texts: string[]): Dictionary {
  return { texts, codes: new Map(texts.map((text, code) => [text, code])) };
}

export function emptyColumns(): Columns {
  const dictionaries = Object.fromEntries(dictionaryNames.map((name) => [name, dictionaryOf([])]));
  return { count: 0, arrays: arraysOf(CHUNK_DOCS), dictionaries: dictionaries as Columns["dictionaries"] };
}

/** Writes the row of a document at or beyond `count`; readers do not see it until `count` is raised. */
export function setRow(columns: Columns, doc: number, entry: CatalogEntry, region: string): void {
  reserve(columns, doc + 1);
  const { arrays } = columns;
  const code = (column: CodedColumn, text: string) => codeOf(columns.dictionaries[column], text);
  arrays.region[doc] = code("region", region);
  arrays.theme[doc] = code("theme", entry.theme);
  arrays.provider[doc] = code("provider", entry.provider.name);
  arrays.sharing[doc] = code("sharing", entry.sharing.attribute);
  arrays.opening[doc] = code("opening", entry.opening.attribute);
  arrays.frequency[doc] = code("frequency", entry.updateFrequency);
  arrays.level[doc] = code("level", entry.dataLevel);
  arrays.kind[doc] = code("kind", entry.kind);
  arrays.formats[doc] = entry.formats.reduce((bits, format) => (bits | formatBit(columns, format)) >>> 0, 0);
  arrays.modified[doc] = Number(entry.modified.replaceAll("-", ""));
  arrays.isAlive[doc] = 1;
}

export function copyRow(from: Columns, doc: number, to: Columns, copy: number): void {
  reserve(to, copy + 1);
  for (const name of columnNames) to.arrays[name][copy] = from.arrays[name][doc] as number;
}

function formatBit({ dictionaries }: Columns, format: string): number {
  const code = codeOf(dictionaries.formats, format);
  return code < MAX_FORMATS ? 2 ** code : 0;
}

function codeOf({ texts, codes }: Dictionary, text: string): number {
  const known = codes.get(text);
  if (known !== undefined) return known;
  codes.set(text, texts.length);
  return texts.push(text) - 1;
}

/** The bytes of one chunk, with the documents of `dead` marked so. */
export function writeChunk({ arrays }: Columns, chunk: number, dead: ReadonlySet<number>): Uint8Array {
  const from = chunk * CHUNK_DOCS;
  const parts = columnNames.map((name) => {
    const own = arrays[name].slice(from, from + CHUNK_DOCS);
    if (name === "isAlive") for (let i = 0; i < own.length; i++) if (dead.has(from + i)) own[i] = 0;
    return new Uint8Array(own.buffer, own.byteOffset, own.byteLength);
  });
  return Buffer.concat(parts);
}

export function readChunk(columns: Columns, chunk: number, bytes: Uint8Array): void {
  const from = chunk * CHUNK_DOCS;
  reserve(columns, from + CHUNK_DOCS);
  let at = 0;
  for (const name of columnNames) {
    const own = columns.arrays[name];
    const size = CHUNK_DOCS * own.BYTES_PER_ELEMENT;
    new Uint8Array(own.buffer, from * own.BYTES_PER_ELEMENT, size).set(bytes.subarray(at, at + size));
    at += size;
  }
}

const columnNames = Object.keys(SHAPE) as ColumnName[];

function arraysOf(capacity: number): ColumnArrays {
  return Object.fromEntries(columnNames.map((name) => [name, new SHAPE[name](capacity)])) as unknown as ColumnArrays;
}

function reserve({ arrays }: Columns, docs: number): void {
  if (docs <= arrays.isAlive.length) return;
  // Whole chunks, a third more than needed, so that growing copies seldom.
  const capacity = Math.ceil((docs * 4) / 3 / CHUNK_DOCS) * CHUNK_DOCS;
  const grown = arraysOf(capacity);
  for (const name of columnNames) {
    const target: { set: (source: ArrayLike<number>) => void } = grown[name];
    target.set(arrays[name]);
  }
  Object.assign(arrays, grown);
}

import type { Key, KeyRange } from "./port.ts";

/** A string is escaped; a bigint or number (≥ 0, < 2^64) becomes 16 hex digits, so that numbers sort as numbers. */
export type KeyPart = string | number | bigint;

/** One record's place: its key and how its value is written. */
export type Ref<T> = { readonly key: Key; readonly codec: Codec<T> };

export type Codec<T> = { readonly encode: (value: T) => Uint8Array; readonly decode: (bytes: Uint8Array) => T };

export type ListOptions = {
  readonly reverse?: boolean;
  readonly limit?: number;
  /** Only records after this one in the order of the list (a page cursor); exclusive. */
  readonly after?: readonly KeyPart[];
};

/** A typed set of records under one key prefix. Records are JSON, so a bureau's DBA can read them as `jsonb`. */
export type Collection<T> = {
  readonly name: string;
  readonly prefix: Key;
  readonly codec: Codec<T>;
  readonly at: (...id: readonly KeyPart[]) => Ref<T>;
  /** All records whose id begins with `id`. */
  readonly under: (id?: readonly KeyPart[], options?: ListOptions) => KeyRange;
};

const names = new Set<string>();

/** Every collection of JSON documents that the program has: PostgreSQL shows each as a view. */
export function collectionNames(): readonly string[] {
  return [...names].toSorted();
}

/** The record types hold no `bigint`, `Date` or `undefined`: numbers that count money or rows are decimal strings. */
export function collection<T>(name: string): Collection<T> {
  names.add(name);
  return collectionOf(name, jsonCodec as Codec<T>);
}

/** Records that are bytes already: tiles, leaves, signed documents whose bytes must come back unchanged. */
export function bytesCollection(name: string): Collection<Uint8Array> {
  return collectionOf(name, { encode: (value) => value, decode: (bytes) => bytes });
}

const jsonCodec: Codec<unknown> = {
  encode: (value) => Buffer.from(JSON.stringify(value), "utf8"),
  decode: (bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")),
};

function collectionOf<T>(name: string, codec: Codec<T>): Collection<T> {
  const prefix = `${name}/`;
  return {
    name,
    prefix,
    codec,
    at: (...id) => ({ key: keyOf(prefix, id), codec }),
    under: (id = [], options = {}) => {
      const base = keyOf(prefix, id);
      const from = id.length === 0 ? prefix : `${base}/`;
      const range = rangeAfter(from, prefixEnd(from), prefix, options);
      return options.limit === undefined ? range : { ...range, limit: options.limit };
    },
  };
}

function rangeAfter(from: Key, to: Key, prefix: Key, { after, reverse = false }: ListOptions): KeyRange {
  if (after === undefined) return { from, to, reverse };
  const cursor = keyOf(prefix, after);
  // "\0" is the smallest successor of a key; escaped parts never hold it.
  return reverse ? { from, to: cursor, reverse } : { from: `${cursor}\0`, to, reverse };
}

/** The first key after everything that begins with `prefix` (which ends with "/", whose successor is "0"). */
function prefixEnd(prefix: Key): Key {
  return `${prefix.slice(0, -1)}0`;
}

function keyOf(prefix: Key, id: readonly KeyPart[]): Key {
  return prefix + id.map(writePart).join("/");
}

function writePart(part: KeyPart): string {
  if (typeof part !== "string") return BigInt(part).toString(16).padStart(16, "0");
  // "%" and "/" and control characters are escaped, so that no id can reach into a neighbour's records.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is escaped here
  return part.replace(/[%/\u0000-\u001f]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

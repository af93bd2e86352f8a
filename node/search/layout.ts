import type { IndexStore } from "../storage/index-port.ts";
import { CHUNK_DOCS } from "./columns.ts";

/** How the index lies in its store; the only file that knows keys. */
export type Head = { readonly format: string; readonly count: number };

export const HEAD = "m/head";
export const POSITION = "m/position";
export const CHUNKS = { from: "c/", to: "c0" };
export const TAILS = { from: "t/", to: "t0" };

const hex = (number: number): string => number.toString(16).padStart(8, "0");

/** `k/<region>/<id>` → document number. */
export const documentKey = (region: string, id: string): string => `k/${region}/${id}`;
/** What is shown of a document. */
export const shownKey = (doc: number): string => `s/${hex(doc)}`;
export const chunkOf = (doc: number): number => Math.floor(doc / CHUNK_DOCS);
export const chunkKey = (chunk: number): string => `c/${hex(chunk)}`;
export const dictionaryKey = (name: string): string => `m/dictionary/${name}`;
export const tailKey = (term: string): string => `t/${term}`;
/** "\0" ends the term, so that no term's blocks lie among another's. */
export const blockKey = (term: string, number: number): string => `p/${term}\0${hex(number)}`;

export function uint32(number: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

export function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}

export function parseJson<T>(bytes: Uint8Array | undefined): T | undefined {
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as T);
}

export function sliced<T>(items: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let at = 0; at < items.length; at += size) slices.push(items.slice(at, at + size));
  return slices;
}

/** The part of a store under a prefix, as a store of its own. */
export function storeUnder(store: IndexStore, prefix: string): IndexStore {
  const inside = (key: string) => prefix + key;
  return {
    get: (key) => store.get(inside(key)),
    getMany: (keys) => store.getMany(keys.map(inside)),
    async range(from, to, limit) {
      const found = await store.range(inside(from), inside(to), limit);
      return found.map(([key, value]) => [key.slice(prefix.length), value] as const);
    },
    async write(put, remove) {
      await store.write(new Map([...put].map(([key, value]) => [inside(key), value])), remove.map(inside));
    },
    clear: (from, to) => store.clear(inside(from), inside(to)),
    close: () => store.close(),
  };
}

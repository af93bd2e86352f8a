import type { IndexStore } from "../storage/index-port.ts";
import {
  type Columns,
  type DictionaryName,
  dictionaryNames,
  dictionaryOf,
  emptyColumns,
  readChunk,
} from "./columns.ts";
import { blockKey, CHUNKS, dictionaryKey, HEAD, type Head, POSITION, parseJson, shownKey, tailKey } from "./layout.ts";
import type { IndexPosition, StoredDocument } from "./model.ts";
import { decodePostings, type Postings, tailHeader } from "./postings.ts";

/** One whole index under a prefix of the store. Compacting writes another one beside it and changes over. */
export type Generation = {
  readonly store: IndexStore;
  readonly columns: Columns;
  readonly cache: PostingsCache;
  /** Texts of each dictionary that are written already. */
  readonly written: { [D in DictionaryName]?: number };
  position: IndexPosition;
  /** Living documents. */
  living: number;
  /** Rises with every write. */
  version: number;
};

export function emptyGeneration(store: IndexStore): Generation {
  return { store, columns: emptyColumns(), cache: postingsCache(), written: {}, position: {}, living: 0, version: 0 };
}

/** What was written under the prefix, or undefined when nothing was, or in another format. */
export async function readGeneration(store: IndexStore, format: string): Promise<Generation | undefined> {
  const head = parseJson<Head>(await store.get(HEAD));
  if (head?.format !== format) return undefined;
  const generation = emptyGeneration(store);
  const { columns, written } = generation;
  const dictionaries: { [D in DictionaryName]?: unknown } = columns.dictionaries;
  for (const name of dictionaryNames) {
    const texts = parseJson<string[]>(await store.get(dictionaryKey(name))) ?? [];
    dictionaries[name] = dictionaryOf(texts);
    written[name] = texts.length;
  }
  for (const [key, bytes] of await store.range(CHUNKS.from, CHUNKS.to)) {
    readChunk(columns, Number.parseInt(key.slice(CHUNKS.from.length), 16), bytes);
  }
  columns.count = head.count;
  generation.position = parseJson<IndexPosition>(await store.get(POSITION)) ?? {};
  for (let doc = 0; doc < columns.count; doc++) generation.living += columns.arrays.isAlive[doc] ?? 0;
  return generation;
}

/** The lists of those of `terms` that `isWanted` picks, knowing how many entries have each. */
export async function postingsOf(
  { store, cache }: Generation,
  terms: readonly string[],
  isWanted: (counts: ReadonlyMap<string, number>) => ReadonlySet<string>,
): Promise<Map<string, Postings>> {
  const tails = await store.getMany(terms.map(tailKey));
  const present = new Map<string, Uint8Array>();
  for (const [i, tail] of tails.entries()) if (tail !== undefined) present.set(terms[i] ?? "", tail);
  const wanted = isWanted(new Map([...present].map(([term, tail]) => [term, tailHeader(tail).count])));
  const found = [...present].filter(([term]) => wanted.has(term));
  const read = found.map(async ([term, tail]) => [term, await readPostings(store, cache, term, tail)] as const);
  return new Map(await Promise.all(read));
}

/** In the order asked for; undefined where one has gone meanwhile. */
export async function documentsOf(
  { store }: Generation,
  docs: readonly number[],
): Promise<(StoredDocument | undefined)[]> {
  const values = await store.getMany(docs.map(shownKey));
  return values.map((bytes) => parseJson<StoredDocument>(bytes));
}

async function readPostings(
  store: IndexStore,
  cache: PostingsCache,
  term: string,
  tail: Uint8Array,
): Promise<Postings> {
  const { count, blocks } = tailHeader(tail);
  const cached = cache.get(term, count);
  if (cached !== undefined) return cached;
  const postings = decodePostings(tail, await blocksOf(store, term, blocks));
  if (blocks > 0) cache.set(term, postings);
  return postings;
}

/** Only the blocks the tail speaks of: one sealed since repeats what this tail still holds. */
export async function blocksOf(store: IndexStore, term: string, blocks: number): Promise<Uint8Array[]> {
  if (blocks === 0) return [];
  const sealed = await store.range(blockKey(term, 0), blockKey(term, blocks));
  return sealed.map(([, bytes]) => bytes);
}

type PostingsCache = {
  readonly get: (term: string, count: number) => Postings | undefined;
  readonly set: (term: string, postings: Postings) => void;
};

/** Postings kept decoded, 5 bytes each. */
const CACHED_POSTINGS = 4_000_000;

/** Lists only grow within a generation, so a list of the same count is the same list. */
function postingsCache(): PostingsCache {
  const held = new Map<string, { readonly count: number; readonly postings: Postings }>();
  let total = 0;
  const drop = (term: string) => {
    total -= held.get(term)?.postings.docs.length ?? 0;
    held.delete(term);
  };
  return {
    get(term, count) {
      const present = held.get(term);
      if (present?.count !== count) return undefined;
      held.delete(term);
      held.set(term, present);
      return present.postings;
    },
    set(term, postings) {
      drop(term);
      held.set(term, { count: postings.docs.length, postings });
      total += postings.docs.length;
      for (const oldest of held.keys()) {
        if (total <= CACHED_POSTINGS) break;
        drop(oldest);
      }
    },
  };
}

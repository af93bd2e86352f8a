import { type Analyser, createAnalyser } from "./analyse.ts";
import {
  CHUNK_DOCS,
  type Columns,
  type DictionaryName,
  dictionaryNames,
  dictionaryOf,
  emptyColumns,
  readChunk,
  setRow,
  writeChunk,
} from "./columns.ts";
import type { IndexStore } from "./index-store.ts";
import { loadLanguage } from "./language.ts";
import type { IndexChange, IndexPosition, StoredDocument } from "./model.ts";
import { appendPostings, decodePostings, type Postings, tailHeader } from "./postings.ts";

/** Written into the index; another number there means: make it anew. Raise it whenever terms or layouts change. */
const FORMAT = "1";

/** Keys: `m/…` head records, `k/<region>/<id>` → document, `s/<document>` shown record, `c/<chunk>` columns, `t/<term>` tails, `p/<term>` blocks. */
const POSITION = "m/position";
const HEAD = "m/head";

/** Documents per write: bounds memory while a whole catalogue comes in. */
const SLICE = 1_000;
/** Documents analysed before others get their turn: about 3 ms. */
const TURN = 10;
/** Postings kept decoded, 5 bytes each. */
const CACHED_POSTINGS = 4_000_000;

export type Index = {
  readonly columns: Columns;
  position: () => IndexPosition;
  apply: (changes: readonly IndexChange[], position: IndexPosition) => Promise<void>;
  /** Everything known of these terms; absent terms are left out. */
  postings: (
    terms: readonly string[],
    isWanted: (counts: ReadonlyMap<string, number>) => ReadonlySet<string>,
  ) => Promise<Map<string, Postings>>;
  /** In the order asked for; undefined where one has gone meanwhile. */
  documents: (docs: readonly number[]) => Promise<(StoredDocument | undefined)[]>;
  clear: () => Promise<void>;
  close: () => Promise<void>;
};

type Head = { readonly format: string; readonly count: number };

export async function openIndex(store: IndexStore): Promise<Index> {
  const state = await readState(store);
  const cache = postingsCache();
  let queue: Promise<unknown> = Promise.resolve();

  const apply = async (changes: readonly IndexChange[], position: IndexPosition) => {
    const latest = new Map(changes.map((change) => [documentKey(change.region, change.id), change]));
    const slices = [...latest].length === 0 ? [[]] : sliced([...latest], SLICE);
    for (const [i, slice] of slices.entries()) {
      // The position goes with the last slice: after a crash in between, the same changes come again and mean the same.
      const isLast = i === slices.length - 1;
      await writeSlice(store, state, slice, isLast ? { ...state.position, ...position } : undefined);
    }
  };
  return {
    columns: state.columns,
    position: () => state.position,
    apply(changes, position) {
      const done = queue.then(() => apply(changes, position));
      queue = done.catch(() => undefined);
      return done;
    },
    async postings(terms, isWanted) {
      const tails = await store.getMany(terms.map((term) => `t/${term}`));
      const present = new Map<string, Uint8Array>();
      for (const [i, tail] of tails.entries()) if (tail !== undefined) present.set(terms[i] ?? "", tail);
      const counts = new Map([...present].map(([term, tail]) => [term, tailHeader(tail).count]));
      const wanted = [...isWanted(counts)].filter((term) => present.has(term));
      const found = await Promise.all(
        wanted.map(
          async (term) => [term, await readPostings(store, cache, term, present.get(term) as Uint8Array)] as const,
        ),
      );
      return new Map(found);
    },
    async documents(docs) {
      const values = await store.getMany(docs.map(shownKey));
      return values.map((bytes) => parse<StoredDocument>(bytes));
    },
    clear() {
      const done = queue.then(async () => {
        await store.clear();
        cache.clear();
        Object.assign(state.columns, emptyColumns());
        state.position = {};
      });
      queue = done.catch(() => undefined);
      return done;
    },
    async close() {
      await queue;
      await store.close();
    },
  };
}

type State = { readonly columns: Columns; position: IndexPosition; analyser?: Analyser };

async function readState(store: IndexStore): Promise<State> {
  const head = parse<Head>(await store.get(HEAD));
  if (head?.format !== FORMAT) {
    await store.clear();
    return { columns: emptyColumns(), position: {} };
  }
  const columns = emptyColumns();
  const dictionaries: { [D in DictionaryName]?: unknown } = columns.dictionaries;
  for (const name of dictionaryNames) {
    dictionaries[name] = dictionaryOf(parse<string[]>(await store.get(dictionaryKey(name))) ?? []);
  }
  for (const [key, bytes] of await store.range("c/", "c0"))
    readChunk(columns, Number.parseInt(key.slice(2), 16), bytes);
  columns.count = head.count;
  return { columns, position: parse<IndexPosition>(await store.get(POSITION)) ?? {} };
}

async function writeSlice(
  store: IndexStore,
  state: State,
  slice: readonly (readonly [string, IndexChange])[],
  position: IndexPosition | undefined,
): Promise<void> {
  const { columns } = state;
  const put = new Map<string, Uint8Array>();
  const remove: string[] = [];
  const dead = new Set<number>();
  const added = new Map<string, { docs: number[]; impacts: number[] }>();
  const sizes = dictionaryNames.map((name) => columns.dictionaries[name].texts.length);

  const present = await store.getMany(slice.map(([key]) => key));
  let next = columns.count;
  for (const [i, [key, { region, entry }]] of slice.entries()) {
    const old = present[i];
    if (old !== undefined) {
      const doc = Buffer.from(old).readUInt32BE();
      dead.add(doc);
      remove.push(key, shownKey(doc));
    }
    if (entry === null || !isVisible(entry)) continue;
    const doc = next++;
    setRow(columns, doc, entry, region);
    put.set(key, uint32(doc));
    put.set(shownKey(doc), json(shownOf(region, entry)));
    state.analyser ??= createAnalyser(await loadLanguage());
    for (const [term, impact] of state.analyser.analyse(entry)) {
      const list = added.get(term) ?? { docs: [], impacts: [] };
      list.docs.push(doc);
      list.impacts.push(impact);
      added.set(term, list);
    }
    // Analysing is pure computation: let requests through in between.
    if (i % TURN === TURN - 1) await new Promise((resolve) => setImmediate(resolve));
  }
  await putPostings(store, added, put);

  const chunks = new Set([...dead].map(chunkOf));
  for (let doc = columns.count; doc < next; doc++) chunks.add(chunkOf(doc));
  for (const chunk of chunks) put.set(chunkKey(chunk), writeChunk(columns, chunk, dead));
  for (const [i, name] of dictionaryNames.entries()) {
    const { texts } = columns.dictionaries[name];
    if (texts.length !== sizes[i]) put.set(dictionaryKey(name), json(texts));
  }
  put.set(HEAD, json({ format: FORMAT, count: next }));
  if (position !== undefined) put.set(POSITION, json(position));
  const kept = remove.filter((key) => !put.has(key));
  await store.write(put, kept);

  for (const doc of dead) columns.arrays.isAlive[doc] = 0;
  columns.count = next;
  if (position !== undefined) state.position = position;
}

/** Nothing classified, nothing unpublished, whatever its source sent. Source: domain.md INV-06. */
function isVisible(entry: NonNullable<IndexChange["entry"]>): boolean {
  return entry.status === "published" && (entry.securityClass === undefined || entry.securityClass === "none");
}

async function putPostings(
  store: IndexStore,
  added: ReadonlyMap<string, { readonly docs: number[]; readonly impacts: number[] }>,
  put: Map<string, Uint8Array>,
): Promise<void> {
  for (const terms of sliced([...added.keys()], 5_000)) {
    const tails = await store.getMany(terms.map((term) => `t/${term}`));
    for (const [i, term] of terms.entries()) {
      const list = added.get(term);
      if (list === undefined) continue;
      const { tail, block } = appendPostings(tails[i], list);
      put.set(`t/${term}`, tail);
      if (block !== undefined) put.set(blockKey(term, block.number), block.bytes);
    }
  }
}

type Cache = {
  readonly clear: () => void;
  readonly get: (term: string, count: number) => Postings | undefined;
  readonly set: (term: string, postings: Postings) => void;
};

async function readPostings(store: IndexStore, cache: Cache, term: string, tail: Uint8Array): Promise<Postings> {
  const { count, blocks } = tailHeader(tail);
  const cached = cache.get(term, count);
  if (cached !== undefined) return cached;
  // Only the blocks the tail speaks of: one sealed since repeats what this tail still holds.
  const sealed = blocks === 0 ? [] : await store.range(blockKey(term, 0), blockKey(term, blocks));
  const postings = decodePostings(
    tail,
    sealed.map(([, bytes]) => bytes),
  );
  if (blocks > 0) cache.set(term, postings);
  return postings;
}

/** Lists only grow, so a list of the same count is the same list. */
function postingsCache(): Cache {
  const held = new Map<string, { readonly count: number; readonly postings: Postings }>();
  let total = 0;
  const drop = (term: string) => {
    total -= held.get(term)?.postings.docs.length ?? 0;
    held.delete(term);
  };
  return {
    clear() {
      held.clear();
      total = 0;
    },
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

function shownOf(region: string, entry: NonNullable<IndexChange["entry"]>): StoredDocument {
  const { id, name, nameEn, abstract, provider, theme, sharing, formats, modified, kind } = entry;
  const shown = {
    region,
    id,
    name,
    abstract,
    provider: provider.name,
    theme,
    sharing: sharing.attribute,
    formats,
    modified,
    kind,
  };
  return nameEn === undefined ? shown : { ...shown, nameEn };
}

const hex = (number: number): string => number.toString(16).padStart(8, "0");
const documentKey = (region: string, id: string): string => `k/${region}/${id}`;
const shownKey = (doc: number): string => `s/${hex(doc)}`;
const chunkKey = (chunk: number): string => `c/${hex(chunk)}`;
const chunkOf = (doc: number): number => Math.floor(doc / CHUNK_DOCS);
const dictionaryKey = (name: string): string => `m/dictionary/${name}`;
/** "\0" ends the term, so that no term's blocks lie among another's. */
const blockKey = (term: string, number: number): string => `p/${term}\0${hex(number)}`;

function uint32(number: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value), "utf8");
}

function parse<T>(bytes: Uint8Array | undefined): T | undefined {
  return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString("utf8")) as T);
}

function sliced<T>(items: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let at = 0; at < items.length; at += size) slices.push(items.slice(at, at + size));
  return slices;
}

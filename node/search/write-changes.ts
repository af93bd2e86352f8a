import type { CatalogEntry } from "../catalog/model.ts";
import type { IndexStore } from "../storage/index-port.ts";
import { type Analyser, createAnalyser } from "./analyse.ts";
import { dictionaryNames, setRow, writeChunk } from "./columns.ts";
import type { Generation } from "./generation.ts";
import { loadLanguage } from "./language.ts";
import {
  blockKey,
  chunkKey,
  chunkOf,
  dictionaryKey,
  documentKey,
  HEAD,
  json,
  POSITION,
  shownKey,
  sliced,
  tailKey,
  uint32,
} from "./layout.ts";
import type { IndexChange, IndexPosition, StoredDocument } from "./model.ts";
import { appendPostings } from "./postings.ts";

/** Raise it whenever terms or layouts change: an index of another format is made anew. */
export const FORMAT = "2";

/** Documents per write: bounds memory while a whole catalogue comes in. */
const SLICE = 1_000;
/** Documents analysed before others get their turn: about 3 ms. */
const TURN = 10;

let analyser: Promise<Analyser> | undefined;

/** Takes changes in. After a crash in between, the same changes come again and mean the same: the position goes with the last. */
export async function writeChanges(
  generation: Generation,
  changes: readonly IndexChange[],
  position: IndexPosition,
): Promise<void> {
  const latest = [...new Map(changes.map((change) => [documentKey(change.region, change.id), change]))];
  const slices = latest.length === 0 ? [[]] : sliced(latest, SLICE);
  const last = { ...generation.position, ...position };
  for (const [i, slice] of slices.entries()) {
    await writeSlice(generation, slice, i === slices.length - 1 ? last : undefined);
  }
}

async function writeSlice(
  generation: Generation,
  slice: readonly (readonly [string, IndexChange])[],
  position: IndexPosition | undefined,
): Promise<void> {
  const { store, columns } = generation;
  const put = new Map<string, Uint8Array>();
  const remove: string[] = [];
  const dead = new Set<number>();
  const added = new Map<string, { docs: number[]; impacts: number[] }>();

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
    analyser ??= loadLanguage().then(createAnalyser);
    for (const [term, impact] of (await analyser).analyse(entry)) {
      const list = added.get(term) ?? { docs: [], impacts: [] };
      list.docs.push(doc);
      list.impacts.push(impact);
      added.set(term, list);
    }
    // Analysing is pure computation: let requests through in between.
    if (i % TURN === TURN - 1) await othersTurn();
  }
  await putPostings(store, added, put);
  const chunks = new Set([...dead].map(chunkOf));
  for (let doc = columns.count; doc < next; doc++) chunks.add(chunkOf(doc));
  for (const chunk of chunks) put.set(chunkKey(chunk), writeChunk(columns, chunk, dead));
  putHead(generation, next, position, put);
  await store.write(
    put,
    remove.filter((key) => !put.has(key)),
  );

  for (const doc of dead) columns.arrays.isAlive[doc] = 0;
  generation.living += next - columns.count - dead.size;
  columns.count = next;
  generation.version += 1;
  for (const name of dictionaryNames) generation.written[name] = columns.dictionaries[name].texts.length;
  if (position !== undefined) generation.position = position;
}

export function othersTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Count, dictionaries as far as they have grown, and position. */
export function putHead(
  { columns, written }: Generation,
  count: number,
  position: IndexPosition | undefined,
  put: Map<string, Uint8Array>,
): void {
  for (const name of dictionaryNames) {
    const { texts } = columns.dictionaries[name];
    if (texts.length !== written[name]) put.set(dictionaryKey(name), json(texts));
  }
  put.set(HEAD, json({ format: FORMAT, count }));
  if (position !== undefined) put.set(POSITION, json(position));
}

/** Nothing classified, nothing unpublished, whatever its source sent. Source: domain.md INV-06. */
function isVisible(entry: CatalogEntry): boolean {
  return entry.status === "published" && (entry.securityClass === undefined || entry.securityClass === "none");
}

async function putPostings(
  store: IndexStore,
  added: ReadonlyMap<string, { readonly docs: number[]; readonly impacts: number[] }>,
  put: Map<string, Uint8Array>,
): Promise<void> {
  for (const terms of sliced([...added.keys()], 5_000)) {
    const tails = await store.getMany(terms.map(tailKey));
    for (const [i, term] of terms.entries()) {
      const list = added.get(term);
      if (list === undefined) continue;
      const { tail, block } = appendPostings(tails[i], list);
      put.set(tailKey(term), tail);
      if (block !== undefined) put.set(blockKey(term, block.number), block.bytes);
    }
  }
}

function shownOf(region: string, entry: CatalogEntry): StoredDocument {
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

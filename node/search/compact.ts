import type { IndexStore } from "../storage/index-port.ts";
import { CHUNK_DOCS, copyRow, dictionaryNames, writeChunk } from "./columns.ts";
import { blocksOf, documentsOf, emptyGeneration, type Generation } from "./generation.ts";
import { blockKey, chunkKey, documentKey, json, shownKey, TAILS, tailKey, uint32 } from "./layout.ts";
import { appendPostings, decodePostings, type NewPostings, tailHeader } from "./postings.ts";
import { othersTurn, putHead } from "./write-changes.ts";

const TERMS_PER_WRITE = 1_000;

/**
 * The living documents of an index, numbered anew, written under another prefix. Every change of an entry leaves a dead
 * document behind; without this an index would grow for ever.
 */
export async function copyLiving(from: Generation, store: IndexStore): Promise<Generation> {
  await store.clear("", "\uffff");
  const to = emptyGeneration(store);
  for (const name of dictionaryNames) {
    for (const text of from.columns.dictionaries[name].texts) {
      to.columns.dictionaries[name].codes.set(text, to.columns.dictionaries[name].texts.push(text) - 1);
    }
  }
  const renumbered = await copyDocuments(from, to);
  await copyPostings(from, to, renumbered);
  const put = new Map<string, Uint8Array>();
  // Last, so that a torn copy is recognised: it has no head.
  putHead(to, to.columns.count, from.position, put);
  await store.write(put, []);
  for (const name of dictionaryNames) to.written[name] = to.columns.dictionaries[name].texts.length;
  to.position = from.position;
  to.living = to.columns.count;
  return to;
}

/** Answers the new number + 1 of each document, 0 for a dead one. */
async function copyDocuments(from: Generation, to: Generation): Promise<Uint32Array> {
  const renumbered = new Uint32Array(from.columns.count);
  for (let start = 0; start < renumbered.length; start += CHUNK_DOCS) {
    const docs: number[] = [];
    for (let doc = start; doc < Math.min(start + CHUNK_DOCS, renumbered.length); doc++) {
      if (from.columns.arrays.isAlive[doc] === 1) docs.push(doc);
    }
    const put = new Map<string, Uint8Array>();
    for (const [i, document] of (await documentsOf(from, docs)).entries()) {
      const doc = docs[i];
      if (document === undefined || doc === undefined) continue;
      const copy = to.columns.count++;
      copyRow(from.columns, doc, to.columns, copy);
      renumbered[doc] = copy + 1;
      put.set(documentKey(document.region, document.id), uint32(copy));
      put.set(shownKey(copy), json(document));
    }
    await to.store.write(put, []);
    await othersTurn();
  }
  const chunks = new Map<string, Uint8Array>();
  for (let chunk = 0; chunk * CHUNK_DOCS < to.columns.count; chunk++) {
    chunks.set(chunkKey(chunk), writeChunk(to.columns, chunk, new Set()));
  }
  await to.store.write(chunks, []);
  return renumbered;
}

async function copyPostings(from: Generation, to: Generation, renumbered: Uint32Array): Promise<void> {
  for (let start = TAILS.from; ; ) {
    const tails = await from.store.range(start, TAILS.to, TERMS_PER_WRITE);
    const put = new Map<string, Uint8Array>();
    for (const [key, tail] of tails) {
      const term = key.slice(TAILS.from.length);
      const { docs, impacts } = decodePostings(tail, await blocksOf(from.store, term, tailHeader(tail).blocks));
      const kept: { docs: number[]; impacts: number[] } = { docs: [], impacts: [] };
      for (let i = 0; i < docs.length; i++) {
        const copy = renumbered[docs[i] as number] ?? 0;
        if (copy === 0) continue;
        kept.docs.push(copy - 1);
        kept.impacts.push(impacts[i] as number);
      }
      if (kept.docs.length > 0) putList(put, term, kept);
    }
    await to.store.write(put, []);
    await othersTurn();
    const last = tails.at(-1);
    if (last === undefined || tails.length < TERMS_PER_WRITE) return;
    start = `${last[0]}\0`;
  }
}

function putList(put: Map<string, Uint8Array>, term: string, list: NewPostings): void {
  const { tail, block } = appendPostings(undefined, list);
  put.set(tailKey(term), tail);
  if (block !== undefined) put.set(blockKey(term, block.number), block.bytes);
}

import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { leafHash } from "./merkle.ts";
import type { AuditLeaf } from "./model.ts";
import { agreementLeaves, leafBytes, subjectLeaves } from "./store.ts";

export type StoredLeaf = {
  readonly index: string;
  readonly leaf: AuditLeaf;
  /** Hex. */
  readonly leafHash: string;
  /** Exactly what was hashed. */
  readonly bytes: Uint8Array;
};

export type LeafQuery = {
  /** Only leaves after this index; the `next` of the page before. */
  readonly after?: string | undefined;
  readonly limit: number;
  readonly agreementId?: string | undefined;
  readonly subject?: string | undefined;
  readonly kind?: string | undefined;
};

export type LeafPage = {
  readonly items: readonly StoredLeaf[];
  /** Where to go on, or null at the present end. A page may be short, even empty, and still go on. */
  readonly next: string | null;
};

/** So that a search for a rare kind answers in time; the caller goes on at `next`. */
const MAX_SCANNED = 5_000;

/** The index, or undefined for what is no decimal number below 2^63. */
export function parseIndex(index: string): bigint | undefined {
  return /^(0|[1-9][0-9]{0,18})$/.test(index) ? BigInt(index) : undefined;
}

export async function readLeaf(store: Store, index: string): Promise<StoredLeaf | undefined> {
  const number = parseIndex(index);
  const bytes = number === undefined ? undefined : await read(store, leafBytes.at(number));
  return bytes === undefined ? undefined : storedLeaf(index, bytes);
}

/** Leaves in order. The oldest first: it is a feed, and an item's index is its cursor. */
export async function findLeaves(store: Store, query: LeafQuery): Promise<LeafPage> {
  const items: StoredLeaf[] = [];
  let scanned = 0;
  let last: string | null = null;
  for await (const found of candidates(store, query)) {
    if (items.length === query.limit || scanned === MAX_SCANNED) return { items, next: last };
    scanned += 1;
    last = found.index;
    if (query.kind === undefined || found.leaf.kind === query.kind) items.push(found);
  }
  return { items, next: null };
}

async function* candidates(store: Store, query: LeafQuery): AsyncGenerator<StoredLeaf> {
  const after = query.after === undefined ? undefined : parseIndex(query.after);
  if (query.agreementId !== undefined) {
    yield* fromIndex(store, list(store, agreementLeaves, [query.agreementId]), after);
  } else if (query.subject !== undefined) {
    const options = after === undefined ? {} : { after: [query.subject, after] };
    yield* fromIndex(store, list(store, subjectLeaves, [query.subject], options), after);
  } else {
    let index = after === undefined ? 0n : after + 1n;
    const options = after === undefined ? {} : { after: [after] };
    for await (const bytes of list(store, leafBytes, [], options)) yield storedLeaf(String(index++), bytes);
  }
}

async function* fromIndex(store: Store, indices: AsyncIterable<string>, after: bigint | undefined) {
  for await (const index of indices) {
    if (after !== undefined && BigInt(index) <= after) continue;
    const found = await readLeaf(store, index);
    if (found === undefined) throw new Error(`audit leaf ${index} is missing`);
    yield found;
  }
}

function storedLeaf(index: string, bytes: Uint8Array): StoredLeaf {
  const leaf = JSON.parse(Buffer.from(bytes).toString("utf8")) as AuditLeaf;
  return { index, leaf, leafHash: Buffer.from(leafHash(bytes)).toString("hex"), bytes };
}

/**
 * Posting lists: document numbers, rising, each with an impact of one byte. A term has one growing **tail** and, as it
 * fills, sealed blocks that are never written again; so adding an entry rewrites a few hundred bytes per term.
 */
export type Postings = { readonly docs: Uint32Array; readonly impacts: Uint8Array };

/** Appended postings; `docs` rise and are above everything the term has. */
export type NewPostings = { readonly docs: readonly number[]; readonly impacts: readonly number[] };

const TAIL_HEADER = 12;
const BLOCK_HEADER = 13;
/** A tail this long is sealed. */
const MAX_TAIL_BYTES = 2_048;

const SPARSE = 0;
/** One byte per document of the block's range: smaller and faster where most documents have the term. */
const DENSE = 1;

/** Of a tail: postings of the whole term, sealed blocks, last document. Deleted documents still count. */
export type TailHeader = { readonly count: number; readonly blocks: number; readonly lastDoc: number };

export function tailHeader(tail: Uint8Array): TailHeader {
  const view = viewOf(tail);
  return { count: view.getUint32(0), blocks: view.getUint32(4), lastDoc: view.getUint32(8) };
}

/** The tail after appending, and the block it was sealed into when it got too long. */
export function appendPostings(
  tail: Uint8Array | undefined,
  added: NewPostings,
): { readonly tail: Uint8Array; readonly block?: { readonly number: number; readonly bytes: Uint8Array } } {
  const header = tail === undefined ? { count: 0, blocks: 0, lastDoc: 0 } : tailHeader(tail);
  const old = tail?.subarray(TAIL_HEADER) ?? new Uint8Array();
  const body = Buffer.concat([old, encodeSparse(added, old.length === 0 ? 0 : header.lastDoc)]);
  const lastDoc = added.docs.at(-1) ?? header.lastDoc;
  const count = header.count + added.docs.length;
  if (body.length < MAX_TAIL_BYTES) return { tail: writeTail({ count, blocks: header.blocks, lastDoc }, body) };
  const block = { number: header.blocks, bytes: sealBlock(body) };
  return { tail: writeTail({ count, blocks: header.blocks + 1, lastDoc }, new Uint8Array()), block };
}

export function decodePostings(tail: Uint8Array, blocks: readonly Uint8Array[]): Postings {
  const { count } = tailHeader(tail);
  const postings = { docs: new Uint32Array(count), impacts: new Uint8Array(count) };
  let at = 0;
  for (const block of blocks) {
    const view = viewOf(block);
    const body = block.subarray(BLOCK_HEADER);
    if (view.getUint8(0) === DENSE) at = decodeDense(body, view.getUint32(1), postings, at);
    else at = decodeSparse(body, postings, at);
  }
  at = decodeSparse(tail.subarray(TAIL_HEADER), postings, at);
  return at === count ? postings : { docs: postings.docs.subarray(0, at), impacts: postings.impacts.subarray(0, at) };
}

function writeTail({ count, blocks, lastDoc }: TailHeader, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(TAIL_HEADER);
  header.writeUInt32BE(count, 0);
  header.writeUInt32BE(blocks, 4);
  header.writeUInt32BE(lastDoc, 8);
  return Buffer.concat([header, body]);
}

function sealBlock(body: Uint8Array): Uint8Array {
  // A posting takes at least two bytes.
  const capacity = body.length >> 1;
  const postings = { docs: new Uint32Array(capacity), impacts: new Uint8Array(capacity) };
  const count = decodeSparse(body, postings, 0);
  const first = postings.docs[0] ?? 0;
  const last = postings.docs[count - 1] ?? 0;
  const isDense = last - first + 1 < body.length;
  const header = Buffer.alloc(BLOCK_HEADER);
  header.writeUInt8(isDense ? DENSE : SPARSE, 0);
  header.writeUInt32BE(first, 1);
  header.writeUInt32BE(last, 5);
  header.writeUInt32BE(count, 9);
  if (!isDense) return Buffer.concat([header, body]);
  const dense = new Uint8Array(last - first + 1);
  for (let i = 0; i < count; i++) dense[(postings.docs[i] ?? 0) - first] = postings.impacts[i] ?? 0;
  return Buffer.concat([header, dense]);
}

/** Gap to the document before as a varint, then the impact. */
function encodeSparse({ docs, impacts }: NewPostings, after: number): Uint8Array {
  const bytes = new Uint8Array(docs.length * 6);
  let at = 0;
  let last = after;
  for (const [i, doc] of docs.entries()) {
    let gap = doc - last;
    last = doc;
    while (gap > 127) {
      bytes[at++] = (gap & 127) | 128;
      gap >>>= 7;
    }
    bytes[at++] = gap;
    bytes[at++] = impacts[i] ?? 0;
  }
  return bytes.subarray(0, at);
}

function decodeSparse(bytes: Uint8Array, { docs, impacts }: Postings, from: number): number {
  let at = from;
  let doc = 0;
  for (let i = 0; i < bytes.length; ) {
    let byte = bytes[i++] ?? 0;
    let gap = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = bytes[i++] ?? 0;
      gap |= (byte & 127) << shift;
    }
    doc += gap;
    docs[at] = doc;
    impacts[at] = bytes[i++] ?? 0;
    at += 1;
  }
  return at;
}

function decodeDense(bytes: Uint8Array, first: number, { docs, impacts }: Postings, from: number): number {
  let at = from;
  for (let i = 0; i < bytes.length; i++) {
    const impact = bytes[i] ?? 0;
    if (impact === 0) continue;
    docs[at] = first + i;
    impacts[at] = impact;
    at += 1;
  }
  return at;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

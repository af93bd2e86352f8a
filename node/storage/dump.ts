import { createHash } from "node:crypto";
import type { Key, Store } from "./port.ts";

const MAGIC = "heliu.store.v1\n";
/** Instead of a key's length: the end, with the number of records and the SHA-256 of everything before it. */
const END = 0xffff_ffff;
/** No key is behind it. */
const LAST_KEY = "\u{10ffff}";
const CHUNK_BYTES = 262_144;
const RECORDS_PER_COMMIT = 1_000;

export class DumpFault extends Error {}

/** Every record of one moment, in order; commits go on meanwhile. The same form for every kind of store. */
export async function* dumpStore(store: Store): AsyncGenerator<Uint8Array> {
  const snapshot = await store.snapshot();
  const hash = createHash("sha256");
  let pending: Buffer[] = [Buffer.from(MAGIC)];
  let bytes = MAGIC.length;
  let records = 0n;
  const flush = () => {
    const chunk = Buffer.concat(pending);
    hash.update(chunk);
    pending = [];
    bytes = 0;
    return chunk;
  };
  try {
    for await (const [key, value] of store.range({ from: "", to: LAST_KEY }, snapshot)) {
      const frame = [Buffer.alloc(8), Buffer.from(key, "utf8"), Buffer.from(value)] as const;
      frame[0].writeUInt32BE(frame[1].length, 0);
      frame[0].writeUInt32BE(value.length, 4);
      pending.push(...frame);
      bytes += 8 + frame[1].length + value.length;
      records += 1n;
      if (bytes >= CHUNK_BYTES) yield flush();
    }
  } finally {
    await snapshot.close();
  }
  const end = Buffer.alloc(12);
  end.writeUInt32BE(END, 0);
  end.writeBigUInt64BE(records, 4);
  pending.push(end);
  yield flush();
  yield hash.digest();
}

/**
 * Fills an empty store. Whether the dump is whole is known only at its end: the caller deletes what was filled when this throws.
 *
 * @throws DumpFault
 */
export async function loadDump(
  store: Store,
  chunks: AsyncIterable<Uint8Array>,
  onProgress: (records: number) => void = () => {},
): Promise<number> {
  let records = 0;
  let batch = new Map<Key, Uint8Array>();
  const commit = async () => {
    const put = batch;
    batch = new Map();
    await store.commit([], () => ({ put, remove: new Set<Key>(), result: true }));
    onProgress(records);
  };
  for await (const [key, value] of framesOf(chunks)) {
    batch.set(key, value);
    records += 1;
    if (batch.size === RECORDS_PER_COMMIT) await commit();
  }
  await commit();
  return records;
}

async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly [Key, Uint8Array]> {
  const reader = exactly(chunks);
  const hash = createHash("sha256");
  const take = async (size: number) => {
    const bytes = await reader(size);
    hash.update(bytes);
    return bytes;
  };
  if ((await take(MAGIC.length)).toString("latin1") !== MAGIC) throw new DumpFault("not a dump of a store");
  for (let records = 0n; ; records += 1n) {
    const keyLength = (await take(4)).readUInt32BE();
    if (keyLength === END) {
      const count = (await take(8)).readBigUInt64BE();
      const digest = hash.digest();
      if (count !== records || !digest.equals(await reader(digest.length))) throw new DumpFault("damaged");
      return;
    }
    const valueLength = (await take(4)).readUInt32BE();
    const key = (await take(keyLength)).toString("utf8");
    yield [key, await take(valueLength)];
  }
}

/** Reads exactly as many bytes as asked for, however they were cut. */
function exactly(chunks: AsyncIterable<Uint8Array>): (size: number) => Promise<Buffer> {
  const source = chunks[Symbol.asyncIterator]();
  let held: Buffer[] = [];
  let length = 0;
  return async (size) => {
    while (length < size) {
      const { value, done } = await source.next();
      if (done === true) throw new DumpFault("cut off");
      held.push(Buffer.from(value));
      length += value.length;
    }
    const whole = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    held = [whole.subarray(size)];
    length -= size;
    return whole.subarray(0, size);
  };
}

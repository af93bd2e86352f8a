import { entriesOf } from "./entries.ts";
import { assertWellFormed, decideGroup } from "./group.ts";
import { type Entry, type Key, type KeyRange, type Snapshot, type Store, StoreFault } from "./port.ts";
import { seal, unseal } from "./seal.ts";
import { createWatchers } from "./watchers.ts";

const PAGE = 500;

type Contents = { readonly keys: Key[]; readonly values: Map<Key, Uint8Array> };

/**
 * What outlives a simulated process. A crash between two commits is to close the store and open another on the same
 * disk: a commit is on it as a whole or not at all.
 */
export type MemoryDisk = {
  contents: Contents;
  /** True while a snapshot looks at `contents`: the next commit writes to a copy. */
  shared: boolean;
};

export function createMemoryDisk(): MemoryDisk {
  return { contents: { keys: [], values: new Map() }, shared: false };
}

/** Yesterday's disk: keeps what is on it now, whatever is committed later. */
export function copyMemoryDisk({ contents }: MemoryDisk): MemoryDisk {
  return { contents: copyOf(contents), shared: false };
}

/** Bit rot in the last byte of a record. */
export function rotMemoryDisk(disk: MemoryDisk, key: Key): void {
  const sealed = Uint8Array.from(disk.contents.values.get(key) ?? []);
  sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1;
  disk.contents.values.set(key, sealed);
}

/** The simulator's store: everything in memory, same contract. Never used by a serving node. */
export function openMemoryStore(disk: MemoryDisk = createMemoryDisk()): Store {
  const watchers = createWatchers();
  const snapshots = new WeakMap<Snapshot, Contents>();
  let closed = false;

  const contentsAt = (at?: Snapshot): Contents => {
    if (closed) throw new StoreFault("STORE_CLOSED", "the store is closed");
    const contents = at === undefined ? disk.contents : snapshots.get(at);
    if (contents === undefined) throw new Error("the snapshot is closed, or of another store");
    return contents;
  };

  return {
    async get(key, at) {
      return openValue(key, contentsAt(at).values.get(key));
    },
    range: (range, at) => entriesOf(scan(contentsAt(at), range)),
    pages: (range, at) => scan(contentsAt(at), range),
    async snapshot() {
      const contents = contentsAt();
      const snapshot: Snapshot = { close: async () => void snapshots.delete(snapshot) };
      disk.shared = true;
      snapshots.set(snapshot, contents);
      return snapshot;
    },
    commit(keys, decide) {
      return new Promise((resolve, reject) => {
        for (const key of keys) assertWellFormed(key);
        const { values } = contentsAt();
        const pending = { keys, decide, resolve: (result: unknown) => resolve(result as never), reject };
        const { writes, settle } = decideGroup([pending], (key) => openValue(key, values.get(key)));
        for (const [key, value] of writes.put) write(disk, key, seal(key, value));
        for (const key of writes.remove) write(disk, key, undefined);
        settle();
        watchers.touched(writes.put.keys());
        watchers.touched(writes.remove);
      });
    },
    watch: watchers.add,
    async close() {
      closed = true;
      watchers.clear();
    },
  };
}

function openValue(key: Key, sealed: Uint8Array | undefined): Uint8Array | undefined {
  return sealed === undefined ? undefined : unseal(key, sealed);
}

function write(disk: MemoryDisk, key: Key, sealed: Uint8Array | undefined): void {
  if (disk.shared) {
    disk.contents = copyOf(disk.contents);
    disk.shared = false;
  }
  const { keys, values } = disk.contents;
  if (sealed !== undefined && !values.has(key)) keys.splice(placeOf(keys, key), 0, key);
  if (sealed === undefined && values.has(key)) keys.splice(placeOf(keys, key), 1);
  if (sealed === undefined) values.delete(key);
  else values.set(key, sealed);
}

function copyOf({ keys, values }: Contents): Contents {
  return { keys: [...keys], values: new Map(values) };
}

async function* scan({ keys, values }: Contents, range: KeyRange): AsyncGenerator<readonly Entry[], void, undefined> {
  // Copied: a scan sees the store as it was when it began, whatever is committed meanwhile.
  const found = keysIn(keys, range).map((key) => [key, values.get(key)] as const);
  for (let at = 0; at < found.length; at += PAGE) {
    const page = found.slice(at, at + PAGE);
    yield page.flatMap(([key, sealed]) => (sealed === undefined ? [] : [[key, unseal(key, sealed)] as const]));
  }
}

function keysIn(keys: readonly Key[], { from, to, reverse = false, limit = Infinity }: KeyRange): Key[] {
  const first = placeOf(keys, from);
  const end = Math.max(first, placeOf(keys, to));
  if (reverse) return keys.slice(Math.max(first, end - limit), end).reverse();
  return keys.slice(first, Math.min(end, first + limit));
}

/** The index of the first key that is not below `key`. */
function placeOf(keys: readonly Key[], key: Key): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(keys[middle] ?? "", key)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * JavaScript orders strings by UTF-16 code unit, the port by UTF-8 bytes, which is by code point. They differ only where
 * a surrogate (beyond the basic plane) meets a code unit above the surrogates.
 */
function isBelow(a: Key, b: Key): boolean {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) < rank(y);
  }
  return a.length < b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

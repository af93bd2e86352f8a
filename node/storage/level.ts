import { open as openFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { Level } from "level";
import { createCommitter } from "./committer.ts";
import { entriesOf } from "./entries.ts";
import { decideGroup, type Pending, type Writes } from "./group.ts";
import { checkFiles } from "./level-files.ts";
import { type Key, type KeyRange, type Snapshot, type Store, StoreFault } from "./port.ts";
import { corrupt, seal, unseal } from "./seal.ts";
import { createWatchers } from "./watchers.ts";

export type LevelOptions = {
  /**
   * False only for derived data: what was acknowledged in the last seconds is lost at a power cut, and opening may then
   * answer `STORE_CORRUPT`, upon which the owner deletes the folder and builds the data anew.
   */
  readonly sync?: boolean;
  /** Called with `store.before-write` and `store.after-write` around each group's write; throws to be a failing disk. */
  readonly failPoint?: (name: string) => void;
};

/** Under Node, `level` is classic-level, whose types lack what browsers do not have. */
type Database = Level<string, Buffer> & { readonly getProperty: (name: string) => string };
type LevelSnapshot = ReturnType<Database["snapshot"]>;

/** One process at a time may hold the folder. */
export async function openLevelStore(directory: string, options: LevelOptions = {}): Promise<Store> {
  const { sync = true, failPoint = () => {} } = options;
  const files = await checkFiles(directory);
  const db = await openDatabase(directory);
  await files.afterOpening(db.getProperty("leveldb.sstables")).catch((fault) => closeAndThrow(db, fault));
  if (sync) await syncFolders(directory);
  const watchers = createWatchers();
  const snapshots = new WeakMap<Snapshot, LevelSnapshot>();
  let failure: StoreFault | undefined;
  let hasWritten = false;
  let isClosing = false;

  const checking = files
    .inBackground(() => isClosing)
    .then((fault) => {
      failure ??= fault;
    });

  async function writeGroup(group: readonly Pending[]): Promise<void> {
    if (failure !== undefined) throw failure;
    const values = await readValues(db, [...new Set(group.flatMap(({ keys }) => keys))]);
    const { writes, settle } = decideGroup(group, (key) => openValue(key, values.get(key)));
    if (writes.put.size + writes.remove.size > 0) {
      try {
        failPoint("store.before-write");
        await batchOf(db, writes).write({ sync });
        failPoint("store.after-write");
      } catch (cause) {
        // After EIO or ENOSPC nobody knows what reached the disk; going on could acknowledge on top of a hole.
        failure = new StoreFault("STORE_FAILED", WRITE_FAILED, { cause });
        throw failure;
      }
      hasWritten = true;
    }
    settle();
    watchers.touched(writes.put.keys());
    watchers.touched(writes.remove);
  }

  const committer = createCommitter(writeGroup);
  const within = (at: Snapshot | undefined): { snapshot?: LevelSnapshot } => {
    if (at === undefined) return {};
    const snapshot = snapshots.get(at);
    if (snapshot === undefined) throw new Error("the snapshot is closed, or of another store");
    return { snapshot };
  };

  return {
    commit: committer.commit,
    watch: watchers.add,
    async get(key, at) {
      const options = within(at);
      const sealed = await db.get(key, options).catch((fault) => Promise.reject(readFault(fault, key)));
      return openValue(key, sealed);
    },
    range: (range, at) => entriesOf(scan(db, range, within(at))),
    pages: (range, at) => scan(db, range, within(at)),
    async snapshot() {
      if (db.status !== "open") throw closedFault();
      const taken = db.snapshot();
      const snapshot: Snapshot = {
        close: async () => {
          snapshots.delete(snapshot);
          await taken.close();
        },
      };
      snapshots.set(snapshot, taken);
      return snapshot;
    },
    async close() {
      isClosing = true;
      await committer.close();
      watchers.clear();
      await checking;
      if (hasWritten && failure === undefined) await markEnd(db, sync);
      hasWritten = false;
      await db.close();
    },
  };
}

/**
 * A last entry in the log, behind everything acknowledged: rot is told from a torn end by what follows it. It deletes a key
 * that no store can hold, not being UTF-8, and so leaves nothing.
 */
async function markEnd(db: Database, sync: boolean): Promise<void> {
  await db.del(Buffer.from([0xff]), { keyEncoding: "buffer", sync });
}

async function closeAndThrow(db: Database, fault: unknown): Promise<never> {
  await db.close();
  throw fault;
}

const WRITE_FAILED =
  "writing to the store's disk failed; no write is taken until the disk has space and works, and the node is restarted";

async function openDatabase(directory: string): Promise<Database> {
  const db = new Level<string, Buffer>(directory, { keyEncoding: "utf8", valueEncoding: "buffer" }) as Database;
  try {
    await db.open();
    return db;
  } catch (fault) {
    const cause = fault instanceof Error ? fault.cause : undefined;
    if (codeOf(cause) === "LEVEL_LOCKED") {
      const message = `another process has the store ${directory} open; stop that process, or give this node a folder of its own`;
      throw new StoreFault("STORE_LOCKED", message, { cause });
    }
    if (codeOf(cause) === "LEVEL_CORRUPTION") {
      const message = `the store ${directory} cannot be opened: ${(cause as Error).message}; restore this node from a backup or from its peers`;
      throw new StoreFault("STORE_CORRUPT", message, { cause });
    }
    throw new StoreFault("STORE_FAILED", `the store ${directory} cannot be opened: ${String(cause ?? fault)}`, {
      cause: fault,
    });
  }
}

/** LevelDB syncs its files, not the folders that name them: a power cut after the first start could lose the whole store. */
async function syncFolders(directory: string): Promise<void> {
  for (const folder of [directory, dirname(resolve(directory))]) {
    const handle = await openFile(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

type Sealed = Buffer | StoreFault | undefined;

/** A fault is kept per key, so that a rotten block stops only the commits that asked for something in it. */
async function readValues(db: Database, keys: readonly Key[]): Promise<Map<Key, Sealed>> {
  if (keys.length === 0) return new Map();
  try {
    const values = await db.getMany([...keys]);
    return new Map(keys.map((key, i) => [key, values[i]]));
  } catch {
    const one = async (key: Key) => [key, await db.get(key).catch((fault) => readFault(fault, key))] as const;
    return new Map(await Promise.all(keys.map(one)));
  }
}

function openValue(key: Key, sealed: Sealed): Uint8Array | undefined {
  if (sealed instanceof StoreFault) throw sealed;
  return sealed === undefined ? undefined : unseal(key, sealed);
}

/** Filled one by one: given as an array, each operation is copied twice, which costs five times as much. */
function batchOf(db: Database, { put, remove }: Writes) {
  const batch = db.batch();
  for (const [key, value] of put) batch.put(key, seal(key, value));
  for (const key of remove) batch.del(key);
  return batch;
}

async function* scan(db: Database, range: KeyRange, within: { snapshot?: LevelSnapshot }) {
  if (db.status !== "open") throw closedFault();
  const { from, to, reverse = false, limit = -1 } = range;
  const iterator = db.iterator({ gte: from, lt: to, reverse, limit, highWaterMarkBytes: 262_144, ...within });
  const read = () => iterator.nextv(PAGE).catch((fault) => Promise.reject(readFault(fault, from)));
  try {
    for (let entries = await read(); entries.length > 0; ) {
      // LevelDB reads on its own threads: the next page, while this one is looked at.
      const next = entries.length < PAGE ? read : ahead(read());
      yield entries.map(([key, sealed]) => [key, unseal(key, sealed)] as const);
      entries = await next();
    }
  } finally {
    await iterator.close();
  }
}

const PAGE = 500;

/** Whoever stops reading does not wait for the page that was read ahead, nor for its fault. */
function ahead<T>(page: Promise<T>): () => Promise<T> {
  page.catch(() => {});
  return () => page;
}

function readFault(fault: unknown, key: Key): StoreFault {
  const code = codeOf(fault);
  if (code === "LEVEL_CORRUPTION") return corrupt(key, fault);
  if (code === "LEVEL_DATABASE_NOT_OPEN" || code === "LEVEL_ITERATOR_NOT_OPEN") return closedFault();
  return new StoreFault("STORE_FAILED", `reading the store's disk failed: ${String(fault)}`, { cause: fault });
}

function closedFault(): StoreFault {
  return new StoreFault("STORE_CLOSED", "the store is closed");
}

function codeOf(fault: unknown): unknown {
  return fault instanceof Error && "code" in fault ? fault.code : undefined;
}

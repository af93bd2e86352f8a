import { mkdir, rm } from "node:fs/promises";
import { Level } from "level";
import type { IndexStore } from "./index-port.ts";

/**
 * The search index's own Level, apart from the node's store: `sync: false`, since it is derived. A database that does not open
 * any more (torn by a power cut) is made anew; the index then fills itself from the change logs.
 */
export async function openLevelIndex(directory: string): Promise<IndexStore> {
  await mkdir(directory, { recursive: true });
  const db = await openOrRecreate(directory);
  return {
    get: (key) => db.get(key),
    getMany: (keys) => db.getMany([...keys]),
    range: (from, to, limit = -1) => db.iterator({ gte: from, lt: to, limit, highWaterMarkBytes: 1_048_576 }).all(),
    async write(put, remove) {
      const batch = db.batch();
      for (const [key, value] of put) batch.put(key, value);
      for (const key of remove) batch.del(key);
      await batch.write({ sync: false });
    },
    clear: (from, to) => db.clear({ gte: from, lt: to }),
    close: () => db.close(),
  };
}

async function openOrRecreate(directory: string): Promise<Level<string, Uint8Array>> {
  const open = async () => {
    const db = new Level<string, Uint8Array>(directory, {
      valueEncoding: "view",
      cacheSize: 32 * 1_048_576,
      // Posting lists are delta-coded and do not shrink further; compressing costs reads.
      compression: false,
      // Few large appends: a bigger buffer keeps bulk indexing from compacting all the time.
      writeBufferSize: 16 * 1_048_576,
    });
    await db.open();
    return db;
  };
  try {
    return await open();
  } catch (fault) {
    if (isLocked(fault)) throw fault;
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return await open();
  }
}

/** Another process holds the database: nothing is broken, and nothing may be deleted. */
function isLocked(fault: unknown): boolean {
  const cause = fault instanceof Error ? fault.cause : undefined;
  return cause instanceof Error && "code" in cause && cause.code === "LEVEL_LOCKED";
}

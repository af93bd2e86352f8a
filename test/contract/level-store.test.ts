import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Level } from "level";
import { openLevelStore } from "../../node/storage/level.ts";
import type { Key } from "../../node/storage/port.ts";
import { describeStore, type OpenedStore } from "./store.contract.ts";

async function openEmptyLevelStore(): Promise<OpenedStore> {
  const directory = await mkdtemp(join(tmpdir(), "heliu-level-"));
  const store = await openLevelStore(directory);
  return {
    store,
    async reopen() {
      await store.close();
      return openLevelStore(directory);
    },
    async rot(key) {
      await store.close();
      await flipLastByte(directory, key);
      return openLevelStore(directory);
    },
    dispose: () => rm(directory, { recursive: true }),
  };
}

async function flipLastByte(directory: string, key: Key): Promise<void> {
  const db = new Level<string, Buffer>(directory, { valueEncoding: "buffer" });
  const stored = await db.get(key);
  if (stored === undefined) throw new Error(`nothing is stored under ${key}`);
  stored[stored.length - 1] = (stored.at(-1) ?? 0) ^ 1;
  await db.put(key, stored);
  await db.close();
}

describeStore("Level", openEmptyLevelStore);

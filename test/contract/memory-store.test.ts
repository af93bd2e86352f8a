import { expect, it } from "vitest";
import { copyMemoryDisk, createMemoryDisk, openMemoryStore, rotMemoryDisk } from "../../node/storage/memory.ts";
import { describeStore, type OpenedStore } from "./store.contract.ts";

async function openEmptyMemoryStore(): Promise<OpenedStore> {
  const disk = createMemoryDisk();
  const store = openMemoryStore(disk);
  return {
    store,
    async reopen() {
      await store.close();
      return openMemoryStore(disk);
    },
    async rot(key) {
      await store.close();
      rotMemoryDisk(disk, key);
      return openMemoryStore(disk);
    },
    dispose: async () => {},
  };
}

describeStore("memory", openEmptyMemoryStore);

it("brings yesterday's disk back as it was copied", async () => {
  const disk = createMemoryDisk();
  const store = openMemoryStore(disk);
  const put = (key: string) =>
    store.commit([], () => ({ put: new Map([[key, Buffer.from(key)]]), remove: new Set<string>(), result: 0 }));
  await put("a");
  const yesterday = copyMemoryDisk(disk);
  await put("b");
  const restored = openMemoryStore(yesterday);
  expect([await restored.get("b"), (await restored.get("a"))?.length]).toEqual([undefined, 1]);
  expect((await store.get("b"))?.length).toBe(1);
});

import { describe, expect, it } from "vitest";
import { dumpStore, loadDump } from "./dump.ts";
import { openMemoryStore } from "./memory.ts";
import type { Store } from "./port.ts";

const put = (store: Store, records: Record<string, string>) =>
  store.commit([], () => ({
    put: new Map(Object.entries(records).map(([key, value]) => [key, Buffer.from(value)])),
    remove: new Set<string>(),
    result: true,
  }));

async function contents(store: Store) {
  const found: Record<string, string> = {};
  for await (const [key, value] of store.range({ from: "", to: "\u{10ffff}" })) {
    found[key] = Buffer.from(value).toString();
  }
  return found;
}

async function bytesOf(store: Store): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of dumpStore(store)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function* cut(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function filled(): Promise<Store> {
  const store = openMemoryStore();
  const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`m/${i}`, `${i}`.repeat(200)]));
  await put(store, { "a/一": "甲", "a/empty": "", ...many });
  return store;
}

describe("a dump of a store", () => {
  it.each([1_000_000, 4_096, 7])(
    "fills an empty store with the same records, cut into pieces of %i bytes",
    async (size) => {
      const store = await filled();
      const bytes = await bytesOf(store);
      const other = openMemoryStore();
      expect(await loadDump(other, cut(bytes, size))).toBe(2_502);
      expect(await contents(other)).toEqual(await contents(store));
    },
  );

  it("is of the moment it was begun", async () => {
    const store = await filled();
    const dump = dumpStore(store);
    const first = await dump.next();
    await put(store, { "m/1": "later", "z/later": "later" });
    const rest: Uint8Array[] = [first.value as Uint8Array];
    for await (const chunk of dump) rest.push(chunk);
    const other = openMemoryStore();
    await loadDump(other, cut(Buffer.concat(rest), 4_096));
    expect((await contents(other))["m/1"]).toBe("1".repeat(200));
    expect((await contents(other))["z/later"]).toBeUndefined();
  });

  it("is refused when a byte is missing, too much of it was cut off, or one was changed", async () => {
    const store = openMemoryStore();
    await put(store, { a: "1", b: "22" });
    const bytes = await bytesOf(store);
    for (let at = 0; at < bytes.length; at++) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      await expect(loadDump(openMemoryStore(), cut(flipped, 1_000))).rejects.toThrow();
      await expect(loadDump(openMemoryStore(), cut(bytes.subarray(0, at), 1_000))).rejects.toThrow();
    }
  });
});

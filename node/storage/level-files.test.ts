import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { crc32c } from "./crc32c.ts";
import { openLevelStore } from "./level.ts";
import { checkFiles } from "./level-files.ts";
import { isLogRotten } from "./level-log.ts";
import { isTableRotten } from "./level-table.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "heliu-files-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Eight commits in the log, without the mark that closing writes. */
async function fill(count: number): Promise<void> {
  const store = await openLevelStore(directory);
  for (let i = 0; i < 8; i++) {
    const records = Array.from({ length: count / 8 }, (_, n) => [`rec/${i}/${n}`, Buffer.from(`value ${n}`)] as const);
    await store.commit([], () => ({ put: new Map(records), remove: new Set<string>(), result: 0 }));
  }
  await store.close();
}

/** Opening moves what is in the log to a table. */
async function fillTable(count: number): Promise<string> {
  await fill(count);
  await (await openLevelStore(directory)).close();
  return fileOf(".ldb");
}

async function fileOf(extension: string): Promise<string> {
  const name = (await readdir(directory)).find((some) => some.endsWith(extension));
  if (name === undefined) throw new Error(`the store has no ${extension} file`);
  return join(directory, name);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0x10;
  return copy;
}

const allPlaces = (bytes: Buffer) => Array.from({ length: bytes.length }, (_, at) => at);

describe("the check of a Level store's files", () => {
  it("computes the checksum of RFC 3720", () => {
    expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  });

  it("finds any flipped byte of a closed store's log", async () => {
    await fill(40);
    const log = await readFile(await fileOf(".log"));
    expect(isLogRotten(log)).toBe(false);
    // The last entry is the mark of closing (7 bytes of header, 12 of batch, 3 of deletion), which holds no record.
    const unfound = allPlaces(log).filter((at) => !isLogRotten(flipped(log, at)));
    expect(unfound).toEqual(allPlaces(log).slice(-22));
  });

  it("takes a log that ends anywhere for torn, not for rotten", async () => {
    await fill(40);
    const log = await readFile(await fileOf(".log"));
    expect(allPlaces(log).filter((length) => isLogRotten(log.subarray(0, length)))).toEqual([]);
  });

  it("finds rot in a log of many blocks, whose records are split between them", async () => {
    await fill(8_000);
    const log = await readFile(await fileOf(".log"));
    expect(log.length).toBeGreaterThan(4 * 32_768);
    expect(isLogRotten(log)).toBe(false);
    const places = allPlaces(log).filter((at) => at % 9_973 === 0);
    expect(places.filter((at) => !isLogRotten(flipped(log, at)))).toEqual([]);
  });

  it("finds any flipped byte of a table that means anything", async () => {
    const table = await readFile(await fillTable(40));
    expect(isTableRotten(table)).toBe(false);
    const unfound = allPlaces(table).filter((at) => !isTableRotten(flipped(table, at)));
    // Zeros that fill the footer between its two places and its magic number.
    expect(unfound.every((at) => at >= table.length - 48 && table[at] === 0)).toBe(true);
  });

  it("reads the packed index of a table with many blocks", async () => {
    const table = await readFile(await fillTable(40_000));
    expect(isTableRotten(table)).toBe(false);
    const places = allPlaces(table).filter((at) => at % 4_999 === 0);
    expect(places.filter((at) => !isTableRotten(flipped(table, at)))).toEqual([]);
  });

  it.each([".log", ".ldb"])(
    "keeps a store with a rotten %s file from opening, and names the file",
    async (extension) => {
      if (extension === ".ldb") await fillTable(40);
      else await fill(40);
      const path = await fileOf(extension);
      await writeFile(path, flipped(await readFile(path), 30));
      const fault = { code: "STORE_CORRUPT", message: expect.stringContaining(path) };
      await expect(openLevelStore(directory)).rejects.toMatchObject(fault);
      await expect(openLevelStore(directory)).rejects.toMatchObject(fault);
    },
  );

  it("passes over a table that a killed process left unfinished", async () => {
    const path = await fillTable(40);
    await writeFile(join(directory, "000999.ldb"), (await readFile(path)).subarray(0, 200));
    const store = await openLevelStore(directory);
    expect(Buffer.from((await store.get("rec/0/0")) ?? []).toString()).toBe("value 0");
    await store.close();
  });

  it("finds rot beyond the limit in the background, in tables that are in use", async () => {
    const path = await fillTable(40);
    const rotten = flipped(await readFile(path), 30);
    for (const name of [path, join(directory, "000998.ldb")]) await writeFile(name, rotten);
    const check = await checkFiles(directory, 0);
    const [number] = /\d+(?=\.ldb)/.exec(path) ?? [];
    await check.afterOpening(`--- level 0 ---\n ${Number(number)}:500['a' .. 'b']\n`);
    await expect(check.inBackground(() => false)).resolves.toMatchObject({ message: expect.stringContaining(path) });
    await expect(check.inBackground(() => true)).resolves.toBeUndefined();
  });
});

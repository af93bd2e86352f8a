import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { CatalogChange, CatalogEntry } from "../catalog/model.ts";
import type { MirrorChange } from "../federation/model.ts";
import { silentLogger } from "../kernel/logger.ts";
import { systemScheduler } from "../kernel/scheduler.ts";
import { openLevelIndex } from "../storage/level-index.ts";
import { createSearchIndexer } from "./indexer.ts";
import { openSearch, type Search } from "./service.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function entry(id: string, name: string): CatalogEntry {
  return {
    ...{ id, name, resourceCode: id, kind: "dataset", abstract: name, regionCode: "510100", theme: "T01" },
    provider: { name: "局", orgCode: "1", divisionCode: "510100" },
    sharing: { attribute: "unconditional" },
    opening: { attribute: "none" },
    ...{ updateFrequency: "daily", dataLevel: "G1", formats: ["csv"], personalInfo: false, status: "published" },
    ...{ issued: "2025-01-01", modified: "2025-01-01", version: 1 },
    fields: [{ name: "id", label: "编号", type: "string", sensitivity: "S0" }],
  } as CatalogEntry;
}

/** Two change logs as catalogue and federation offer them. */
function logs() {
  const own: CatalogChange[] = [];
  const mirror: MirrorChange[] = [];
  const listeners = new Set<() => void>();
  const watch = (onChange: () => void) => {
    listeners.add(onChange);
    return () => void listeners.delete(onChange);
  };
  const asked: string[] = [];
  return {
    own,
    mirror,
    asked,
    publish(id: string, name: string) {
      const sequence = String(own.length + 1);
      own.push({ sequence, at: "", entryId: id, version: "1", entry: entry(id, name) });
      for (const listener of listeners) listener();
    },
    catalog: {
      watch,
      headSequence: async () => String(own.length),
      async ownChangesAfter(sequence: string, limit: number) {
        asked.push(sequence);
        return own.slice(Number(sequence), Number(sequence) + limit);
      },
    },
    federation: {
      onChange: watch,
      positions: async () => ({ "500000": String(mirror.length) }),
      changesAfter: async (_region: string, position: string, limit: number) =>
        mirror.slice(Number(position), Number(position) + limit),
    },
  };
}

async function openIn(directory: string): Promise<Search> {
  return await openSearch({ store: await openLevelIndex(directory), logger: silentLogger });
}

async function running() {
  const directory = await mkdtemp(join(tmpdir(), "heliu-indexer-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  const source = logs();
  const start = async () => {
    const search = await openIn(directory);
    const indexer = createSearchIndexer({
      ...{ search, catalog: source.catalog, federation: source.federation },
      ...{ logger: silentLogger, scheduler: systemScheduler, region: "510100" },
    });
    indexer.start();
    const stop = async () => {
      await indexer.stop();
      await search.close();
    };
    return { search, indexer, stop };
  };
  return { source, start };
}

const names = async (search: Search) =>
  (await search.query({ q: "", limit: 100 })).items.map(({ name }) => name).sort();

describe("the indexer", () => {
  it("takes in this region's catalogue and a mirror, and what is published later", async () => {
    const { source, start } = await running();
    source.publish("a", "公园名录");
    source.mirror.push({ region: "500000", position: "1", id: "b", entry: entry("b", "桥梁名录") });
    const { search, indexer, stop } = await start();
    await indexer.caughtUp();
    expect(await names(search)).toEqual(["公园名录", "桥梁名录"]);
    source.publish("c", "医院名录");
    await indexer.caughtUp();
    expect(await names(search)).toHaveLength(3);
    expect(await search.position()).toEqual({ "510100": "2", "500000": "1" });
    await stop();
  });

  it("goes on from where it was after a restart", async () => {
    const { source, start } = await running();
    source.publish("a", "公园名录");
    const first = await start();
    await first.indexer.caughtUp();
    await first.stop();
    source.asked.length = 0;
    source.publish("b", "医院名录");
    const second = await start();
    await second.indexer.caughtUp();
    expect(source.asked[0]).toBe("1");
    expect(await names(second.search)).toEqual(["公园名录", "医院名录"].sort());
    await second.stop();
  });

  it("starts anew when a change log went back", async () => {
    const { source, start } = await running();
    for (const id of ["a", "b", "c"]) source.publish(id, `名录${id}`);
    const first = await start();
    await first.indexer.caughtUp();
    await first.stop();
    source.own.splice(1);
    const second = await start();
    await second.indexer.caughtUp();
    expect(await names(second.search)).toEqual(["名录a"]);
    await second.stop();
  });
});

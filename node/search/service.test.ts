import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { CatalogEntry } from "../catalog/model.ts";
import { silentLogger } from "../kernel/logger.ts";
import { openLevelIndex } from "../storage/level-index.ts";
import type { IndexChange, SearchQuery } from "./model.ts";
import { openSearch, type Search } from "./service.ts";

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function temporaryFolder(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "heliu-search-"));
  cleanups.push(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function open(directory: string): Promise<Search> {
  const search = await openSearch({ store: await openLevelIndex(directory), logger: silentLogger });
  cleanups.push(() => search.close());
  return search;
}

function entry(id: string, name: string, more: Partial<CatalogEntry> = {}): CatalogEntry {
  return {
    id,
    resourceCode: id,
    kind: "dataset",
    name,
    abstract: `${name}的说明。`,
    provider: { name: "成都市市场监督管理局", orgCode: "510100-001", divisionCode: "510100" },
    regionCode: "510100",
    theme: "T13",
    sharing: { attribute: "unconditional" },
    opening: { attribute: "none" },
    updateFrequency: "daily",
    dataLevel: "G2",
    formats: ["csv"],
    personalInfo: false,
    issued: "2025-01-01",
    modified: "2025-06-01",
    version: 1,
    status: "published",
    fields: [{ name: "id", label: "编号", type: "string", sensitivity: "S0" }],
    ...more,
  };
}

const chengdu = (...entries: CatalogEntry[]): IndexChange[] =>
  entries.map((one) => ({ region: one.regionCode, id: one.id, entry: one }));

const lifts = entry("lifts", "电梯维护保养记录", { keywords: ["困人", "维保"], nameEn: "Lift maintenance records" });
const air = entry("air", "环境空气质量小时数据", {
  theme: "T05",
  formats: ["csv", "api"],
  fields: [{ name: "next_inspect_date", label: "下次检验日期", type: "date", sensitivity: "S0" }],
});
const realEstate = entry("estate", "不动产登记信息", { kind: "service", sharing: { attribute: "conditional" } });
const special = entry("special", "特种设备使用登记", { regionCode: "500000", modified: "2025-08-01" });

async function filled(): Promise<Search> {
  const search = await open(await temporaryFolder());
  await search.apply(chengdu(lifts, air, realEstate, special), { "510100": "3", "500000": "1" });
  return search;
}

const ids = async (search: Search, q: string, more: Partial<SearchQuery> = {}) =>
  (await search.query({ q, limit: 10, ...more })).items.map(({ id }) => id);

describe("a search", () => {
  it.each([
    ["the words of the name", "电梯保养", "lifts"],
    ["another word for it", "直梯", "lifts"],
    ["traditional characters", "電梯維護", "lifts"],
    ["full-width letters", "ＬＩＦＴ", "lifts"],
    ["initials", "dtwh", "lifts"],
    ["pinyin", "kongqizhiliang", "air"],
    ["a wrong character of the right sound", "不动厂", "estate"],
    ["English in another number", "lifts record", "lifts"],
    ["a field's name", "next_inspect_date", "air"],
    ["a field's label", "下次检验日期", "air"],
    ["a question", "请问哪里可以查到电梯维保的情况", "lifts"],
  ])("finds an entry by %s", async (_how, q, id) => {
    expect((await ids(await filled(), q))[0]).toBe(id);
  });

  it("answers nothing, and says why, when nothing fits", async () => {
    const search = await filled();
    const statement = [{ name: "no", label: "流水号", type: "string", sensitivity: "S0" }] as const;
    await search.apply(chengdu(entry("calls", "核验服务", { fields: [...statement] })), {});
    expect(await search.query({ q: "银行卡流水", limit: 10 })).toMatchObject({
      total: 0,
      items: [],
      reason: { code: "SEARCH_NO_MATCH" },
    });
    expect(await search.query({ q: "电梯", theme: "T05", limit: 10 })).toMatchObject({
      total: 0,
      reason: { code: "SEARCH_FILTERED_OUT" },
    });
    expect((await search.query({ q: "", cursor: "?", limit: 10 })).reason?.code).toBe("SEARCH_BAD_CURSOR");
    expect((await (await open(await temporaryFolder())).query({ q: "电梯", limit: 10 })).reason?.code).toBe(
      "SEARCH_INDEX_EMPTY",
    );
  });

  it.each(["state-secret", "work-secret"])(
    "never shows an entry of class %s, also when it was public before",
    async (securityClass) => {
      const search = await filled();
      await search.apply(chengdu({ ...lifts, securityClass }, entry("map", "涉密测绘", { securityClass })), {});
      expect(await ids(search, "电梯")).not.toContain("lifts");
      expect(await ids(search, "测绘")).toEqual([]);
    },
  );

  it("shows no entry that is suspended", async () => {
    const search = await filled();
    await search.apply(chengdu({ ...lifts, status: "suspended" }), {});
    expect(await ids(search, "电梯维护保养")).not.toContain("lifts");
  });

  it("marks what matched, also where a character becomes several", async () => {
    const search = await filled();
    await search.apply(chengdu(entry("sqm", "㎡面积与電梯", { abstract: `${"前".repeat(200)}电梯在此` })), {});
    const { items } = await search.query({ q: "电梯", limit: 10 });
    const { name, abstract } = items.find(({ id }) => id === "sqm")?.highlight ?? {};
    expect(name?.ranges.map(([from, to]) => name.text.slice(from, to))).toEqual(["電梯"]);
    expect(abstract?.ranges.map(([from, to]) => abstract.text.slice(from, to))).toEqual(["电梯"]);
    expect(abstract?.text.startsWith("…")).toBe(true);
  });

  it("filters, and counts for each facet what its other choices would give", async () => {
    const search = await filled();
    const answer = await search.query({ q: "", limit: 10, theme: "T13", region: "510100" });
    expect(answer.items.map(({ id }) => id).sort()).toEqual(["estate", "lifts"]);
    expect(answer.facets.theme).toEqual([
      { code: "T13", count: 2 },
      { code: "T05", count: 1 },
    ]);
    expect(answer.facets.region).toEqual([
      { code: "510100", count: 2 },
      { code: "500000", count: 1 },
    ]);
    expect(answer.facets.format).toEqual([{ code: "csv", count: 2 }]);
    expect(await ids(search, "", { format: "api" })).toEqual(["air"]);
    expect(await ids(search, "", { sharing: "conditional", provider: "市场监督" })).toEqual(["estate"]);
    expect(await ids(search, "", { kind: "nonsense" })).toEqual([]);
  });

  it("lists everything without words, newest first, and pages without gap or double", async () => {
    const search = await open(await temporaryFolder());
    const many = Array.from({ length: 25 }, (_, i) =>
      entry(`e${i}`, `公园名录${i}`, { modified: `2025-01-${10 + (i % 5)}` }),
    );
    await search.apply(chengdu(...many), {});
    for (const q of ["", "公园"]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page = await search.query({ q, limit: 10, ...(cursor === null ? {} : { cursor }) });
        expect(page.total).toBe(25);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(25);
      expect(seen).toHaveLength(25);
    }
    expect((await search.query({ q: "", limit: 1 })).items[0]?.modified).toBe("2025-01-14");
  });
});

describe("the index", () => {
  it("answers the same whether entries came at once or one by one, with changes and withdrawals between", async () => {
    const words = ["电梯", "空气", "公园", "医院", "企业", "登记", "检验", "名录"];
    const entries = Array.from({ length: 300 }, (_, i) => {
      const pick = (shift: number) => words[(i * 7 + shift * 3 + (i >> 3)) % words.length];
      return entry(`e${i % 120}`, `${pick(0)}${pick(1)}${pick(2)}`, { version: i + 1 });
    });
    const atOnce = await open(await temporaryFolder());
    const oneByOne = await open(await temporaryFolder());
    const changes = entries.flatMap((one, i): IndexChange[] =>
      i % 9 === 8 ? [{ region: "510100", id: `e${(i * 5) % 120}`, entry: null }] : chengdu(one),
    );
    await atOnce.apply(changes, { "510100": "300" });
    for (const [i, change] of changes.entries()) await oneByOne.apply([change], { "510100": String(i + 1) });
    for (const q of words) {
      const answers = await Promise.all([atOnce, oneByOne].map((search) => search.query({ q, limit: 100 })));
      const [a, b] = answers.map(({ total, items }) => ({ total, ids: items.map(({ id }) => id).sort() }));
      expect(b).toEqual(a);
      expect(a?.total).toBeGreaterThan(0);
    }
    expect(await oneByOne.position()).toEqual(await atOnce.position());
  });

  it("is there again after a restart, with its position", async () => {
    const directory = await temporaryFolder();
    const first = await openSearch({ store: await openLevelIndex(directory), logger: silentLogger });
    await first.apply(chengdu(lifts, air), { "510100": "7" });
    await first.apply([{ region: "510100", id: "air", entry: null }], { "510100": "8" });
    await first.close();
    const again = await open(directory);
    expect(await again.position()).toEqual({ "510100": "8" });
    expect(await ids(again, "")).toEqual(["lifts"]);
    await again.apply(chengdu(special), { "500000": "1" });
    expect((await ids(again, "特种设备"))[0]).toBe("special");
    expect((await again.query({ q: "", limit: 5 })).facets.region.map(({ code }) => code).sort()).toEqual([
      "500000",
      "510100",
    ]);
  });

  it("does not grow with the changes it has seen, and answers all the while", async () => {
    const directory = await temporaryFolder();
    const store = await openLevelIndex(directory);
    const search = await openSearch({ store, logger: silentLogger, limits: { deadDocuments: 20 } });
    await search.apply(chengdu(special), { "500000": "1" });
    for (let version = 1; version <= 10; version++) {
      const parks = Array.from({ length: 10 }, (_, i) => entry(`p${i}`, `公园名录第${version}版`, { version }));
      const [, answer] = await Promise.all([
        search.apply(chengdu(...parks), { "510100": String(version) }),
        search.query({ q: "公园", limit: 100 }),
      ]);
      // The old or the new version, never neither; before the first there is nothing.
      if (version > 1) expect(answer.items.length).toBe(10);
    }
    const { items, total, facets } = await search.query({ q: "公园名录", limit: 100 });
    expect(new Set(items.map(({ name }) => name))).toEqual(new Set(["公园名录第10版"]));
    expect([total, facets.region]).toEqual([10, [{ code: "510100", count: 10 }]]);
    expect((await ids(search, "特种设备"))[0]).toBe("special");
    expect(await search.position()).toEqual({ "500000": "1", "510100": "10" });
    const documents = [...(await store.range("a/s/", "a/s0")), ...(await store.range("b/s/", "b/s0"))];
    expect(documents.length).toBeLessThan(40);

    await search.close();
    const again = await open(directory);
    expect(await again.position()).toEqual({ "500000": "1", "510100": "10" });
    expect((await again.query({ q: "公园名录", limit: 1 })).total).toBe(10);
  });

  it("forgets everything when told to", async () => {
    const search = await filled();
    await search.clear();
    expect(await search.position()).toEqual({});
    expect((await search.query({ q: "电梯", limit: 10 })).reason?.code).toBe("SEARCH_INDEX_EMPTY");
    await search.apply(chengdu(air), { "510100": "1" });
    expect(await ids(search, "")).toEqual(["air"]);
  });

  it("answers while it is being written to", async () => {
    const search = await filled();
    const writing = search.apply(chengdu(...Array.from({ length: 120 }, (_, i) => entry(`w${i}`, `电梯名录${i}`))), {});
    const during = await search.query({ q: "电梯", limit: 100 });
    expect([1, 121]).toContain(during.items.filter(({ name }) => name.includes("电梯")).length);
    await writing;
    expect((await search.query({ q: "电梯名录", limit: 1 })).total).toBeGreaterThanOrEqual(120);
  });
});

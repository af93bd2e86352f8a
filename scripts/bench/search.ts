import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { openSearch, type Search } from "../../node/search/service.ts";
import { openLevelIndex } from "../../node/storage/level-index.ts";
import type { BenchOptions, BenchRow } from "./row.ts";

const TARGET = { p50: 5, p99: 25 };
const BATCH = 2_000;
const data = join(import.meta.dirname, "../../data");

/**
 * Realistic queries (data/queries.json: names, everyday words, pinyin, slips, English, filters) against synthetic entries made of
 * the sample catalogues for every county of China. Baseline: the same entries as strings in memory, looked through for every word.
 */
export async function benchSearch100k({ quick }: BenchOptions): Promise<BenchRow> {
  const count = quick ? 20_000 : 100_000;
  const rounds = quick ? 3 : 5;
  const queries = readQueries();
  const directory = await mkdtemp(join(tmpdir(), "heliu-bench-search-"));
  const ours: number[] = [];
  const scans: number[] = [];
  try {
    const texts: string[] = [];
    const indexed = await fill(directory, count, texts);
    const opened = performance.now();
    const search = await open(directory);
    const restartMs = performance.now() - opened;
    for (const q of queries) await search.query({ q, limit: 20 });
    for (let round = 0; round < rounds; round++) {
      for (const q of queries) {
        ours.push(await timed(() => search.query({ q, limit: 20 })));
        // The scan takes long and varies little: a part of the samples is enough.
        if (round === 0) scans.push(await timed(async () => scan(texts, q)));
      }
    }
    await search.close();
    return row(count, ours, scans, { indexedPerSecond: Math.round(count / indexed), restartMs: Math.round(restartMs) });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function row(count: number, ours: number[], scans: number[], extra: { readonly [name: string]: number }): BenchRow {
  const [p50, p99] = [percentile(ours, 0.5), percentile(ours, 0.99)];
  const baseline = { name: "strings in memory, includes()", p50: percentile(scans, 0.5) };
  const met = p50 <= TARGET.p50 && p99 <= TARGET.p99;
  const ratio = Math.round((baseline.p50 / p50) * 10) / 10;
  return {
    case: "search.100k",
    unit: "ms",
    p50,
    p99,
    n: ours.length,
    baseline,
    ratio,
    target: TARGET,
    met,
    entries: count,
    ...extra,
  };
}

async function open(directory: string): Promise<Search> {
  return await openSearch({ store: await openLevelIndex(directory), logger: silentLogger });
}

/** Answers the seconds it took to index; `texts` is what the baseline looks through. */
async function fill(directory: string, count: number, texts: string[]): Promise<number> {
  const search = await open(directory);
  let seconds = 0;
  let batch: CatalogEntry[] = [];
  const flush = async () => {
    const changes = batch.map((entry) => ({ region: entry.regionCode, id: entry.id, entry }));
    seconds += (await timed(() => search.apply(changes, {}))) / 1_000;
    batch = [];
  };
  for (const entry of syntheticEntries(count)) {
    texts.push(
      [entry.name, entry.abstract, ...(entry.keywords ?? []), ...entry.fields.map(({ label }) => label)]
        .join(" ")
        .toLowerCase(),
    );
    if (batch.push(entry) === BATCH) await flush();
  }
  await flush();
  await search.close();
  return seconds;
}

/** Every template for one county after the other, with other fields and parts of other abstracts, so that no two are alike. */
export function* syntheticEntries(count: number): Generator<CatalogEntry> {
  const templates = ["catalog-chengdu.json", "catalog-chongqing.json"].flatMap(
    (file) => (JSON.parse(readFileSync(join(data, file), "utf8")) as { entries: CatalogEntry[] }).entries,
  );
  const usable = templates.filter(({ securityClass }) => securityClass === undefined || securityClass === "none");
  const places = readPlaces();
  const random = seeded(20_261_001);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  for (let i = 0; i < count; i++) {
    const template = usable[i % usable.length] as CatalogEntry;
    const other = pick(usable);
    const place = places[Math.floor(i / usable.length) % places.length] as { code: string; name: string };
    const year = 2018 + Math.floor(random() * 9);
    yield {
      ...template,
      id: `bench-${i}`,
      name: random() < 0.5 ? `${place.name}${template.name}` : `${template.name}(${year}年)`,
      abstract: `${place.name}。${template.abstract}${pick(other.abstract.split("。"))}。`,
      regionCode: `${place.code.slice(0, 4)}00`,
      provider: { ...template.provider, name: `${place.name}${template.provider.name.replace(/^.{2,3}市/, "")}` },
      fields: [...template.fields.filter(() => random() < 0.8), pick(other.fields), template.fields[0]].filter(
        (field) => field !== undefined,
      ),
      modified: `${year}-0${1 + Math.floor(random() * 9)}-15`,
    };
  }
}

function readPlaces(): { code: string; name: string }[] {
  const file = join(import.meta.dirname, "../../node/catalog/divisions.json");
  const { divisions } = JSON.parse(readFileSync(file, "utf8")) as {
    divisions: { code: string; name: string; validToYear: number | null }[];
  };
  return divisions.filter(({ code, validToYear }) => validToYear === null && !code.endsWith("0000"));
}

function readQueries(): string[] {
  const { queries } = JSON.parse(readFileSync(join(data, "queries.json"), "utf8")) as { queries: { query: string }[] };
  return queries.map(({ query }) => query);
}

/** What one writes without an index: every word somewhere in the text, entries with more of them first. */
function scan(texts: readonly string[], q: string): number[] {
  const words = q
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const found: { at: number; hits: number }[] = [];
  for (const [at, text] of texts.entries()) {
    const hits = words.filter((word) => text.includes(word)).length;
    if (hits === words.length) found.push({ at, hits });
  }
  return found
    .sort((a, b) => b.hits - a.hits)
    .slice(0, 20)
    .map(({ at }) => at);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
}

/** mulberry32: the same entries in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

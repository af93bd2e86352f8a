/**
 * How well the search ranks: `npm run eval:search -- --catalog F… --queries F` prints one line of JSON with NDCG@10, recall@20, both
 * by kind of query, and the worst queries. Queries of kind `filter` have no order: the share of common entries counts instead.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { CatalogEntry } from "../node/catalog/model.ts";
import { silentLogger } from "../node/kernel/logger.ts";
import type { SearchQuery } from "../node/search/model.ts";
import { openSearch, type Search } from "../node/search/service.ts";
import { openLevelIndex } from "../node/storage/level-index.ts";

type Judged = {
  readonly id: string;
  readonly kind: string;
  readonly query: string;
  readonly filters?: Partial<Omit<SearchQuery, "q" | "limit" | "cursor">>;
  readonly relevant?: readonly { readonly id: string; readonly grade: number }[];
  readonly expectNoRelevant?: boolean;
  readonly mustNotReturn?: readonly string[];
};

type Score = {
  readonly query: Judged;
  readonly ndcg10: number;
  readonly recall20: number;
  readonly answered: readonly string[];
};

const WORST = 10;

const { values, positionals } = parseArgs({
  options: { catalog: { type: "string", multiple: true }, queries: { type: "string" }, verbose: { type: "boolean" } },
  // `--catalog A B` gives B as a positional.
  allowPositionals: true,
});
const catalogs = [...(values.catalog ?? []), ...positionals];
if (catalogs.length === 0 || values.queries === undefined) {
  console.error("usage: npm run eval:search -- --catalog FILE… --queries FILE [--verbose]");
  process.exit(2);
}

const entries = catalogs.flatMap((file) => readEntries(file));
const { queries } = JSON.parse(readFileSync(values.queries, "utf8")) as { queries: Judged[] };
const directory = mkdtempSync(join(tmpdir(), "heliu-eval-search-"));
const search = await openSearch({ store: await openLevelIndex(directory), logger: silentLogger });
try {
  await search.apply(
    entries.map((entry) => ({ region: entry.regionCode, id: entry.id, entry })),
    {},
  );
  const scores: Score[] = [];
  for (const query of queries) scores.push(await judge(search, query));
  report(scores);
} finally {
  await search.close();
  rmSync(directory, { recursive: true, force: true });
}

function readEntries(file: string): CatalogEntry[] {
  const parsed = JSON.parse(readFileSync(file, "utf8")) as CatalogEntry[] | { entries: CatalogEntry[] };
  return Array.isArray(parsed) ? parsed : parsed.entries;
}

async function judge(searched: Search, query: Judged): Promise<Score> {
  const { items } = await searched.query({ ...query.filters, q: query.query, limit: 100 });
  const answered = items.map(({ id }) => id);
  for (const id of query.mustNotReturn ?? []) if (answered.includes(id)) throw new Error(`${query.id} returned ${id}`);
  const grades = new Map((query.relevant ?? []).map(({ id, grade }) => [id, grade]));
  if (query.expectNoRelevant || grades.size === 0) {
    const value = answered.length === 0 ? 1 : 0;
    return { query, ndcg10: value, recall20: value, answered };
  }
  const found = answered.filter((id) => grades.has(id)).length;
  if (query.kind === "filter") {
    const value = found / Math.max(grades.size, answered.length);
    return { query, ndcg10: value, recall20: value, answered };
  }
  const inTwenty = answered.slice(0, 20).filter((id) => grades.has(id)).length;
  return {
    query,
    ndcg10: gain(answered.map((id) => grades.get(id) ?? 0)) / gain([...grades.values()].sort((a, b) => b - a)),
    recall20: inTwenty / Math.min(20, grades.size),
    answered,
  };
}

function gain(grades: readonly number[]): number {
  return grades.slice(0, 10).reduce((sum, grade, i) => sum + (2 ** grade - 1) / Math.log2(i + 2), 0);
}

function report(scores: readonly Score[]): void {
  const kinds = [...new Set(scores.map(({ query }) => query.kind))];
  const byKind = Object.fromEntries(
    kinds.map((kind) => {
      const own = scores.filter(({ query }) => query.kind === kind);
      return [kind, { n: own.length, ...meanOf(own) }];
    }),
  );
  const worst = [...scores]
    .sort((a, b) => a.ndcg10 - b.ndcg10)
    .slice(0, values.verbose ? scores.length : WORST)
    .map(({ query, ndcg10, answered }) => ({
      id: query.id,
      kind: query.kind,
      query: query.query,
      ndcg10: rounded(ndcg10),
      answered: answered.slice(0, 10).map((id) => `${id} ${nameOf(id)}`),
    }));
  if (values.verbose) for (const line of worst) console.error(JSON.stringify(line));
  console.log(JSON.stringify({ ...meanOf(scores), byKind, worst: worst.slice(0, WORST) }));
}

function meanOf(scores: readonly Score[]): { ndcg10: number; recall20: number } {
  const mean = (pick: (score: Score) => number) =>
    rounded(scores.reduce((sum, score) => sum + pick(score), 0) / scores.length);
  return { ndcg10: mean(({ ndcg10 }) => ndcg10), recall20: mean(({ recall20 }) => recall20) };
}

function nameOf(id: string): string {
  return entries.find((entry) => entry.id === id)?.name ?? "";
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}

import type { Logger } from "../kernel/logger.ts";
import type { IndexStore } from "../storage/index-port.ts";
import { admission, emptyTally, facetsOf } from "./filter.ts";
import { documentsOf, type Generation, postingsOf } from "./generation.ts";
import { highlight, snippet, wordsToMark } from "./highlight.ts";
import { loadLanguage } from "./language.ts";
import type { Highlighted, IndexChange, IndexPosition, SearchAnswer, SearchHit, SearchQuery } from "./model.ts";
import { type IndexLimits, openIndex } from "./open-index.ts";
import { type ParsedQuery, parseQuery, possibleTerms } from "./query.ts";
import { type Ranked, rank, type Scoreboard, scoreboardFor } from "./rank.ts";
import { emptyReason } from "./reasons.ts";

export type Search = {
  /** Takes changes in; `position` says how far each named region's change log is taken in with them. */
  readonly apply: (changes: readonly IndexChange[], position: IndexPosition) => Promise<void>;
  readonly position: () => Promise<IndexPosition>;
  /** Forgets everything, for a region whose change log no longer leads to what was taken in. */
  readonly clear: () => Promise<void>;
  readonly query: (query: SearchQuery) => Promise<SearchAnswer>;
  readonly close: () => Promise<void>;
};

export type SearchDeps = { readonly store: IndexStore; readonly logger: Logger; readonly limits?: IndexLimits };

const MAX_LIMIT = 100;

export async function openSearch({ store, logger, limits }: SearchDeps): Promise<Search> {
  const startedMs = performance.now();
  const index = await openIndex(store, limits);
  const tookMs = Math.round(performance.now() - startedMs);
  logger.info({ entries: index.entries(), tookMs }, "search index opened");
  let board = scoreboardFor(0);
  const boardFor = (docs: number): Scoreboard => {
    if (board.scores.length < docs) board = scoreboardFor(Math.ceil(docs * 1.25));
    return board;
  };
  return {
    apply: index.apply,
    position: async () => index.position(),
    clear: index.clear,
    close: index.close,
    query: (query) => index.reading((generation) => steadyAnswer(generation, query, boardFor)),
  };
}

const MAX_ATTEMPTS = 3;

/** An entry that changes between the reading of lists and of documents would be in neither form: then once more. */
async function steadyAnswer(
  index: Generation,
  query: SearchQuery,
  boardFor: (docs: number) => Scoreboard,
): Promise<SearchAnswer> {
  for (let attempt = 1; ; attempt++) {
    const { version } = index;
    const found = await answer(index, query, boardFor);
    if (index.version === version || attempt === MAX_ATTEMPTS) return found;
  }
}

async function answer(
  index: Generation,
  query: SearchQuery,
  boardFor: (docs: number) => Scoreboard,
): Promise<SearchAnswer> {
  const startedMs = performance.now();
  const limit = Math.max(1, Math.min(MAX_LIMIT, Math.floor(query.limit) || 1));
  const tally = emptyTally(index.columns);
  const done = (page: Page, items: readonly SearchHit[], reason: SearchAnswer["reason"]): SearchAnswer => ({
    total: page.total,
    items,
    facets: facetsOf(tally, index.columns),
    next: page.next === undefined ? null : writeCursor(page.next),
    tookMs: Math.round((performance.now() - startedMs) * 10) / 10,
    reason,
  });
  const after = query.cursor === undefined ? undefined : readCursor(query.cursor);
  if (after === null) return done({ total: 0, top: [] }, [], emptyReason("SEARCH_BAD_CURSOR"));
  const found = query.q.trim() === "" ? allByDate(index) : await findWords(index, query.q, boardFor);
  const page = select(index, found.ranked, admission(query, index.columns, tally), { limit, after });
  const items = await hitsOf(index, page.top, found.mark);
  return done(page, items, items.length > 0 ? null : reasonFor(index, page, found.ranked));
}

type Found = { readonly ranked: Ranked; readonly mark: (text: string, isLong: boolean) => Highlighted };

async function findWords(index: Generation, q: string, boardFor: (docs: number) => Scoreboard): Promise<Found> {
  const language = await loadLanguage();
  let parsed: ParsedQuery = { concepts: [], pairs: [] };
  const postings = await postingsOf(index, possibleTerms(language, q), (counts) => {
    parsed = parseQuery(language, q, (term) => counts.get(term) ?? 0);
    return new Set([...parsed.concepts.flatMap(({ terms }) => terms.map(({ term }) => term)), ...parsed.pairs]);
  });
  // From here to the last score nothing waits, so one board serves all queries.
  const { count } = index.columns;
  const ranked = rank(parsed, (term) => postings.get(term), count, boardFor(count));
  const words = wordsToMark(language, parsed);
  return { ranked, mark: (text, isLong) => (isLong ? snippet : highlight)(language, text, words) };
}

/** Without words: everything, newest first. */
function allByDate({ columns }: Generation): Found {
  const docs = new Uint32Array(columns.count);
  for (let doc = 0; doc < docs.length; doc++) docs[doc] = doc;
  const mark = (text: string): Highlighted => ({ text, ranges: [] });
  return { ranked: { docs, scores: columns.arrays.modified.subarray(0, columns.count) }, mark };
}

/** A place in the order: by score, then by document. */
type Place = { readonly score: number; readonly doc: number };
type Page = { readonly total: number; readonly top: readonly Place[]; readonly next?: Place };

const isBefore = (a: Place, b: Place): boolean => a.score > b.score || (a.score === b.score && a.doc > b.doc);

/** Of the admitted living documents: how many, and the best `limit` of them after a place. */
function select(
  { columns }: Generation,
  { docs, scores }: Ranked,
  isAdmitted: (doc: number) => boolean,
  { limit, after }: { readonly limit: number; readonly after: Place | undefined },
): Page {
  const { isAlive } = columns.arrays;
  const top: Place[] = [];
  let total = 0;
  let isMore = false;
  for (let i = 0; i < docs.length; i++) {
    const doc = docs[i] as number;
    if (doc >= columns.count || isAlive[doc] !== 1 || !isAdmitted(doc)) continue;
    total += 1;
    const score = scores[i] as number;
    if (after !== undefined && !isBefore(after, { doc, score })) continue;
    const last = top[limit - 1];
    if (last !== undefined) {
      isMore = true;
      if (score < last.score || !isBefore({ doc, score }, last)) continue;
      top.pop();
    }
    insert(top, { doc, score });
  }
  const last = top.at(-1);
  return isMore && last !== undefined ? { total, top, next: last } : { total, top };
}

function insert(top: Place[], place: Place): void {
  let low = 0;
  let high = top.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(top[middle] as Place, place)) low = middle + 1;
    else high = middle;
  }
  top.splice(low, 0, place);
}

async function hitsOf(index: Generation, top: readonly Place[], mark: Found["mark"]): Promise<SearchHit[]> {
  const shown = await documentsOf(
    index,
    top.map(({ doc }) => doc),
  );
  return shown.flatMap((document, i) => {
    // Withdrawn while this search ran.
    if (document === undefined) return [];
    const highlights = { name: mark(document.name, false), abstract: mark(document.abstract, true) };
    return [{ ...document, score: top[i]?.score ?? 0, highlight: highlights }];
  });
}

function reasonFor({ living }: Generation, { total }: Page, { docs }: Ranked) {
  if (total > 0) return emptyReason("SEARCH_NO_MORE");
  if (living === 0) return emptyReason("SEARCH_INDEX_EMPTY");
  return emptyReason(docs.length > 0 ? "SEARCH_FILTERED_OUT" : "SEARCH_NO_MATCH");
}

function writeCursor({ score, doc }: Place): string {
  return Buffer.from(`${score}:${doc}`, "utf8").toString("base64url");
}

function readCursor(cursor: string): Place | null {
  const [score, doc] = Buffer.from(cursor, "base64url").toString("utf8").split(":").map(Number);
  const isPlace = Number.isFinite(score) && Number.isInteger(doc);
  return isPlace && score !== undefined && doc !== undefined ? { score, doc } : null;
}

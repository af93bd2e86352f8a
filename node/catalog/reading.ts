import type { Principal } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { list, read } from "../storage/transact.ts";
import type { CatalogDeps } from "./context.ts";
import { entryUnknown } from "./decide-publication.ts";
import type { CatalogEntry } from "./model.ts";
import { countQueue } from "./pending.ts";
import { queuesFor, type WaitingEntries } from "./queues.ts";
import {
  type EntryRecord,
  entryRecords,
  entrySteps,
  entryVersions,
  type RefusalRecord,
  refusals as refusalRecords,
  type StepRecord,
  waitingImports,
} from "./store.ts";

const refuse = refusals({ ENTRY_WITHDRAWN: "not-found", VERSION_UNKNOWN: "not-found" });

type EntryPage = { readonly items: readonly CatalogEntry[]; readonly next: string | null };

type ListQuery = {
  readonly limit: number;
  /** The last id of the page before; `cursor` is its name in the HTTP interface. */
  readonly after?: string | undefined;
  readonly cursor?: string | undefined;
  readonly status?: string | undefined;
};

export type CatalogReading = {
  /** The public version, or the one under way while none is public; `status` says which. */
  readonly get: (id: string) => Promise<Result<CatalogEntry>>;
  /** By id. With `status` the version that has it; without, what `get` answers. */
  readonly list: (query: ListQuery) => Promise<EntryPage>;
  readonly versionOf: (id: string, version: number | string) => Promise<Result<CatalogEntry>>;
  /** What happened to an entry, oldest first. */
  readonly steps: (id: string) => Promise<readonly StepRecord[]>;
  /** Entries that were refused as secret: their ids and codes are all that is kept. */
  readonly refused: () => Promise<readonly RefusalRecord[]>;
  /** Imports that this person may confirm, each with how many of its entries still wait. */
  readonly waiting: (
    principal: Principal,
  ) => Promise<readonly { readonly id: string; readonly entries: number; readonly reason: Reason }[]>;
  /** Single entries that wait for this person: to be approved, or to be put right after they were sent back. */
  readonly queues: (principal: Principal) => Promise<readonly WaitingEntries[]>;
};

export function createCatalogReading({ store, region }: CatalogDeps): CatalogReading {
  return {
    async get(id) {
      const record = await read(store, entryRecords.at(id));
      if (record === undefined) return entryUnknown(id);
      if (record.state === "withdrawn") return entryWithdrawn(id);
      const entry = shownOf(record, undefined);
      return entry === undefined ? entryUnknown(id) : ok(entry);
    },
    async list({ limit, after, cursor, status }) {
      const items: CatalogEntry[] = [];
      const start = after ?? cursor;
      for await (const record of list(store, entryRecords, [], start === undefined ? {} : { after: [start] })) {
        const entry = shownOf(record, status);
        if (entry === undefined) continue;
        if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
        items.push(entry);
      }
      return { items, next: null };
    },
    async versionOf(id, version) {
      const entry = await read(store, entryVersions.at(id, Number(version)));
      return entry === undefined ? versionUnknown(id, String(version)) : ok(entry);
    },
    steps: (id) => collect(list(store, entrySteps, [id])),
    refused: () => collect(list(store, refusalRecords)),
    async waiting({ userId, roles }) {
      if (!roles.includes("approver")) return [];
      const found: { id: string; entries: number; reason: Reason }[] = [];
      for await (const { id, importedBy } of list(store, waitingImports)) {
        if (importedBy === userId) continue;
        // Entries that were sent back, or came again in a newer file, wait elsewhere by now.
        const entries = await countQueue(store, ["import", id]);
        if (entries > 0) found.push({ id, entries, reason: importReason(entries, region) });
      }
      return found;
    },
    queues: (principal) => queuesFor(store, region, principal),
  };
}

function shownOf({ current, pending }: EntryRecord, status: string | undefined): CatalogEntry | undefined {
  if (status !== undefined) return [current, pending?.entry].find((entry) => entry?.status === status) ?? undefined;
  if (current !== null) return current.status === "withdrawn" ? undefined : current;
  return pending?.entry;
}

async function collect<T>(records: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const record of records) found.push(record);
  return found;
}

function importReason(entries: number, region: string): Reason {
  const text = {
    zh: `导入的 ${entries} 个条目标明已发布,须由导入人以外的审批人确认后才对外可见。`,
    en: `The file says its ${entries} entries are published; an approver other than the importer confirms before anybody sees them.`,
  };
  return {
    code: "IMPORT_TO_CONFIRM",
    rule: "catalog.publication/import-as-published",
    turn: { region, role: "approver" },
    until: null,
    verified: true,
    text,
    neutral: text,
  };
}

function entryWithdrawn(id: string): Failure {
  return refuse(
    "ENTRY_WITHDRAWN",
    {
      zh: `条目 ${id} 已撤下,标识不再使用;历史版本仍可查阅。`,
      en: `The entry ${id} was withdrawn and its id is not used again; its earlier versions can still be read.`,
    },
    { id },
  );
}

function versionUnknown(id: string, version: string): Failure {
  return refuse(
    "VERSION_UNKNOWN",
    {
      zh: `条目 ${id} 没有发布过版本 ${version};请核对版本号。`,
      en: `The entry ${id} was never published as version ${version}; check the number.`,
    },
    { id, version },
  );
}

import { open } from "node:fs/promises";
import { appendLeaf, appendLeafRefs } from "../../audit/store.ts";
import type { CatalogEntry } from "../../catalog/model.ts";
import { requireRole } from "../../identity/authorise.ts";
import type { Principal } from "../../identity/model.ts";
import { digestOf } from "../../kernel/canonical-json.ts";
import { ok, type Result, refusals } from "../../kernel/exchange-error.ts";
import type { Runtime } from "../../kernel/runtime.ts";
import type { Store } from "../../storage/port.ts";
import { list, read, type Tx, transact } from "../../storage/transact.ts";
import type { Source } from "../model.ts";
import { refuseTransfer } from "../refusal.ts";
import { checkSource, type SourceReport } from "./check.ts";
import { openCsv } from "./csv.ts";
import { fingerprintOf, unreadable } from "./fingerprint.ts";
import { checkPlace } from "./place.ts";
import type { CallSource, EntrySources } from "./port.ts";
import { openRaw } from "./raw.ts";
import { sourceRecords, sourcesByEntry } from "./store.ts";
import { loadVerification, missingColumns } from "./verification.ts";

export type SourcesDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly region: string;
  /** This region's own entry; undefined when there is none. */
  readonly entry: (id: string) => Promise<CatalogEntry | undefined>;
  /** Files and folders that no source may lie in: the node's own. */
  readonly guarded?: readonly string[];
};

export type Sources = EntrySources & {
  readonly add: (actor: Principal, source: Source) => Promise<Result<Source>>;
  readonly list: () => Promise<Source[]>;
  readonly check: (id: string) => Promise<Result<SourceReport>>;
  readonly remove: (actor: Principal, id: string) => Promise<Result<Source>>;
  readonly forEntry: (entryId: string) => Promise<Source | undefined>;
};

const refuse = refusals({ SOURCE_NOT_FOUND: "not-found", SOURCE_EXISTS: "conflict", ENTRY_NOT_FOUND: "not-found" });

export function createSources(deps: SourcesDeps): Sources {
  const { store } = deps;
  const loaded = new Map<string, CallSource & { readonly fingerprint: string; readonly of: Source }>();

  async function forEntry(entryId: string): Promise<Source | undefined> {
    const id = await read(store, sourcesByEntry.at(entryId));
    return id === undefined ? undefined : read(store, sourceRecords.at(id));
  }

  /** Loaded again whenever the file or the settings have changed. */
  async function calls(entryId: string): Promise<Result<CallSource>> {
    const source = await forEntry(entryId);
    if (source?.kind !== "verification") return missing(entryId);
    const fingerprint = await fingerprintAt(source.path);
    if (!fingerprint.ok) return fingerprint;
    const cached = loaded.get(source.id);
    const isCurrent = cached?.fingerprint === fingerprint.value && sourceDigest(cached.of) === sourceDigest(source);
    if (cached !== undefined && isCurrent) return ok(cached);
    const fresh = await loadVerification(source);
    if (fresh.ok) loaded.set(source.id, { ...fresh.value, of: source });
    return fresh;
  }

  return {
    forEntry,
    calls,
    list: async () => {
      const found: Source[] = [];
      for await (const source of list(store, sourceRecords)) found.push(source);
      return found;
    },
    kindFor: async (entryId) => {
      const source = await forEntry(entryId);
      return source === undefined ? undefined : KIND_OF[source.kind];
    },
    open: async (entryId) => {
      const source = await forEntry(entryId);
      if (source === undefined || source.kind === "verification") return missing(entryId);
      return source.kind === "csv" ? openCsv(source) : openRaw(source.path);
    },
    check: async (id) => {
      const source = await read(store, sourceRecords.at(id));
      if (source === undefined) return notFound(id);
      const entry = await deps.entry(source.entryId);
      return entry === undefined ? entryNotFound(source.entryId) : checkSource(source, entry);
    },
    add: (actor, source) => addSource(deps, actor, source),
    remove: (actor, id) => removeSource(deps, actor, id),
  };
}

const KIND_OF = { csv: "rows", raw: "bytes", verification: "calls" } as const;

async function addSource(deps: SourcesDeps, actor: Principal, source: Source): Promise<Result<Source>> {
  const role = requireRole(actor, "publisher");
  if (!role.ok) return role;
  const place = await checkPlace(source.path, deps.guarded ?? []);
  if (!place.ok) return place;
  const entry = await deps.entry(source.entryId);
  if (entry === undefined) return entryNotFound(source.entryId);
  const checked = await checkSource(source, entry);
  if (!checked.ok) return checked;
  if (checked.value.missing.length > 0) return missingColumns(checked.value.missing);
  const taken = sourcesByEntry.at(source.entryId);
  const own = sourceRecords.at(source.id);
  return transact(deps.store, [taken, own, ...appendLeafRefs()], (tx) => {
    const existing = tx.get(own);
    if (existing !== undefined && sourceDigest(existing) === sourceDigest(source)) return ok(existing);
    const holder = tx.get(taken);
    if (existing !== undefined || holder !== undefined) return exists(holder ?? source.id);
    tx.put(own, source);
    tx.put(taken, source.id);
    writeLeaf(tx, deps, source, "added");
    return ok(source);
  });
}

async function removeSource(deps: SourcesDeps, actor: Principal, id: string): Promise<Result<Source>> {
  const role = requireRole(actor, "publisher");
  if (!role.ok) return role;
  return transact(deps.store, [sourceRecords.at(id), ...appendLeafRefs()], (tx) => {
    const source = tx.get(sourceRecords.at(id));
    if (source === undefined) return notFound(id);
    tx.remove(sourceRecords.at(id));
    tx.remove(sourcesByEntry.at(source.entryId));
    writeLeaf(tx, deps, source, "removed");
    return ok(source);
  });
}

/** The leaf names entry and kind; where the data lies is in the digest only, and stays with the node. */
function writeLeaf(tx: Tx, { region, runtime }: SourcesDeps, source: Source, change: "added" | "removed"): void {
  appendLeaf(tx, region, {
    kind: "source.changed",
    atMs: runtime.nowMs(),
    subject: source.id,
    actor: "publisher",
    digest: sourceDigest(source),
    detail: { entryId: source.entryId, kind: source.kind, change },
  });
}

/** Settings that were left out are absent, whether or not they came as undefined. */
function sourceDigest(source: Source): string {
  return digestOf(JSON.parse(JSON.stringify(source)));
}

async function fingerprintAt(path: string): Promise<Result<string>> {
  try {
    const file = await open(path, "r");
    try {
      return ok(await fingerprintOf(file));
    } finally {
      await file.close();
    }
  } catch (fault) {
    return unreadable(path, fault);
  }
}

function missing(entryId: string): Result<never> {
  return refuseTransfer(
    "SOURCE_MISSING",
    "source.entry",
    {
      zh: `条目 ${entryId} 还没有可用的数据源;请提供方先连接数据源。`,
      en: `Entry ${entryId} has no source for this use yet; the provider must connect one first.`,
    },
    { entryId },
  );
}

function notFound(id: string): Result<never> {
  return refuse(
    "SOURCE_NOT_FOUND",
    { zh: `没有编号为 ${id} 的数据源;请核对编号。`, en: `There is no source ${id}; check the id.` },
    { id },
  );
}

function exists(id: string): Result<never> {
  return refuse(
    "SOURCE_EXISTS",
    {
      zh: `该编号或该条目已有数据源 ${id};如需更换请先删除。`,
      en: `The id or the entry already has the source ${id}; remove that one first to replace it.`,
    },
    { id },
  );
}

function entryNotFound(entryId: string): Result<never> {
  return refuse(
    "ENTRY_NOT_FOUND",
    {
      zh: `本区域目录中没有条目 ${entryId};请先导入目录条目。`,
      en: `This region's catalogue has no entry ${entryId}; import the entry first.`,
    },
    { entryId },
  );
}

import type { Principal } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { advance } from "../procedures/engine.ts";
import { publication } from "../procedures/publication.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { CatalogDeps } from "./context.ts";
import { publicationRefs } from "./decide-publication.ts";
import { BATCH_ENTRIES, checkFile } from "./import-entries.ts";
import type { CatalogEntry, CatalogRow, ImportReport } from "./model.ts";
import { putRecord } from "./pending.ts";
import { drawSalts, type PublicStep, publishPending } from "./publish.ts";
import { entryRecords, importedEntries, waitingImports } from "./store.ts";

const refuse = refusals({ IMPORT_UNKNOWN: "not-found" });

/**
 * Publishes what an import brought, in the order of its file. Broken off between two commits it is simply confirmed
 * again: what is public already is left alone, and the import waits until its last entry is.
 */
export async function confirmImport(
  deps: CatalogDeps,
  actor: Principal,
  importId: string,
): Promise<Result<ImportReport>> {
  const { store, runtime, rules } = deps;
  const waiting = await read(store, waitingImports.at(importId));
  if (waiting === undefined) return importUnknown(importId);
  const atMs = runtime.nowMs();
  const asked = { state: "reviewing", event: "approve", requestedBy: waiting.importedBy, comment: null } as const;
  const allowed = advance(publication, { ...asked, actor, holds: () => true, atMs }, rules);
  if (!allowed.ok) return allowed;

  const rows = await pendingRows(deps, importId);
  const checked = await checkFile(deps, { rows, notes: [], faults: [] });
  if (!checked.ok) return checked;
  const ids = checked.value.accepted.map(({ entry }) => entry.id);
  const step = { region: deps.region, atMs, actor, role: allowed.value.by, event: "approve", comment: null };
  for (let at = 0; at < ids.length; at += BATCH_ENTRIES) {
    runtime.failPoint("catalog.confirm.batch");
    await publishBatch(deps, importId, ids.slice(at, at + BATCH_ENTRIES), step);
  }
  const published = new Set(ids);
  const kept = rows.map(({ value }) => (value as CatalogEntry).id).filter((id) => !published.has(id));
  for (let at = 0; at < kept.length; at += BATCH_ENTRIES)
    await leaveImport(deps, importId, kept.slice(at, at + BATCH_ENTRIES));
  await transact(store, [], (tx) => ok(tx.remove(waitingImports.at(importId))));
  const faults = checked.value.faults.filter(({ level }) => level === "error");
  return ok({ importId: null, imported: ids, unchanged: [], refused: checked.value.refused, faults, notes: [] });
}

async function pendingRows({ store }: CatalogDeps, importId: string): Promise<CatalogRow[]> {
  const rows: CatalogRow[] = [];
  for await (const id of list(store, importedEntries, [importId])) {
    const pending = (await read(store, entryRecords.at(id)))?.pending;
    if (pending?.importId === importId) rows.push({ row: rows.length + 1, value: pending.entry });
  }
  return rows;
}

async function publishBatch(
  { store, runtime }: CatalogDeps,
  importId: string,
  ids: readonly string[],
  step: Omit<PublicStep, "salts">,
): Promise<void> {
  const salts = new Map(ids.map((id) => [id, drawSalts(runtime)]));
  await transact(store, ids.flatMap(publicationRefs), (tx) => {
    for (const [id, drawn] of salts) {
      const record = tx.get(entryRecords.at(id));
      // A later import of the same entry took its place meanwhile, and waits for its own confirmation.
      if (record?.pending?.importId !== importId) continue;
      publishPending(tx, record, { ...step, salts: drawn });
    }
    return ok(true);
  });
}

/** What could not be published with the others stays under review, where an approver finds it without its import. */
async function leaveImport({ store }: CatalogDeps, importId: string, ids: readonly string[]): Promise<void> {
  const refs = ids.map((id) => entryRecords.at(id));
  await transact(store, refs, (tx) => {
    for (const ref of refs) {
      const record = tx.get(ref);
      if (record?.pending?.importId !== importId) continue;
      putRecord(tx, { ...record, pending: { ...record.pending, importId: null } });
    }
    return ok(true);
  });
}

function importUnknown(importId: string): Failure {
  return refuse(
    "IMPORT_UNKNOWN",
    {
      zh: "没有等待确认的这次导入;可能已确认,请刷新目录页。",
      en: "No import with this id waits to be confirmed; it may have been confirmed already, so reload the catalogue.",
    },
    { importId },
  );
}

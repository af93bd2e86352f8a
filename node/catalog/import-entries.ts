import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { nodePrincipal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { advance } from "../procedures/engine.ts";
import { type PublicationEvent, type PublicationState, publication } from "../procedures/publication.ts";
import { type Tx, transact } from "../storage/transact.ts";
import { type CatalogDeps, validationContext } from "./context.ts";
import type { CatalogEntry, CatalogFile, ImportReport, RefusedEntry } from "./model.ts";
import { drawSalts, hideSecret, type PublicStep, writeStep } from "./publish.ts";
import {
  appendChangeRefs,
  type EntryRecord,
  entryRecords,
  importedEntries,
  type PendingVersion,
  refusals as refusalRecords,
  resourceCodes,
  waitingImports,
} from "./store.ts";
import { type AcceptedRow, type Validated, validateRows } from "./validate.ts";

/** A commit of this many entries stays well below what a store takes in one write, and a peer in one message. */
export const BATCH_ENTRIES = 500;

export type ImportOptions = {
  /** Store the rows without faults; otherwise one faulty row keeps everything out. */
  readonly partial: boolean;
  /** The file's own status counts, once an approver other than the importer has confirmed it. */
  readonly asPublished: boolean;
  readonly notes?: ImportReport["notes"];
};

const refuse = refusals({ CATALOG_CHANGED: "conflict" });

type Import = {
  readonly deps: CatalogDeps;
  readonly actor: Principal;
  readonly atMs: number;
  readonly importId: string | null;
};

export async function importEntries(
  deps: CatalogDeps,
  actor: Principal,
  file: CatalogFile,
  options: ImportOptions,
): Promise<Result<ImportReport>> {
  const mayImport = requireRole(actor, "publisher");
  if (!mayImport.ok) return mayImport;
  const checked = await checkFile(deps, file);
  if (!checked.ok) return checked;
  const { faults, refused } = checked.value;
  const notes = [...file.notes, ...(options.notes ?? [])];
  const hasErrors = faults.some(({ level }) => level === "error");
  if (hasErrors && !options.partial) {
    return ok({ importId: null, imported: [], unchanged: [], refused, faults, notes });
  }
  const changed = checked.value.accepted.filter(({ isUnchanged }) => !isUnchanged);
  const unchanged = checked.value.accepted.filter(({ isUnchanged }) => isUnchanged);
  const stored = await storeRows(deps, actor, changed, refused, options.asPublished);
  if (!stored.ok) return stored;
  return ok({
    importId: stored.value,
    imported: changed.map(({ entry }) => entry.id),
    unchanged: unchanged.map(({ entry }) => entry.id),
    refused,
    faults,
    notes,
  });
}

/** What an import would find, with the file's own faults; rows that could not be read are not accepted. */
export async function checkFile(deps: CatalogDeps, file: CatalogFile): Promise<Result<Validated>> {
  const context = await validationContext(deps, file);
  if (!context.ok) return context;
  const validated = validateRows(file.rows, context.value);
  const unread = new Set(file.faults.filter(({ level }) => level === "error").map(({ row }) => row));
  return ok({
    refused: validated.refused,
    accepted: validated.accepted.filter(({ row }) => !unread.has(row)),
    faults: [...file.faults, ...validated.faults].sort((a, b) => a.row - b.row),
  });
}

async function storeRows(
  deps: CatalogDeps,
  actor: Principal,
  rows: readonly AcceptedRow[],
  refused: readonly RefusedEntry[],
  asPublished: boolean,
): Promise<Result<string | null>> {
  const { store, runtime } = deps;
  const published = rows.filter(({ entry }) => entry.status === "published");
  const importId = asPublished && published.length > 0 ? newUlid(runtime) : null;
  const run: Import = { deps, actor, atMs: runtime.nowMs(), importId };
  for (let at = 0; at < rows.length || at === 0; at += BATCH_ENTRIES) {
    const batch = rows.slice(at, at + BATCH_ENTRIES);
    const refusedNow = at === 0 ? refused : [];
    const isLast = at + BATCH_ENTRIES >= rows.length;
    const refs = [
      ...appendLeafRefs(),
      ...batch.flatMap(({ entry }) => [entryRecords.at(entry.id), resourceCodes.at(entry.resourceCode)]),
      ...refusedNow.flatMap(({ id }) => [refusalRecords.at(id), entryRecords.at(id), ...appendChangeRefs]),
    ];
    const salts = new Map(refusedNow.map(({ id }) => [id, drawSalts(runtime)]));
    runtime.failPoint("catalog.import.batch");
    const stored = await transact(store, refs, (tx) => {
      for (const entry of refusedNow) recordRefusal(tx, run, entry, salts.get(entry.id) ?? ["", ""]);
      for (const [i, { entry }] of batch.entries()) {
        const written = storeRow(tx, run, entry, at + i);
        if (!written.ok) return written;
      }
      // Only the last commit makes the import confirmable: half of one never is.
      if (isLast && importId !== null) {
        const waiting = { id: importId, importedBy: actor.userId, at: instantOf(run.atMs), entries: published.length };
        tx.put(waitingImports.at(importId), waiting);
      }
      return ok(true);
    });
    if (!stored.ok) return stored;
  }
  return ok(importId);
}

/** An answer, not a fault: the refusal is kept and evidenced once, nothing of the entry but its id. */
function recordRefusal(tx: Tx, { deps, atMs }: Import, { id, code }: RefusedEntry, salts: PublicStep["salts"]): void {
  if (tx.get(refusalRecords.at(id))?.code === code) return;
  const { region } = deps;
  const at = instantOf(atMs);
  tx.put(refusalRecords.at(id), { id, code, at });
  const digest = digestOf({ id, code, at });
  appendLeaf(tx, region, { kind: "catalog.refused", atMs, subject: id, actor: "node", digest, detail: { code } });
  const held = tx.get(entryRecords.at(id));
  const step = { region, atMs, actor: nodePrincipal(region), role: "node", event: "suspend", comment: code, salts };
  if (held !== undefined) hideSecret(tx, held, step);
}

function storeRow(tx: Tx, run: Import, entry: CatalogEntry, position: number): Result<true> {
  const { actor, atMs, importId } = run;
  const record = tx.get(entryRecords.at(entry.id)) ?? noRecord(entry.id);
  const owner = tx.get(resourceCodes.at(entry.resourceCode));
  if (record.state === "withdrawn" || (owner !== undefined && owner !== entry.id)) return changedMeanwhile(entry.id);
  const next = pendingState(run, record, entry);
  if (!next.ok) return next;
  const { state, event } = next.value;
  const isInImport = importId !== null && entry.status === "published";
  const pending: PendingVersion = {
    entry: { ...entry, status: state },
    state,
    submittedBy: actor.userId,
    importId: isInImport ? importId : null,
  };
  tx.put(resourceCodes.at(entry.resourceCode), entry.id);
  // Classed anew as no secret: from now on the entry may be shown again.
  tx.remove(refusalRecords.at(entry.id));
  if (isInImport) tx.put(importedEntries.at(importId, position), entry.id);
  const from = record.pending?.state ?? record.state ?? "draft";
  writeStep(tx, { ...record, pending }, from, { atMs, actor, role: "publisher", event, comment: null });
  return ok(true);
}

/** Where an imported version goes: a draft stays one, everything else is submitted and, having no faults, under review. */
function pendingState(
  { deps, actor, atMs }: Import,
  record: EntryRecord,
  entry: CatalogEntry,
): Result<{ state: PendingVersion["state"]; event: PublicationEvent | "import" }> {
  const isForReview = ["published", "submitted", "reviewing"].includes(entry.status);
  if (!isForReview) return ok({ state: "draft", event: "import" });
  const event = record.state === null ? "submit" : "revise";
  const step = { actor, requestedBy: null, comment: null, holds: () => true, atMs };
  const from: PublicationState = record.state ?? "draft";
  const submitted = advance(publication, { ...step, state: from, event }, deps.rules);
  if (!submitted.ok) return submitted;
  const node = { ...step, actor: nodePrincipal(deps.region) };
  const checked = advance(publication, { ...node, state: submitted.value.to, event: "auto-check" }, deps.rules);
  return checked.ok ? ok({ state: checked.value.to as PendingVersion["state"], event }) : checked;
}

function noRecord(id: string): EntryRecord {
  return { id, state: null, current: null, pending: null, revision: 0 };
}

function changedMeanwhile(id: string): Failure {
  return refuse(
    "CATALOG_CHANGED",
    {
      zh: `条目 ${id} 在导入期间被他人更改;请重新导入,已导入的条目不会重复。`,
      en: `Somebody changed the entry ${id} during the import; import the file again, what is stored already is not stored twice.`,
    },
    { id },
  );
}

import { appendLeafRefs } from "../audit/store.ts";
import type { Principal } from "../identity/model.ts";
import { nodePrincipal } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { advance } from "../procedures/engine.ts";
import {
  type PublicationEvent,
  type PublicationGuard,
  type PublicationState,
  publication,
} from "../procedures/publication.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import type { CatalogDeps } from "./context.ts";
import { checkFile } from "./import-entries.ts";
import type { CatalogEntry } from "./model.ts";
import { drawSalts, type PublicStep, publishPending, restate, withdrawCurrent, writeStep } from "./publish.ts";
import { appendChangeRefs, type EntryRecord, entryRecords, refusals as refusalRecords } from "./store.ts";

const refuse = refusals({ ENTRY_UNKNOWN: "not-found", NOTHING_TO_PUBLISH: "conflict", CATALOG_CHANGED: "conflict" });

/**
 * Submits a draft (publisher), or approves what is under review (another person, approver); `only` keeps somebody who
 * holds both roles from doing one where the other was meant.
 */
export async function publishEntry(
  deps: CatalogDeps,
  actor: Principal,
  id: string,
  only?: "submit" | "approve",
): Promise<Result<CatalogEntry>> {
  const record = await read(deps.store, entryRecords.at(id));
  if (record === undefined) return entryUnknown(id);
  if (record.pending === null) return nothingToPublish(id);
  const { entry } = record.pending;
  // Checked again now: an authorisation or a registration may have ended since the import.
  const checked = await checkFile(deps, { rows: [{ row: 1, value: entry }], notes: [], faults: [] });
  if (!checked.ok) return checked;
  const hasFaults = checked.value.faults.some(({ level }) => level === "error") || checked.value.refused.length > 0;
  const event = only ?? (record.pending.state === "draft" ? "submit" : "approve");
  const { revision } = record;
  return decide(deps, actor, id, { event, comment: null, hasFaults, revision }, (tx, found, step, to) => {
    if (event === "approve") return publishPending(tx, found, step);
    return submitDraft(tx, deps, found, step, to);
  });
}

/** Back to the provider as a draft, or refused for good; always with a reason. */
export function reviewEntry(
  deps: CatalogDeps,
  actor: Principal,
  id: string,
  event: "return" | "refuse",
  comment: string,
): Promise<Result<CatalogEntry>> {
  return decide(deps, actor, id, { event, comment, hasFaults: false }, (tx, record, step, to) => {
    return writePending(tx, record, to, step);
  });
}

export function suspendEntry(
  deps: CatalogDeps,
  actor: Principal,
  id: string,
  comment: string,
): Promise<Result<CatalogEntry>> {
  return decide(deps, actor, id, { event: "suspend", comment, hasFaults: false }, (tx, record, step) =>
    restate(tx, record, "suspended", step),
  );
}

export function resumeEntry(deps: CatalogDeps, actor: Principal, id: string): Promise<Result<CatalogEntry>> {
  return decide(deps, actor, id, { event: "resume", comment: null, hasFaults: false }, (tx, record, step) =>
    restate(tx, record, "published", step),
  );
}

export function withdrawEntry(
  deps: CatalogDeps,
  actor: Principal,
  id: string,
  comment: string,
): Promise<Result<CatalogEntry>> {
  return decide(deps, actor, id, { event: "withdraw", comment, hasFaults: false }, (tx, record, step) =>
    withdrawCurrent(tx, record, step),
  );
}

type Intent = {
  readonly event: PublicationEvent;
  readonly comment: string | null;
  readonly hasFaults: boolean;
  /** Of the record whose content was checked; what came after it was not. */
  readonly revision?: number;
};
type Effect = (tx: Tx, record: EntryRecord, step: PublicStep, to: PublicationState) => CatalogEntry | undefined;

export const publicationRefs = (id: string): readonly AnyRef[] => [
  entryRecords.at(id),
  refusalRecords.at(id),
  ...appendChangeRefs,
  ...appendLeafRefs(),
];

const PENDING_EVENTS: readonly PublicationEvent[] = ["submit", "approve", "return", "refuse"];

async function decide(
  deps: CatalogDeps,
  actor: Principal,
  id: string,
  { event, comment, hasFaults, revision }: Intent,
  effect: Effect,
): Promise<Result<CatalogEntry>> {
  const { store, runtime, region, rules } = deps;
  const atMs = runtime.nowMs();
  const salts = drawSalts(runtime);
  return transact(store, publicationRefs(id), (tx) => {
    const record = tx.get(entryRecords.at(id));
    if (record === undefined) return entryUnknown(id);
    if (revision !== undefined && revision !== record.revision) return changedMeanwhile(id);
    const isAboutPending = PENDING_EVENTS.includes(event);
    const state = isAboutPending ? record.pending?.state : record.state;
    if (state === undefined || state === null) return nothingToPublish(id);
    const requestedBy = isAboutPending ? (record.pending?.submittedBy ?? null) : null;
    const holds = (guard: PublicationGuard) =>
      guard === "no-secret" ? tx.get(refusalRecords.at(id)) === undefined : !hasFaults;
    const asked = { state, event, actor, requestedBy, comment, holds, atMs };
    const move = advance(publication, asked, rules);
    if (!move.ok) return move;
    const step = { region, atMs, actor, role: move.value.by, event, comment, salts };
    const entry = effect(tx, record, step, move.value.to);
    return entry === undefined ? nothingToPublish(id) : ok(entry);
  });
}

function submitDraft(
  tx: Tx,
  { region, rules }: CatalogDeps,
  record: EntryRecord,
  step: PublicStep,
  to: PublicationState,
): CatalogEntry | undefined {
  const asked = { requestedBy: null, comment: null, holds: () => true, atMs: step.atMs };
  const node = { ...asked, actor: nodePrincipal(region), state: to, event: "auto-check" } as const;
  const checked = advance(publication, node, rules);
  if (!checked.ok || record.pending === null) return undefined;
  // Whoever submits is who asked; they may not approve it.
  const submitted = { ...record, pending: { ...record.pending, submittedBy: step.actor.userId } };
  return writePending(tx, submitted, checked.value.to, step);
}

function writePending(tx: Tx, record: EntryRecord, to: PublicationState, step: PublicStep): CatalogEntry | undefined {
  if (record.pending === null || (to !== "draft" && to !== "reviewing" && to !== "refused")) return undefined;
  const entry = { ...record.pending.entry, status: to };
  // Whoever sent it back or submitted it took it out of its import: confirming that must not publish it past them.
  const pending = { ...record.pending, entry, state: to, importId: null, isReturned: to === "draft" };
  writeStep(tx, { ...record, pending }, record.pending.state, step);
  return entry;
}

export function entryUnknown(id: string): Failure {
  return refuse(
    "ENTRY_UNKNOWN",
    {
      zh: `本区域目录没有条目 ${id};请核对标识。`,
      en: `This region's catalogue has no entry ${id}; check the id.`,
    },
    { id },
  );
}

function changedMeanwhile(id: string): Failure {
  return refuse(
    "CATALOG_CHANGED",
    {
      zh: `条目 ${id} 刚刚被他人更改,当前内容尚未检查;请刷新核对后再办理。`,
      en: `Somebody has just changed the entry ${id}, so its present content is unchecked; reload, look at it, then decide.`,
    },
    { id },
  );
}

function nothingToPublish(id: string): Failure {
  return refuse(
    "NOTHING_TO_PUBLISH",
    {
      zh: `条目 ${id} 没有处于该步骤的版本;可能已被他人办理,请刷新。`,
      en: `The entry ${id} has no version at this step; somebody may have dealt with it already, so reload.`,
    },
    { id },
  );
}

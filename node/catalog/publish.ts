import { appendLeaf } from "../audit/store.ts";
import type { Principal } from "../identity/model.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Tx } from "../storage/transact.ts";
import type { CatalogEntry } from "./model.ts";
import { putRecord } from "./pending.ts";
import {
  appendChange,
  type EntryRecord,
  entrySteps,
  entryVersions,
  isHiddenFromPeers,
  type StoredChange,
  unitNames,
} from "./store.ts";

/** What a change of the public catalogue needs besides the record: who, when, and salts drawn before the commit. */
export type PublicStep = {
  readonly region: string;
  readonly atMs: number;
  readonly actor: Principal;
  readonly role: string;
  readonly event: string;
  readonly comment: string | null;
  /** Two per record: an entry that becomes hidden leaves two changes. */
  readonly salts: readonly [string, string];
};

export function drawSalts(runtime: Runtime): readonly [string, string] {
  const hex = Buffer.from(runtime.randomBytes(32)).toString("hex");
  return [hex.slice(0, 32), hex.slice(32)];
}

/** The pending version becomes the public one: record, version, change, leaf. */
export function publishPending(tx: Tx, record: EntryRecord, step: PublicStep): CatalogEntry | undefined {
  const { pending, current } = record;
  if (pending === null) return undefined;
  const version = Math.max(pending.entry.version, (current?.version ?? 0) + 1);
  const entry: CatalogEntry = { ...pending.entry, version, status: "published" };
  if (current !== null && record.state !== "withdrawn" && !isHiddenFromPeers(current) && isHiddenFromPeers(entry)) {
    // Peers would keep the old version for ever if all they got were a hash.
    const gone = { entryId: entry.id, version: current.version, entry: null, isHidden: false };
    appendChange(tx, { ...gone, atMs: step.atMs, salt: step.salts[1] });
  }
  const change = changeOf(tx, entry, step);
  tx.put(entryVersions.at(entry.id, version), entry);
  if (current !== null) tx.remove(unitNames.at(current.provider.orgCode, entry.id));
  tx.put(unitNames.at(entry.provider.orgCode, entry.id), { id: entry.id, name: entry.name });
  writeStep(tx, { ...record, state: "published", current: entry, pending: null }, pending.state, step);
  leaf(tx, "catalog.published", entry, change, step);
  return entry;
}

/** The public version is suspended or shown again; peers see its new status. */
export function restate(
  tx: Tx,
  record: EntryRecord,
  state: "published" | "suspended",
  step: PublicStep,
): CatalogEntry | undefined {
  if (record.current === null) return undefined;
  const entry: CatalogEntry = { ...record.current, status: state };
  const change = changeOf(tx, entry, step);
  writeStep(tx, { ...record, state, current: entry }, record.current.status, step);
  leaf(tx, "catalog.published", entry, change, step);
  return entry;
}

/**
 * Somebody now says that what is public is a secret: peers lose it at once, and so does a version under way. It can come
 * back only by an import under another class.
 */
export function hideSecret(tx: Tx, record: EntryRecord, step: PublicStep): void {
  const { current, state } = record;
  if (current === null || state === "withdrawn") {
    if (record.pending !== null) writeStep(tx, { ...record, pending: null }, record.pending.state, step);
    return;
  }
  const entry: CatalogEntry = { ...current, status: "suspended" };
  const gone = { entryId: entry.id, version: entry.version, entry: null, isHidden: isHiddenFromPeers(entry) };
  const change = appendChange(tx, { ...gone, atMs: step.atMs, salt: step.salts[0] });
  writeStep(tx, { ...record, state: "suspended", current: entry, pending: null }, current.status, step);
  leaf(tx, "catalog.withdrawn", entry, change, step);
}

/** A tombstone stays: versions remain readable, the id and the resource code are never used again. */
export function withdrawCurrent(tx: Tx, record: EntryRecord, step: PublicStep): CatalogEntry | undefined {
  if (record.current === null) return undefined;
  const entry: CatalogEntry = { ...record.current, status: "withdrawn" };
  const isHidden = isHiddenFromPeers(entry);
  const gone = { entryId: entry.id, version: entry.version, entry: null, isHidden };
  const change = appendChange(tx, { ...gone, atMs: step.atMs, salt: step.salts[0] });
  tx.remove(unitNames.at(entry.provider.orgCode, entry.id));
  writeStep(tx, { ...record, state: "withdrawn", current: entry, pending: null }, record.current.status, step);
  leaf(tx, "catalog.withdrawn", entry, change, step);
  return entry;
}

function changeOf(tx: Tx, entry: CatalogEntry, { atMs, salts }: PublicStep): StoredChange {
  const isHidden = isHiddenFromPeers(entry);
  return appendChange(tx, { atMs, entryId: entry.id, version: entry.version, entry, isHidden, salt: salts[0] });
}

/** Writes the record under its next revision, with the step that led there. */
export function writeStep(tx: Tx, record: EntryRecord, from: string, step: Omit<PublicStep, "salts" | "region">): void {
  const revision = record.revision + 1;
  const shown = record.pending ?? { state: record.state, entry: record.current };
  putRecord(tx, { ...record, revision });
  tx.put(entrySteps.at(record.id, revision), {
    at: instantOf(step.atMs),
    event: step.event,
    from,
    to: shown.state ?? "draft",
    role: step.role,
    userId: step.actor.userId,
    version: shown.entry?.version ?? 0,
    comment: step.comment,
  });
}

function leaf(
  tx: Tx,
  kind: "catalog.published" | "catalog.withdrawn",
  entry: CatalogEntry,
  change: StoredChange,
  { region, atMs, role, event }: PublicStep,
): void {
  appendLeaf(tx, region, {
    kind,
    atMs,
    subject: entry.id,
    actor: role,
    digest: `sha256:${sha256Hex(change.change)}`,
    detail: { event, version: String(entry.version), sequence: change.sequence, status: entry.status },
  });
}

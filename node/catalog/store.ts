import { mustSucceed } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { PublicationState } from "../procedures/publication.ts";
import { collection } from "../storage/collection.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { changeHash, EMPTY_HEAD, nextHead } from "./change-chain.ts";
import { encodeChange } from "./entry-codec.ts";
import type { CatalogEntry } from "./model.ts";

/** A version that is not public yet. */
export type PendingVersion = {
  readonly entry: CatalogEntry;
  readonly state: Extract<PublicationState, "draft" | "submitted" | "reviewing" | "refused">;
  /** User id, for four eyes; never leaves the node. */
  readonly submittedBy: string;
  readonly importId: string | null;
  /** A draft that an approver sent back; one that was imported as a draft is its publisher's own affair. */
  readonly isReturned?: boolean;
};

export type EntryRecord = {
  readonly id: string;
  /** Where the public version stands; null while none ever was. */
  readonly state: Extract<PublicationState, "published" | "suspended" | "withdrawn"> | null;
  /** The last public version; after a withdrawal the tombstone. */
  readonly current: CatalogEntry | null;
  readonly pending: PendingVersion | null;
  /** Rises with every step; numbers the steps. */
  readonly revision: number;
};

/** One step of the procedure. `userId` stays in this node's records; leaves and peers see the role. */
export type StepRecord = {
  readonly at: string;
  readonly event: string;
  readonly from: string;
  readonly to: string;
  readonly role: string;
  readonly userId: string;
  readonly version: number;
  readonly comment: string | null;
};

export type ChangeHead = { readonly sequence: string; readonly head: string };

export type StoredChange = {
  readonly sequence: string;
  /** Canonical text. */
  readonly change: string;
  readonly salt: string;
  readonly hash: string;
  /** Chain value after this change. */
  readonly head: string;
  /** Peers get the hash alone. */
  readonly isHidden: boolean;
};

export type WaitingImport = {
  readonly id: string;
  readonly importedBy: string;
  readonly at: string;
  readonly entries: number;
};

export type RefusalRecord = { readonly id: string; readonly code: string; readonly at: string };

export const entryRecords = collection<EntryRecord>("catalog-entry");
/** (id, version) → the entry as it was published under that number. */
export const entryVersions = collection<CatalogEntry>("catalog-version");
/** (id, revision) */
export const entrySteps = collection<StepRecord>("catalog-step");
/** resourceCode → id. Kept after a withdrawal: a code is never used twice. */
export const resourceCodes = collection<string>("catalog-code");
/** (unit, id) → name of what is public, for the check of single sources. */
export const unitNames = collection<{ readonly id: string; readonly name: string }>("catalog-name");
export const changes = collection<StoredChange>("catalog-change");
export const changeHead = collection<ChangeHead>("catalog-change-head").at("head");
export const waitingImports = collection<WaitingImport>("catalog-import-waiting");
/** (importId, position) → entry id. */
export const importedEntries = collection<string>("catalog-import-entry");
export const refusals = collection<RefusalRecord>("catalog-refusal");

export const appendChangeRefs: readonly AnyRef[] = [changeHead];

/** Core data is not shown to peers at all; everything else published is, also what is not shared, or nobody could dispute it. */
export function isHiddenFromPeers(entry: CatalogEntry): boolean {
  return entry.dataLevel === "CORE";
}

export type NewChange = {
  readonly atMs: number;
  readonly entryId: string;
  readonly version: number;
  readonly entry: CatalogEntry | null;
  readonly isHidden: boolean;
  /** 32 hex digits, drawn before the commit: a decider may run twice and must not draw itself. */
  readonly salt: string;
};

/** Writes the change under the next number and advances the chain. */
export function appendChange(tx: Tx, change: NewChange): StoredChange {
  const last = tx.get(changeHead) ?? { sequence: "0", head: EMPTY_HEAD };
  const sequence = String(BigInt(last.sequence) + 1n);
  const { entryId, entry, salt, isHidden } = change;
  const version = String(change.version);
  const text = mustSucceed(encodeChange({ sequence, at: instantOf(change.atMs), entryId, version, entry }));
  const hash = changeHash(salt, text);
  const stored = { sequence, change: text, salt, hash, head: nextHead(last.head, hash), isHidden };
  tx.put(changes.at(BigInt(sequence)), stored);
  tx.put(changeHead, { sequence, head: stored.head });
  return stored;
}

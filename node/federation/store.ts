import { EMPTY_HEAD } from "../catalog/change-chain.ts";
import type { CatalogEntry, SignedChangeBatch } from "../catalog/model.ts";
import type { Reason } from "../kernel/reason.ts";
import { collection } from "../storage/collection.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import type { MirrorHead, MirrorRecord } from "./model.ts";
import type { ProvedChange } from "./verify-batch.ts";

export const mirrorHeads = collection<MirrorHead>("federation-head");
/** (region, entry id) */
export const mirrorRecords = collection<MirrorRecord>("federation-entry");
/** (region, position). Only the latest change of an entry is kept, so the log is never longer than the mirror. */
export const mirrorLog = collection<{ readonly position: string; readonly id: string }>("federation-log");

export function emptyHead(region: string): MirrorHead {
  return {
    region,
    sequence: "0",
    head: EMPTY_HEAD,
    at: null,
    position: "0",
    generation: 0,
    isRebuilding: false,
    rebuiltFor: null,
    lastContactAt: null,
  };
}

export function applyBatchRefs(region: string, changes: readonly ProvedChange[]): AnyRef[] {
  const ids = changes.flatMap((proved) => (proved.kind === "visible" ? [proved.change.entryId] : []));
  return [mirrorHeads.at(region), ...[...new Set(ids)].map((id) => mirrorRecords.at(region, id))];
}

/**
 * Takes a verified batch: entries, log and head in one commit. `already`: another replica of this node took it before.
 * `elsewhere`: the mirror stands before the batch, since its history is being taken anew; nothing is written then.
 */
export function applyBatch(
  tx: Tx,
  batch: SignedChangeBatch,
  changes: readonly ProvedChange[],
  contactAt: string,
): "taken" | "already" | "elsewhere" {
  const { region, sequence, head, at } = batch;
  const before = tx.get(mirrorHeads.at(region)) ?? emptyHead(region);
  if (changes.length > 0 && BigInt(before.sequence) >= BigInt(sequence)) return "already";
  if (before.head !== batch.previousHead) return "elsewhere";
  let position = BigInt(before.position);
  for (const proved of changes) {
    if (proved.kind !== "visible") continue;
    const { change } = proved;
    position = putEntry(tx, before, change.entryId, { sequence: proved.sequence, entry: change.entry }, position);
  }
  const after = { ...before, sequence, head, at, position: String(position), lastContactAt: contactAt };
  tx.put(mirrorHeads.at(region), after);
  return "taken";
}

function putEntry(
  tx: Tx,
  { region, generation }: MirrorHead,
  id: string,
  { sequence, entry }: { readonly sequence: string; readonly entry: CatalogEntry | null },
  position: bigint,
): bigint {
  const ref = mirrorRecords.at(region, id);
  const held = tx.get(ref);
  // A history that is taken anew mostly brings what is there already; followers are told of what differs.
  if (held !== undefined && JSON.stringify(held.entry) === JSON.stringify(entry)) {
    tx.put(ref, { ...held, sequence, generation });
    return position;
  }
  if (held === undefined && entry === null) return position;
  const next = position + 1n;
  if (held !== undefined) tx.remove(mirrorLog.at(region, BigInt(held.position)));
  tx.put(mirrorLog.at(region, next), { position: String(next), id });
  tx.put(ref, { region, id, sequence, generation, position: String(next), entry });
  return next;
}

/** The next batches are those from the peer's first change; entries stay visible until the new history has replaced them. */
export function beginRebuild(tx: Tx, region: string, rebuiltFor: Reason): void {
  const ref = mirrorHeads.at(region);
  const held = tx.get(ref) ?? emptyHead(region);
  tx.put(ref, {
    ...held,
    sequence: "0",
    head: EMPTY_HEAD,
    generation: held.generation + 1,
    isRebuilding: true,
    rebuiltFor,
  });
}

/** Removes entries that the new history does not have; `ids` as found before, judged again here. */
export function sweep(tx: Tx, region: string, ids: readonly string[]): void {
  const ref = mirrorHeads.at(region);
  const head = tx.get(ref);
  if (head === undefined) return;
  let position = BigInt(head.position);
  for (const id of ids) {
    const held = tx.get(mirrorRecords.at(region, id));
    if (held === undefined || held.generation >= head.generation) continue;
    position = putEntry(tx, head, id, { sequence: held.sequence, entry: null }, position);
  }
  tx.put(ref, { ...head, position: String(position) });
}

export function sweepRefs(region: string, ids: readonly string[]): AnyRef[] {
  return [mirrorHeads.at(region), ...ids.map((id) => mirrorRecords.at(region, id))];
}

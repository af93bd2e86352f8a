import { z } from "zod";
import { appendLeafRefs } from "../audit/store.ts";
import { catalogEntrySchema } from "../catalog/model.ts";
import { drawSalts, type PublicStep, restate, withdrawCurrent, writeStep } from "../catalog/publish.ts";
import { appendChangeRefs, type EntryRecord, entryRecords, importedEntries, waitingImports } from "../catalog/store.ts";
import { nodePrincipal } from "../identity/model.ts";
import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { type Tx, transact } from "../storage/transact.ts";
import type { RestoreDeps, Taken } from "./deps.ts";
import { refuseRecord } from "./refusal.ts";

const recordSchema = z.object({ id: z.string(), sequence: z.string(), entry: catalogEntrySchema.nullable() });

/**
 * An entry of our own catalogue as a peer mirrored it. A single entry carries no signature of ours, so a peer's word publishes
 * nothing: what is newer than this disk waits for an approver, as after an import. What was suspended or withdrawn
 * is so at once, since showing it again would be worse.
 */
export async function takeEntry(deps: RestoreDeps, peer: string, record: unknown): Promise<Taken> {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) return refuseRecord("entry", peer);
  const { id, entry } = parsed.data;
  const { store, runtime, region } = deps;
  const importId = `restore-${peer}`;
  const atMs = runtime.nowMs();
  const step: PublicStep = {
    ...{ region, atMs, actor: nodePrincipal(region), role: "node" },
    ...{ event: "restore", comment: `peer ${peer}`, salts: drawSalts(runtime) },
  };
  const refs = [entryRecords.at(id), waitingImports.at(importId), ...appendChangeRefs, ...appendLeafRefs()];
  return transact(store, refs, (tx) => {
    const held = tx.get(entryRecords.at(id));
    const shown = held?.current ?? null;
    if (entry === null) {
      const isGone = held === undefined || shown === null || held.state === "withdrawn";
      return ok(!isGone && withdrawCurrent(tx, held, step) !== undefined ? "taken" : "present");
    }
    if (held !== undefined && shown !== null && shown.version >= entry.version) {
      const isHeldBack = shown.version === entry.version && entry.status === "suspended" && held.state === "published";
      return ok(isHeldBack && restate(tx, held, "suspended", step) !== undefined ? "taken" : "present");
    }
    if (held?.pending?.entry.version === entry.version) return ok("present");
    const blank: EntryRecord = { id, state: null, current: null, pending: null, revision: 0 };
    const reviewing = { entry: { ...entry, status: "reviewing" as const }, state: "reviewing" as const };
    const pending = { ...reviewing, submittedBy: step.actor.userId, importId };
    writeStep(tx, { ...(held ?? blank), pending }, "draft", step);
    putInImport(tx, importId, id, atMs);
    return ok("taken");
  });
}

function putInImport(tx: Tx, importId: string, id: string, atMs: number): void {
  const place = waitingImports.at(importId);
  const waiting = tx.get(place) ?? { id: importId, importedBy: "node", at: instantOf(atMs), entries: 0 };
  tx.put(importedEntries.at(importId, waiting.entries), id);
  tx.put(place, { ...waiting, entries: waiting.entries + 1 });
}

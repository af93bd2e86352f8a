import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { receiptPlaces } from "../metering/store.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx, transact } from "../storage/transact.ts";
import type { Resolution } from "./messages.ts";
import { inRound, type ProcessDeps, revised, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { inRanges, NO_RANGES } from "./seq-ranges.ts";
import { agreementBooks, type Dispute, disputes } from "./store.ts";

export type DisputeRequest = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly receiptIds: readonly string[];
  readonly reason: string;
};

/** Opens a dispute over receipts before they are signed; both statements then leave them out. Source: settlement.md §11. */
export async function openDispute(
  deps: ProcessDeps,
  actor: Principal,
  { agreementId, periodId, receiptIds, reason }: DisputeRequest,
): Promise<Result<Dispute>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const free = await checkReceipts(deps.store, agreementId, receiptIds);
  if (!free.ok) return free;
  const nowMs = deps.runtime.nowMs();
  const dispute: Dispute = {
    id: newUlid(deps.runtime),
    agreementId,
    periodId,
    receiptIds,
    reason,
    state: "open",
    openedBy: deps.region,
    openedAt: instantOf(nowMs),
    resolvedAt: null,
  };
  const ref = settlementRef({ agreementId, periodId });
  return transact(deps.store, [ref, ...appendLeafRefs({ agreementId })], (tx) => {
    const again = compareAnew(deps, tx, tx.get(ref));
    if (!again.ok) return again;
    putDispute(deps, tx, dispute, "dispute.opened");
    return ok(dispute);
  });
}

/** What is on the table has changed, so the comparison starts again; never after our own signature. */
function compareAnew(deps: ProcessDeps, tx: Tx, settlement: Settlement | undefined): Result<true> {
  if (settlement === undefined) return ok(true);
  const { state, signature, periodId, own, round } = settlement;
  if (state === "agreed" || signature !== null) return refuseProcess("STATEMENT_SIGNED", { periodId });
  if (own === null) return ok(true);
  tx.put(settlementRef(settlement), revised(deps, inRound(settlement, (BigInt(round) + 1n).toString())));
  return ok(true);
}

function putDispute(deps: ProcessDeps, tx: Tx, dispute: Dispute, kind: "dispute.opened" | "dispute.resolved"): void {
  const { agreementId, id, periodId, state } = dispute;
  tx.put(disputes.at(agreementId, id), dispute);
  appendLeaf(tx, deps.region, {
    kind,
    atMs: deps.runtime.nowMs(),
    subject: id,
    actor: "finance",
    digest: digestOf(JSON.parse(JSON.stringify(dispute))),
    agreementId,
    detail: { periodId, state },
  });
}

async function checkReceipts(store: Store, agreementId: string, receiptIds: readonly string[]): Promise<Result<true>> {
  const books = await read(store, agreementBooks.at(agreementId));
  const disputed = new Set(books?.parkedReceiptIds);
  for await (const { state, receiptIds: ids } of list(store, disputes, [agreementId])) {
    if (state === "open") for (const id of ids) disputed.add(id);
  }
  if (receiptIds.length === 0) return refuseProcess("DISPUTE_NOT_FOUND", { value: "—" });
  for (const value of receiptIds) {
    const place = await read(store, receiptPlaces.at(value));
    if (place?.agreementId !== agreementId) return refuseProcess("DISPUTE_NOT_FOUND", { value });
    if (disputed.has(value)) return refuseProcess("DISPUTE_EXISTS", { value });
    if (inRanges(books?.settled ?? NO_RANGES, place.direction, place.seq)) {
      return refuseProcess("DISPUTE_SETTLED", { value });
    }
  }
  return ok(true);
}

export type DisputeOutcome = "upheld" | "rejected" | "withdrawn";

/**
 * This region's word on how a dispute ends: upheld (the receipts are void), rejected or withdrawn (they stand). It takes
 * effect in the next settlement in which the other region says the same; before the statement is signed one can only withdraw.
 */
export async function resolveDispute(
  deps: ProcessDeps,
  actor: Principal,
  id: string,
  outcome: DisputeOutcome,
): Promise<Result<Dispute>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const found = await findDispute(deps.store, id);
  if (found === undefined) return refuseProcess("DISPUTE_NOT_FOUND", { value: id });
  const { agreementId, periodId } = found;
  const ref = settlementRef({ agreementId, periodId });
  const own = disputes.at(agreementId, id);
  const books = agreementBooks.at(agreementId);
  return transact(deps.store, [ref, own, books, ...appendLeafRefs({ agreementId })], (tx) => {
    const now = tx.get(own) ?? found;
    const isParked = now.receiptIds.some((one) => tx.get(books)?.parkedReceiptIds.includes(one));
    if (!isParked && outcome !== "withdrawn") return refuseProcess("DISPUTE_UNSETTLED", { value: id });
    if (!isParked) {
      const again = compareAnew(deps, tx, tx.get(ref));
      if (!again.ok) return again;
    }
    const resolved: Dispute = { ...now, state: outcome, resolvedAt: instantOf(deps.runtime.nowMs()) };
    putDispute(deps, tx, resolved, "dispute.resolved");
    return ok(resolved);
  });
}

async function findDispute(store: Store, id: string): Promise<Dispute | undefined> {
  for await (const dispute of list(store, disputes)) if (dispute.id === id) return dispute;
  return undefined;
}

/** What this side lays on the table: what it disputes, and its word on what was parked earlier. */
export async function disputeFigures(
  store: Store,
  agreementId: string,
): Promise<{ readonly disputedReceiptIds: string[]; readonly resolutions: Resolution[] }> {
  const parked = new Set((await read(store, agreementBooks.at(agreementId)))?.parkedReceiptIds);
  const open = new Set<string>();
  const resolutions = new Map<string, Resolution>();
  for await (const { state, receiptIds } of list(store, disputes, [agreementId])) {
    for (const receiptId of receiptIds) {
      if (state === "open") open.add(receiptId);
      // Withdrawing says what rejecting says: the receipt stands.
      else if (parked.has(receiptId)) {
        resolutions.set(receiptId, { receiptId, outcome: state === "upheld" ? "upheld" : "rejected" });
      }
    }
  }
  return { disputedReceiptIds: [...open].sort(), resolutions: [...resolutions.values()] };
}

/** Receipts that only the peer disputes get a dispute here too, so that this side can say its word. In the last commit. */
export function adoptDisputes(
  deps: ProcessDeps,
  tx: Tx,
  settlement: Settlement,
  { id, receiptIds }: { readonly id: string; readonly receiptIds: readonly string[] },
): void {
  if (receiptIds.length === 0) return;
  const { agreementId, periodId, peer } = settlement;
  const dispute: Dispute = {
    id,
    agreementId,
    periodId,
    receiptIds,
    reason: "",
    state: "open",
    openedBy: peer,
    openedAt: instantOf(deps.runtime.nowMs()),
    resolvedAt: null,
  };
  putDispute(deps, tx, dispute, "dispute.opened");
}

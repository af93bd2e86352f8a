import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { type Direction, receiptPlaces } from "../metering/store.ts";
import type { Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx, transact } from "../storage/transact.ts";
import { nextRound } from "./begin.ts";
import { isSignedByPeer } from "./equivocation.ts";
import type { Resolution } from "./messages.ts";
import { inRound, type ProcessDeps, revised, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { inRanges, NO_RANGES } from "./seq-ranges.ts";
import { agreementBooks, type Dispute, disputedReceipts, disputes, settlements } from "./store.ts";

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
  const places = await placesOf(deps.store, agreementId, receiptIds);
  if (!places.ok) return places;
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
  const tables = await tablesOf(deps.store, agreementId, periodId);
  const marks = receiptIds.map((id) => disputedReceipts.at(agreementId, id));
  const books = agreementBooks.at(agreementId);
  return transact(deps.store, [...tables, ...marks, books, ...appendLeafRefs({ agreementId })], (tx) => {
    const free = checkFree(tx, agreementId, places.value);
    if (!free.ok) return free;
    for (const table of tables) {
      const again = compareAnew(deps, tx, tx.get(table));
      if (!again.ok) return again;
    }
    putDispute(deps, tx, dispute, "dispute.opened");
    return ok(dispute);
  });
}

/** Where the receipts may lie on a table now: the period that is named, and whatever is on its way. */
async function tablesOf(store: Store, agreementId: string, periodId: string): Promise<Ref<Settlement>[]> {
  const periods = new Set([periodId]);
  for await (const one of list(store, settlements)) {
    if (one.agreementId === agreementId && one.state !== "agreed") periods.add(one.periodId);
  }
  return [...periods].map((period) => settlementRef({ agreementId, periodId: period }));
}

/** What is on the table has changed, so the comparison starts again; never after our own signature. */
function compareAnew(deps: ProcessDeps, tx: Tx, settlement: Settlement | undefined): Result<true> {
  if (settlement === undefined) return ok(true);
  const { state, signature, periodId, own } = settlement;
  if (state === "agreed" || signature !== null) return refuseProcess("STATEMENT_SIGNED", { periodId });
  if (isSignedByPeer(deps, settlement)) {
    return refuseProcess("STATEMENT_SIGNED_BY_PEER", { region: settlement.peer, periodId });
  }
  if (own === null) return ok(true);
  tx.put(settlementRef(settlement), revised(deps, inRound(settlement, nextRound(settlement))));
  return ok(true);
}

function putDispute(deps: ProcessDeps, tx: Tx, dispute: Dispute, kind: "dispute.opened" | "dispute.resolved"): void {
  const { agreementId, id, periodId, receiptIds, state } = dispute;
  tx.put(disputes.at(agreementId, id), dispute);
  for (const receiptId of receiptIds) {
    if (state === "open") tx.put(disputedReceipts.at(agreementId, receiptId), id);
    else tx.remove(disputedReceipts.at(agreementId, receiptId));
  }
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

type Place = { readonly receiptId: string; readonly direction: Direction; readonly seq: string };

/** A receipt's place never changes, so it may be read before the commit. */
async function placesOf(store: Store, agreementId: string, receiptIds: readonly string[]): Promise<Result<Place[]>> {
  if (receiptIds.length === 0) return refuseProcess("DISPUTE_NOT_FOUND", { value: "—" });
  const places: Place[] = [];
  for (const receiptId of new Set(receiptIds)) {
    const place = await read(store, receiptPlaces.at(receiptId));
    if (place?.agreementId !== agreementId) return refuseProcess("DISPUTE_NOT_FOUND", { value: receiptId });
    places.push({ receiptId, direction: place.direction, seq: place.seq });
  }
  return ok(places);
}

function checkFree(tx: Tx, agreementId: string, places: readonly Place[]): Result<true> {
  const { parkedReceiptIds = [], settled = NO_RANGES } = tx.get(agreementBooks.at(agreementId)) ?? {};
  const parked = new Set(parkedReceiptIds);
  for (const { receiptId: value, direction, seq } of places) {
    const isDisputed = parked.has(value) || tx.get(disputedReceipts.at(agreementId, value)) !== undefined;
    if (isDisputed) return refuseProcess("DISPUTE_EXISTS", { value });
    if (inRanges(settled, direction, seq)) return refuseProcess("DISPUTE_SETTLED", { value });
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
    if (now.state === outcome) return ok(now);
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

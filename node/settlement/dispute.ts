import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf, nextPeriod } from "../kernel/instant.ts";
import { type Direction, equivocations, receiptPlaces } from "../metering/store.ts";
import type { Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx, transact } from "../storage/transact.ts";
import { nextRound } from "./begin.ts";
import { deadlineOf } from "./due.ts";
import { isSignedByPeer } from "./equivocation.ts";
import type { Resolution, ToldDispute } from "./messages.ts";
import { onTheirWay } from "./order.ts";
import { inRound, type ProcessDeps, revised, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { attempt } from "./refusal.ts";
import { inRanges, NO_RANGES } from "./seq-ranges.ts";
import { agreementBooks, type Dispute, type DisputeEvidence, disputedReceipts, disputes } from "./store.ts";
import { checkPeriod } from "./values.ts";

export type DisputeRequest = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly receiptIds: readonly string[];
  readonly reason: string;
  readonly evidence?: readonly DisputeEvidence[] | undefined;
};

/** Opens a dispute over receipts before they are signed; both statements then leave them out. Source: settlement.md §11. */
export async function openDispute(
  deps: ProcessDeps,
  actor: Principal,
  request: DisputeRequest,
): Promise<Result<Dispute>> {
  const { agreementId, receiptIds, reason, evidence = [] } = request;
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  if (reason.trim() === "") return refuseProcess("DISPUTE_REASON");
  const named = attempt(() => checkPeriod(request.periodId));
  if (!named.ok) return named;
  // What came too late for a signed period is disputed where it is going to be settled.
  const { lastPeriod = "" } = (await read(deps.store, agreementBooks.at(agreementId))) ?? {};
  const periodId = request.periodId <= lastPeriod ? nextPeriod(lastPeriod) : request.periodId;
  const places = await placesOf(deps.store, agreementId, receiptIds);
  if (!places.ok) return places;
  const agreement = await deps.agreements.find(agreementId);
  const peer = agreement?.provider === deps.region ? agreement.consumer : agreement?.provider;
  const dispute: Dispute = {
    ...{ id: newUlid(deps.runtime), agreementId, periodId, reason: reason.trim(), evidence },
    ...openedNow(deps, peer),
    receiptIds: [...new Set(receiptIds)].sort(),
    openedBy: deps.region,
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

/** The peer, where there is one, brings in what was agreed with it about deadlines. */
export function openedNow(deps: Pick<ProcessDeps, "runtime" | "rules">, peer: string | undefined) {
  const nowMs = deps.runtime.nowMs();
  const deadline = deadlineOf(deps, nowMs, peer);
  return { state: "open", openedAt: instantOf(nowMs), resolvedAt: null, deadline } as const;
}

/** Where the receipts may lie on a table now: the period that is named, and whatever is on its way. */
async function tablesOf(store: Store, agreementId: string, periodId: string): Promise<Ref<Settlement>[]> {
  const periods = new Set([periodId]);
  for await (const one of onTheirWay(store)) {
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

export function putDispute(
  deps: Pick<ProcessDeps, "region" | "runtime">,
  tx: Tx,
  dispute: Dispute,
  kind: "dispute.opened" | "dispute.resolved",
): void {
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
  comment?: string,
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
    const resolvedAt = instantOf(deps.runtime.nowMs());
    const resolved: Dispute = { ...now, state: outcome, resolvedAt, ...(comment !== undefined && { comment }) };
    putDispute(deps, tx, resolved, "dispute.resolved");
    return ok(resolved);
  });
}

export async function findDispute(store: Store, id: string): Promise<Dispute | undefined> {
  for await (const dispute of list(store, disputes)) if (dispute.id === id) return dispute;
  return undefined;
}

/** What this side lays on the table: what it disputes and why, and its word on what was parked earlier. */
export async function disputeFigures(
  { store, region }: Pick<ProcessDeps, "store" | "region">,
  agreementId: string,
): Promise<{
  readonly disputedReceiptIds: string[];
  readonly resolutions: Resolution[];
  readonly disputes: ToldDispute[];
}> {
  const parked = new Set((await read(store, agreementBooks.at(agreementId)))?.parkedReceiptIds);
  const open = new Set<string>();
  const resolutions = new Map<string, Resolution>();
  const told: ToldDispute[] = [];
  for await (const { id, state, receiptIds, reason, evidence = [], openedBy } of list(store, disputes, [agreementId])) {
    const isFresh = state === "open" && receiptIds.some((receiptId) => !parked.has(receiptId));
    if (isFresh && openedBy === region && told.length < MAX_TOLD) told.push({ id, reason, evidence, receiptIds });
    for (const receiptId of receiptIds) {
      if (state === "open") open.add(receiptId);
      // Withdrawing says what rejecting says: the receipt stands.
      else if (parked.has(receiptId)) {
        resolutions.set(receiptId, { receiptId, outcome: state === "upheld" ? "upheld" : "rejected" });
      }
    }
  }
  for (const receiptId of await equivocatedIds(store, agreementId)) {
    if (!parked.has(receiptId)) open.add(receiptId);
  }
  return { disputedReceiptIds: [...open].sort(), resolutions: [...resolutions.values()], disputes: told };
}

/** Numbers under which two versions are signed count nowhere: in dispute without anybody opening one. Source: settlement.md §9. */
async function equivocatedIds(store: Store, agreementId: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for await (const { core } of list(store, equivocations, [agreementId])) ids.add(core.receiptId);
  return ids;
}

const MAX_TOLD = 1_000;

/**
 * What is parked without a dispute here gets one, so that this side can say its word: the peer's under the same id, and one
 * for receipts of which two versions are signed.
 */
export async function disputesToAdopt(
  deps: ProcessDeps,
  now: Settlement,
  disputed: readonly string[],
): Promise<Dispute[]> {
  const { agreementId, periodId, peer, theirs } = now;
  const parked = new Set((await read(deps.store, agreementBooks.at(agreementId)))?.parkedReceiptIds);
  const left = new Set<string>();
  for (const id of disputed) {
    const isKnown = parked.has(id) || (await read(deps.store, disputedReceipts.at(agreementId, id))) !== undefined;
    if (!isKnown) left.add(id);
  }
  const adopted: Dispute[] = [];
  const opened = { agreementId, periodId, openedBy: peer, ...openedNow(deps, peer) };
  for (const { id, reason, evidence, receiptIds } of theirs?.disputes ?? []) {
    const ids = receiptIds.filter((receiptId) => left.delete(receiptId));
    if (ids.length === 0) continue;
    // An id that is taken here is not given away, whatever the peer calls its own.
    const isTaken = (await read(deps.store, disputes.at(agreementId, id))) !== undefined;
    adopted.push({ ...opened, id: isTaken ? newUlid(deps.runtime) : id, receiptIds: ids, reason, evidence });
  }
  const twice = await equivocatedIds(deps.store, agreementId);
  const groups = [
    { openedBy: deps.region, reason: TWO_VERSIONS, receiptIds: [...left].filter((id) => twice.has(id)) },
    { openedBy: peer, reason: "", receiptIds: [...left].filter((id) => !twice.has(id)) },
  ];
  for (const group of groups) {
    if (group.receiptIds.length > 0) adopted.push({ ...opened, ...group, id: newUlid(deps.runtime) });
  }
  return adopted;
}

const TWO_VERSIONS =
  "同一编号下有两份不同的凭据(RECEIPT_EQUIVOCATION),两份均已留存 Two different receipts are signed under one number; both are kept";

/** In the last commit. */
export function adoptDisputes(deps: ProcessDeps, tx: Tx, adopted: readonly Dispute[]): void {
  for (const dispute of adopted) putDispute(deps, tx, dispute, "dispute.opened");
}

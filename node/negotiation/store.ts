import { collection, type Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx } from "../storage/transact.ts";
import { isOver } from "./machine.ts";
import type { Agreement, Negotiation } from "./model.ts";

export const negotiations = collection<Negotiation>("negotiation");
/** (created at, id) → id: lists go newest first, and pids are random. */
export const negotiationsByTime = collection<string>("negotiation-by-time");
/** (peer, the peer's pid) → id. A creating message that comes again finds what it created. */
export const negotiationsByPeer = collection<string>("negotiation-by-peer");
/** Those in which it is this region's turn: the list of tasks does not read every negotiation. */
export const negotiationsWaiting = collection<string>("negotiation-waiting");

export const agreements = collection<Agreement>("agreement");
/**
 * Agreements of other regions that pay parties of this one. Apart from its own on purpose: nothing that moves or meters data
 * looks here, so no such agreement ever lets anyone transfer.
 */
export const witnessedAgreements = collection<Agreement>("agreement-witnessed");
/** Those of them that an approver of this region has to answer. */
export const witnessedWaiting = collection<string>("agreement-witnessed-waiting");
/** (valid to, id) → id of agreements in force. */
export const agreementsByEnd = collection<string>("agreement-by-end");
/** Provider's side only: base64 of 32 random bytes, the key of `hash` masks. Never shown, never sent. */
export const maskKeys = collection<string>("agreement-mask-key");

/** Tx-piece: the record with its indexes. `before` is undefined for a new one. */
export function putNegotiation(tx: Tx, before: Negotiation | undefined, after: Negotiation, region: string): void {
  const { id, peer, peerPid, createdAt } = after;
  tx.put(negotiations.at(id), after);
  if (before === undefined) tx.put(negotiationsByTime.at(createdAt, id), id);
  if (peerPid !== null && before?.peerPid !== peerPid) tx.put(negotiationsByPeer.at(peer, peerPid), id);

  const waited = before !== undefined && isOurTurn(before, region);
  const waits = isOurTurn(after, region);
  if (waits && !waited) tx.put(negotiationsWaiting.at(id), id);
  if (waited && !waits) tx.remove(negotiationsWaiting.at(id));
}

/** Where the record of an agreement lies, by this region's part in it. */
export function agreementRef({ id, role }: Pick<Agreement, "id" | "role">): Ref<Agreement> {
  return (role === "witness-party" ? witnessedAgreements : agreements).at(id);
}

/** Own agreements and those that only pay parties of this region. */
export async function findAgreement(store: Store, id: string): Promise<Agreement | undefined> {
  return (await read(store, agreements.at(id))) ?? (await read(store, witnessedAgreements.at(id)));
}

/** This region's own agreements, then those of others that pay its parties. */
export async function* allAgreements(store: Store): AsyncGenerator<Agreement> {
  yield* list(store, agreements);
  yield* list(store, witnessedAgreements);
}

/** Tx-piece: the record with its indexes. */
export function putAgreement(tx: Tx, before: Agreement | undefined, after: Agreement): void {
  tx.put(agreementRef(after), after);
  if (after.role === "witness-party") {
    const waits = after.status === "pending" && after.reason?.turn?.role === "approver";
    if (waits) tx.put(witnessedWaiting.at(after.id), after.id);
    else tx.remove(witnessedWaiting.at(after.id));
  }
  const end = agreementsByEnd.at(after.terms.validTo, after.id);
  if (after.status === "in-force") tx.put(end, after.id);
  else if (before?.status === "in-force") tx.remove(end);
}

function isOurTurn({ reason, state }: Negotiation, region: string): boolean {
  return !isOver(state) && reason?.turn?.region === region && reason.turn.role !== "node";
}

import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import { step } from "../kernel/machine.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Binding } from "../outbox/model.ts";
import { collection } from "../storage/collection.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { type TransferEvent, transferTransitions } from "./machine.ts";
import type { Transfer } from "./model.ts";

export const transfers = collection<Transfer>("transfer");
/** (created at, id) → id: the list in the order of creation. */
export const transferOrder = collection<string>("transfer-order");
/** (peer, its pid) → our id: the same request again is the same transfer, and a peer's pid finds its own only. */
export const transfersByPeer = collection<string>("transfer-peer");
/** How the peer of a transfer is reached. */
export const transferLinks = collection<{ readonly binding: Binding; readonly callbackAddress: string | null }>(
  "transfer-link",
);
/** Transfers that this node is to pull: consumer, STARTED, from a Heliu node. */
export const pulls = collection<string>("transfer-pull");

/** What a provider remembers of a transfer: enough to make the same bytes again. */
export type Sending = {
  /** Size and time of the source; another one, and the bytes already sent could not be made again. */
  readonly fingerprint: string | null;
  readonly batches: string;
  /** Batches that were released and wait for the consumer's signature: never more than two. */
  readonly unsigned: readonly { readonly batch: string; readonly seq: string }[];
  /** Set when the source was read to its end. */
  readonly sha256: string | null;
};
export const sendings = collection<Sending>("transfer-sending");

/** A batch as one side released or received it. `end` is where the source stood after it (provider only). */
export type Batch = {
  readonly receiptId: string;
  readonly seq: string;
  readonly rows: string;
  readonly bytes: string;
  readonly sha256: string;
  readonly end: string;
  /** The consumer's own signature; null at the provider. */
  readonly signature: string | null;
};
export const batches = collection<Batch>("transfer-batch");

/** The records that `changeTransfer` reads. */
export function transferRefs({ id, agreementId }: Pick<Transfer, "id" | "agreementId">): readonly AnyRef[] {
  return [transfers.at(id), transferLinks.at(id), ...appendLeafRefs({ agreementId })];
}

export function putNewTransfer(tx: Tx, transfer: Transfer, link: { binding: Binding; callbackAddress: string | null }) {
  tx.put(transferOrder.at(msOf(transfer.createdAt), transfer.id), transfer.id);
  tx.put(transferLinks.at(transfer.id), link);
  if (transfer.peerPid !== null) tx.put(transfersByPeer.at(transfer.peer, transfer.peerPid), transfer.id);
  tx.put(transfers.at(transfer.id), transfer);
}

export type TransferChange = {
  readonly event: TransferEvent;
  /** Whose move it is; `ours` is the role of this node in the transfer. */
  readonly by: "ours" | "peer";
  /** A role, `node` or `peer:<region>`; never a person. */
  readonly actor: string;
  readonly comment: string | null;
  readonly reason: Reason | null;
  readonly nowMs: number;
};

/** One move of the machine, with its audit leaf, in the caller's commit. Refused moves change nothing. */
export function changeTransfer(
  tx: Tx,
  region: string,
  transfer: Transfer,
  change: TransferChange,
  over: Partial<Transfer> = {},
): Result<Transfer> {
  const by = change.by === "ours" ? transfer.role : otherRole(transfer.role);
  const to = step(transferTransitions, transfer.state, change.event, by);
  if (!to.ok) return to;
  const at = instantOf(change.nowMs);
  const { event, actor, comment } = change;
  const next: Transfer = {
    ...transfer,
    ...over,
    state: to.value,
    reason: change.reason,
    timeline: [...transfer.timeline, { at, event, actor, from: transfer.state, to: to.value, comment }],
    updatedAt: at,
    revision: transfer.revision + 1,
  };
  tx.put(transfers.at(transfer.id), next);
  writePull(tx, next);
  writeTransferLeaf(tx, region, next, change);
  return ok(next);
}

function writePull(tx: Tx, transfer: Transfer): void {
  const isPulled =
    transfer.role === "consumer" &&
    transfer.state === "STARTED" &&
    tx.get(transferLinks.at(transfer.id))?.binding === "grpc";
  if (isPulled) tx.put(pulls.at(transfer.id), transfer.id);
  else tx.remove(pulls.at(transfer.id));
}

/** `transfer.finished` fixes what was moved; both regions' leaves then hold the same content hash. */
export function writeTransferLeaf(
  tx: Tx,
  region: string,
  transfer: Transfer,
  { actor, nowMs }: Pick<TransferChange, "actor" | "nowMs">,
): void {
  const { id, agreementId, state, sha256, rows, bytes } = transfer;
  const isFinished = state === "COMPLETED";
  const finished: Record<string, string> = isFinished ? { rows, bytes, sha256: sha256 ?? "" } : {};
  const document: Canonical = { transferId: id, agreementId, state, ...finished };
  appendLeaf(tx, region, {
    kind: isFinished ? "transfer.finished" : "transfer.changed",
    atMs: nowMs,
    subject: id,
    actor,
    digest: isFinished && sha256 !== null ? `sha256:${sha256}` : digestOf(document),
    agreementId,
    detail: { state, ...finished, ...(transfer.reason === null ? {} : { code: transfer.reason.code }) },
  });
}

export function otherRole(role: Transfer["role"]): Transfer["role"] {
  return role === "consumer" ? "provider" : "consumer";
}

/** Entry of ours → objections whose mark stands on it. Its charged use and its calls stop meanwhile. */
export const entryFreezes = collection<readonly string[]>("entry-freeze");

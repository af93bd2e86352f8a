import type { Canonical } from "../kernel/canonical-json.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import type { Failure, Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import type { TransferEvent } from "./machine.ts";
import type { TransferMessageKind } from "./messages.ts";
import type { Transfer } from "./model.ts";
import { type Outstanding, outstandingOf } from "./provider-receipts.ts";
import { notFound, refuseTransfer } from "./refusal.ts";
import { owe, oweRefs, type Stamp, stampOf } from "./send.ts";
import { batches, changeTransfer, transferRefs, transfers } from "./store.ts";
import type { ConsumerSignature, OfferedReceipt } from "./wire.ts";

export type Move = {
  readonly event: TransferEvent;
  readonly actor: string;
  readonly comment: string | null;
  readonly reason: Reason | null;
};

const MESSAGE_OF: { readonly [E in TransferEvent]: TransferMessageKind } = {
  start: "TransferStartMessage",
  suspend: "TransferSuspensionMessage",
  complete: "TransferCompletionMessage",
  terminate: "TransferTerminationMessage",
};

/**
 * A move that this node makes: machine, message and leaf in one commit. A termination carries what the other side needs
 * to settle the last batches: the provider its unsigned receipts, the consumer the signatures it owes.
 */
export async function moveTransfer(
  deps: TransferDeps,
  id: string,
  move: Move,
  alsoInCommit: (tx: Tx) => void = () => {},
  alsoReads: readonly AnyRef[] = [],
): Promise<Result<Transfer>> {
  // The commit that releases a batch may come between; then what this one would say is out of date.
  for (let attempt = 0; ; attempt++) {
    const done = await tryMove(deps, id, move, alsoInCommit, alsoReads);
    if (done.ok || done.error.code !== "TRANSFER_CONFLICT" || attempt === 9) return done;
  }
}

async function tryMove(
  deps: TransferDeps,
  id: string,
  move: Move,
  alsoInCommit: (tx: Tx) => void,
  alsoReads: readonly AnyRef[],
): Promise<Result<Transfer>> {
  const found = await read(deps.store, transfers.at(id));
  if (found === undefined) return notFound(id);
  const outstanding = await outstandingOf(deps, found);
  const signatures = found.role === "consumer" ? await lastSignatures(deps, found) : [];
  const stamp = stampOf(deps.runtime);
  const refs = [...transferRefs(found), ...oweRefs(found), ...(outstanding?.refs ?? []), ...alsoReads];
  return transact(deps.store, refs, (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer === undefined) return notFound(id);
    if (isOutdated(tx, outstanding)) return conflict(id);
    const moved = changeTransfer(tx, deps.region, transfer, { ...move, by: "ours", nowMs: stamp.nowMs });
    if (!moved.ok) return moved;
    oweMove(tx, moved.value, move, outstanding?.receipts ?? [], signatures, stamp);
    alsoInCommit(tx);
    return moved;
  });
}

function oweMove(
  tx: Tx,
  transfer: Transfer,
  { event, comment, reason }: Move,
  receipts: readonly HeldReceipt[],
  signatures: readonly ConsumerSignature[],
  stamp: Stamp,
): void {
  const why = {
    ...(reason === null ? {} : { code: reason.code, reason: [reason as unknown as Canonical] }),
    ...(comment === null ? {} : { comment }),
  };
  const last = event === "terminate" ? { receipts: receipts.map(offerOf), signatures: [...signatures] } : {};
  owe(tx, transfer, MESSAGE_OF[event], { ...why, ...last }, stamp);
}

/** The consumer's signatures over its last batches: the provider waits for at most two. */
export async function lastSignatures({ store }: TransferDeps, transfer: Transfer): Promise<ConsumerSignature[]> {
  const signatures: ConsumerSignature[] = [];
  for (let n = BigInt(transfer.batches); n > 0n && n > BigInt(transfer.batches) - 2n; n--) {
    const batch = await read(store, batches.at(transfer.id, n));
    if (batch !== undefined && batch.signature !== null) {
      signatures.unshift({ receiptId: batch.receiptId, signature: batch.signature });
    }
  }
  return signatures;
}

export function offerOf({ core, providerSignature }: HeldReceipt): OfferedReceipt {
  return { core: canonicalText(core), providerSignature };
}

/** True when batches were released or signed since `outstandingOf` looked. */
export function isOutdated(tx: Tx, outstanding: Outstanding | undefined): boolean {
  if (outstanding === undefined) return false;
  const [first] = outstanding.refs;
  if (first === undefined) return false;
  const now = tx.get(first) as Outstanding["sending"] | undefined;
  return JSON.stringify(now?.unsigned) !== JSON.stringify(outstanding.sending.unsigned);
}

export function conflict(id: string): Failure {
  return refuseTransfer(
    "TRANSFER_CONFLICT",
    "transfer.concurrent",
    { zh: "传输正在变化,请重试。", en: "The transfer is changing at this moment; try again." },
    { id },
  );
}

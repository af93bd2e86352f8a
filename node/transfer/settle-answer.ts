import { ok } from "../kernel/exchange-error.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { receipts } from "../metering/store.ts";
import type { Answer, OutboxMessage } from "../outbox/model.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { receiptAnswerSchema } from "./messages.ts";
import type { Transfer } from "./model.ts";
import { offerOf } from "./move-transfer.ts";
import { outstandingOf, takeBack, takeSignature } from "./provider-receipts.ts";
import { owe, oweRefs, stampOf } from "./send.ts";
import { transferLinks, transfers, transfersByPeer } from "./store.ts";

/** How many cores one message carries to a consumer whose chain has a gap. */
const MAX_CORES = 64;

/** What a peer's answer to one of our messages tells: its pid, signatures it owed, batches it never got. Safe to repeat. */
export async function settleAnswer(deps: TransferDeps, message: OutboxMessage, answer: Answer): Promise<void> {
  const parsed = receiptAnswerSchema.safeParse(answer);
  const id = message.lane.slice("transfer/".length);
  const transfer = await read(deps.store, transfers.at(id));
  if (!parsed.success || transfer === undefined) return;
  const { providerPid, signatures, notDelivered, missingFrom } = parsed.data;
  if (transfer.role === "consumer") {
    if (transfer.peerPid === null && providerPid !== undefined) await learnPid(deps, transfer, providerPid);
    return;
  }
  for (const signature of signatures) {
    const taken = await takeSignature(deps, transfer.peer, signature);
    if (!taken.ok) deps.logger.warn({ transfer: id, code: taken.error.code }, "a receipt's signature does not hold");
  }
  if (missingFrom !== null) await sendCores(deps, transfer, BigInt(missingFrom));
  else if (notDelivered.length > 0) await correctUndelivered(deps, transfer, new Set(notDelivered));
}

async function learnPid(deps: TransferDeps, { id, peer }: Transfer, providerPid: string): Promise<void> {
  await transact(deps.store, [transfers.at(id)], (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer === undefined || transfer.peerPid !== null) return ok(undefined);
    tx.put(transfers.at(id), { ...transfer, peerPid: providerPid, revision: transfer.revision + 1 });
    tx.put(transfersByPeer.at(peer, providerPid), id);
    return ok(undefined);
  });
}

async function correctUndelivered(deps: TransferDeps, transfer: Transfer, ids: ReadonlySet<string>): Promise<void> {
  const outstanding = await outstandingOf(deps, transfer);
  if (outstanding === undefined) return;
  const lost = outstanding.receipts.filter(({ core }) => ids.has(core.receiptId));
  const stamp = stampOf(deps.runtime);
  const refs = [...outstanding.refs, ...oweRefs(transfer), transferLinks.at(transfer.id)];
  await transact(deps.store, refs, (tx) => {
    const toSign = takeBack(tx, deps, lost, stamp.nowMs);
    if (toSign.length > 0) owe(tx, transfer, "ReceiptMessage", { receipts: toSign.map(offerOf) }, stamp);
    return ok(undefined);
  });
}

async function sendCores(deps: TransferDeps, transfer: Transfer, fromSeq: bigint): Promise<void> {
  const cores = await coresFrom(deps, transfer.agreementId, fromSeq, MAX_CORES);
  const stamp = stampOf(deps.runtime);
  const refs = [...oweRefs(transfer), transferLinks.at(transfer.id)];
  await transact(deps.store, refs, (tx) => {
    owe(tx, transfer, "ReceiptMessage", { receipts: cores.map(offerOf) }, stamp);
    return ok(undefined);
  });
}

/** The agreement's chain from a number on. */
export async function coresFrom(
  { store }: TransferDeps,
  agreementId: string,
  fromSeq: bigint,
  limit: number,
): Promise<HeldReceipt[]> {
  const cores: HeldReceipt[] = [];
  const after = [agreementId, "forward", fromSeq - 1n] as const;
  for await (const receipt of list(store, receipts, [agreementId, "forward"], { after, limit })) cores.push(receipt);
  return cores;
}

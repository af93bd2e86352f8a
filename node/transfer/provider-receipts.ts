import { sha256Hex } from "../kernel/digest.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import { completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import type { HeldReceipt, ReceiptCore } from "../metering/model.ts";
import { checkConsumerSignature, type KeyLookup } from "../metering/receipt.ts";
import { appendReceipt, appendReceiptRefs, receiptPlaces, receiptRef } from "../metering/store.ts";
import { addUsage, usageTotalsRefs } from "../metering/usage.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import type { Transfer } from "./model.ts";
import { type Sending, sendings, transfers } from "./store.ts";
import type { ConsumerSignature } from "./wire.ts";

/**
 * Keys that may complete a receipt: valid now, or valid when the batch ended. A signature that was only late to arrive is
 * the exception that settlement.md §9 makes.
 */
function keysFor({ trust, runtime }: TransferDeps, core: ReceiptCore): KeyLookup {
  const nowMs = runtime.nowMs();
  return (region, keyId) =>
    trust.statementKey(region, keyId, nowMs) ?? trust.statementKey(region, keyId, msOf(core.endedAt));
}

/** A consumer's signature over a receipt of one of this node's agreements with that consumer, checked. */
export async function checkedSignature(
  deps: TransferDeps,
  peer: string,
  { receiptId, signature }: ConsumerSignature,
): Promise<Result<HeldReceipt | undefined>> {
  const place = await read(deps.store, receiptPlaces.at(receiptId));
  const held = place && (await read(deps.store, receiptRef(place.agreementId, place.direction, place.seq)));
  // A receipt of somebody else is passed over like one that does not exist.
  if (held === undefined || held.core.consumerRegion !== peer) return ok(undefined);
  const checked = checkConsumerSignature(held.core, signature, keysFor(deps, held.core));
  return checked.ok ? ok(held) : checked;
}

/**
 * Stores a signature and frees the batch's place among the unsigned ones. `onStaged` is called once its commit stands in line:
 * whatever is committed from then on finds the place free, and may share the write.
 */
export async function takeSignature(
  deps: TransferDeps,
  peer: string,
  signature: ConsumerSignature,
  onStaged: () => void = () => {},
): Promise<Result<HeldReceipt | undefined>> {
  const checked = await checkedSignature(deps, peer, signature);
  if (!checked.ok || checked.value === undefined || checked.value.consumerSignature !== null) return checked;
  const { core } = checked.value;
  const nowMs = deps.runtime.nowMs();
  const refs = [...completeReceiptRefs(core), sendings.at(core.transferId), transfers.at(core.transferId)];
  const stored = transact(deps.store, refs, (tx) => {
    const completed = completeReceipt(tx, meteringParts(deps), core, signature.signature, nowMs);
    countSigned(tx, core);
    return ok(completed);
  });
  onStaged();
  return stored;
}

/** The transfer's own count of finished receipts; windows of calls belong to no transfer. */
function countSigned(tx: Tx, core: ReceiptCore): void {
  const sending = tx.get(sendings.at(core.transferId));
  if (sending === undefined || !sending.unsigned.some(({ seq }) => seq === core.seq)) return;
  tx.put(sendings.at(core.transferId), {
    ...sending,
    unsigned: sending.unsigned.filter(({ seq }) => seq !== core.seq),
  });
  const transfer = tx.get(transfers.at(core.transferId));
  if (transfer === undefined) return;
  tx.put(transfers.at(transfer.id), { ...transfer, receipts: String(BigInt(transfer.receipts) + 1n) });
}

/** The receipts of a transfer that wait for a signature, with what a commit must read to take them back. */
export type Outstanding = {
  readonly sending: Sending;
  readonly receipts: readonly HeldReceipt[];
  readonly refs: readonly AnyRef[];
};

export async function outstandingOf(deps: TransferDeps, transfer: Transfer): Promise<Outstanding | undefined> {
  const sending = await read(deps.store, sendings.at(transfer.id));
  if (sending === undefined) return undefined;
  const receipts: HeldReceipt[] = [];
  for (const { seq } of sending.unsigned) {
    const held = await read(deps.store, receiptRef(transfer.agreementId, "forward", seq));
    if (held !== undefined) receipts.push(held);
  }
  const about = {
    providerRegion: deps.region,
    consumerRegion: transfer.peer,
    metrics: [...new Set(receipts.flatMap(({ core }) => Object.keys(core.usage)))],
  };
  return {
    sending,
    receipts,
    refs: [
      sendings.at(transfer.id),
      transfers.at(transfer.id),
      ...usageTotalsRefs(transfer.agreementId),
      ...appendReceiptRefs(transfer.agreementId, "forward", meteringParts(deps), about),
      ...receipts.map(({ core }) => receiptRef(core.agreementId, core.direction, core.seq)),
    ],
  };
}

/**
 * Corrections for batches that were released and never arrived: the usage is given back, in totals and ledger too. The
 * consumer signs batch and correction together. Answers what the consumer is to sign, in the order of the chain.
 */
export function takeBack(tx: Tx, deps: TransferDeps, receipts: readonly HeldReceipt[], nowMs: number): HeldReceipt[] {
  const [first] = receipts;
  const sending = first && tx.get(sendings.at(first.core.transferId));
  if (first === undefined || sending === undefined) return [];
  const taken = receipts.filter(({ core }) => sending.unsigned.some(({ seq }) => seq === core.seq));
  const corrections = taken.map(({ core }) => correct(tx, deps, core, nowMs));
  const seqs = new Set(taken.map(({ core }) => core.seq));
  tx.put(sendings.at(first.core.transferId), {
    ...sending,
    unsigned: sending.unsigned.filter(({ seq }) => !seqs.has(seq)),
  });
  return [...taken, ...corrections];
}

function correct(tx: Tx, deps: TransferDeps, core: ReceiptCore, nowMs: number): HeldReceipt {
  const usage = Object.fromEntries(Object.entries(core.usage).map(([metric, n]) => [metric, -BigInt(n)]));
  addUsage(tx, core.agreementId, { rows: usage.rows ?? 0n, bytes: usage.bytes ?? 0n });
  return appendReceipt(tx, meteringParts(deps), {
    agreementId: core.agreementId,
    transferId: core.transferId,
    productId: core.productId,
    purposeClass: core.purposeClass,
    kind: "correction",
    corrects: core.receiptId,
    usage,
    contributions: core.contributions.map((each) => ({ ...each, quantity: -BigInt(each.quantity) })),
    contentSha256: sha256Hex(""),
    startedAtMs: nowMs,
    endedAtMs: nowMs,
    consumerRegion: core.consumerRegion,
    consumerKeyId: core.consumerKeyId,
    leaf: "receipt.batch",
  });
}

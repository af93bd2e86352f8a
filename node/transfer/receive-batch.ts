import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import {
  acceptReceipt,
  acceptReceiptRefs,
  checkClock,
  completeReceipt,
  completeReceiptRefs,
} from "../metering/accept.ts";
import { equivocation } from "../metering/chain.ts";
import type { ReceiptCore } from "../metering/model.ts";
import { type PartyEnd, partyGone } from "../metering/party-end.ts";
import { type CheckedCore, checkOffered, signCore } from "../metering/receipt.ts";
import { countUsage, usageTotalsRefs } from "../metering/usage.ts";
import type { Agreement } from "../negotiation/model.ts";
import { transact } from "../storage/transact.ts";
import { keysNow, meteringParts, type TransferDeps } from "./deps.ts";
import type { Transfer } from "./model.ts";
import { contributionsOf, factsOfTransfer } from "./receipt-facts.ts";
import { notFound, notStarted, refuseTransfer } from "./refusal.ts";
import { batches, transfers } from "./store.ts";
import type { Frame } from "./wire.ts";

type BatchBegin = Extract<Frame, { kind: "batch-begin" }>;

/** A batch as it comes in: what it claims, checked, and how many bytes are still to come. */
export type IncomingBatch = {
  readonly number: bigint;
  readonly checked: CheckedCore;
  readonly providerSignature: string;
  readonly rows: bigint;
  readonly bytes: bigint;
  left: bigint;
};

/** How much a batch may hold at most; more is refused before memory is spent on it. Source: architecture.md §3. */
const MAX_BATCH_BYTES = 16n * 1024n * 1024n;
/** One row may be longer than what is left of a batch, and begins the next one; a header stands before it. */
const MAX_OVERSHOOT = 8n * 1024n * 1024n;

/**
 * Everything the consumer can know before it signs: that the core is about this transfer, by this provider, for us, and
 * says what both derive from the agreement. `sinceMs`: how old a receipt may be that was released while we were away.
 */
export function beginBatch(
  deps: TransferDeps,
  transfer: Transfer,
  agreement: Agreement,
  frame: BatchBegin,
  sinceMs: number | undefined,
  ends: readonly PartyEnd[] | undefined,
): Result<IncomingBatch> {
  const checked = checkOffered(frame.core, frame.providerSignature, keysNow(deps));
  if (!checked.ok) return checked;
  const { core } = checked.value;
  const gone = partyGone(core, ends);
  if (gone !== undefined) return gone;
  const wrong = wrongClaim(deps, transfer, agreement, frame, core, ends);
  if (wrong !== undefined) return misfit(wrong);
  const clock = checkClock(core, deps.runtime.nowMs(), sinceMs);
  if (!clock.ok) return clock;
  const bytes = BigInt(frame.bytes);
  return ok({
    number: BigInt(frame.batch),
    checked: checked.value,
    providerSignature: frame.providerSignature,
    rows: BigInt(frame.rows),
    bytes,
    left: bytes,
  });
}

const COUNT = /^(0|[1-9][0-9]{0,17})$/;

function wrongClaim(
  { region, signer }: TransferDeps,
  transfer: Transfer,
  agreement: Agreement,
  frame: BatchBegin,
  core: ReceiptCore,
  ends: readonly PartyEnd[] | undefined,
): string | undefined {
  if (![frame.batch, frame.rows, frame.bytes].every((count) => COUNT.test(count))) return "frame";
  if (BigInt(frame.bytes) > MAX_BATCH_BYTES + MAX_OVERSHOOT) return "bytes";
  const { productId, purposeClass } = factsOfTransfer(agreement, transfer.selection);
  const usage: Record<string, bigint> = { bytes: BigInt(frame.bytes) };
  if (frame.rows !== "0") usage.rows = BigInt(frame.rows);
  const contributions = contributionsOf(agreement, usage, ends, msOf(core.endedAt)).map((each) => ({
    ...each,
    quantity: String(each.quantity),
  }));
  const expected: Partial<Record<keyof ReceiptCore, string | null>> = {
    agreementId: transfer.agreementId,
    direction: "forward",
    transferId: transfer.peerPid,
    productId,
    purposeClass,
    kind: "usage",
    providerRegion: transfer.peer,
    consumerRegion: region,
    consumerKeyId: signer.keyId,
  };
  const wrong = Object.entries(expected).find(([key, value]) => core[key as keyof ReceiptCore] !== value);
  if (wrong !== undefined) return wrong[0];
  const metered = Object.fromEntries(Object.entries(usage).map(([metric, n]) => [metric, String(n)]));
  if (sorted(core.usage) !== sorted(metered)) return "usage";
  return JSON.stringify(core.contributions.map(plain)) === JSON.stringify(contributions.map(plain))
    ? undefined
    : "contributions";
}

function sorted(record: { readonly [key: string]: string }): string {
  return JSON.stringify(Object.entries(record).sort());
}

function plain({ partyId, metric, quantity }: { partyId: string; metric: string; quantity: string }) {
  return [partyId, metric, quantity];
}

/** Counts bytes in; false when they are more than the batch announced. */
export function countBytes(batch: IncomingBatch, { length }: Uint8Array): boolean {
  if (BigInt(length) > batch.left) return false;
  batch.left -= BigInt(length);
  return true;
}

/**
 * The commit after the bytes are durable: receipt into the chain with our signature, progress, evidence. Answers the
 * signature for the provider. A batch that came before is only completed.
 */
export async function keepBatch(deps: TransferDeps, id: string, batch: IncomingBatch): Promise<Result<string>> {
  const { core } = batch.checked;
  const parts = meteringParts(deps);
  const nowMs = deps.runtime.nowMs();
  const signature = signCore(deps.signer, core);
  const before = batches.at(id, batch.number - 1n);
  const refs = [
    transfers.at(id),
    before,
    ...acceptReceiptRefs(core, parts),
    ...completeReceiptRefs(core),
    ...usageTotalsRefs(core.agreementId),
  ];
  deps.runtime.failPoint("transfer.before-keep");
  return transact(deps.store, refs, (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer === undefined) return notFound(id);
    if (transfer.state !== "STARTED") return notStarted(transfer.state);
    if (BigInt(transfer.batches) + 1n !== batch.number) return outOfOrder(batch.number, transfer.batches);
    const accepted = acceptReceipt(tx, parts, batch.checked, batch.providerSignature, nowMs);
    if (!accepted.ok) return accepted;
    // Both versions are written by this commit, so it may not be refused; the caller stops the transfer.
    if (accepted.value === "equivocation") return ok(EQUIVOCATED);
    // Known is the receipt of a batch that is fetched again, never that of an earlier batch: its rows are counted already.
    const last = tx.get(before)?.seq;
    if (accepted.value === "repeat" && last !== undefined && BigInt(core.seq) <= BigInt(last)) return misfit("seq");
    if (accepted.value === "next") countUsage(tx, core);
    completeReceipt(tx, parts, core, signature, nowMs);
    tx.put(batches.at(id, batch.number), {
      receiptId: core.receiptId,
      seq: core.seq,
      rows: String(batch.rows),
      bytes: String(batch.bytes),
      sha256: core.contentSha256,
      end: "",
      signature,
    });
    tx.put(transfers.at(id), {
      ...transfer,
      rows: String(BigInt(transfer.rows) + batch.rows),
      bytes: String(BigInt(transfer.bytes) + batch.bytes),
      batches: String(batch.number),
      receipts: String(BigInt(transfer.receipts) + 1n),
      reason: null,
      updatedAt: instantOf(nowMs),
    });
    return ok(signature);
  }).then((kept) => (kept.ok && kept.value === EQUIVOCATED ? equivocation(core) : kept));
}

const EQUIVOCATED = "equivocated";

/** Batches released while the stream was down may be as old as the transfer; later ones are fresh. */
export function oldestAllowed(transfer: Transfer, batch: bigint, fromBatch: bigint): number | undefined {
  return batch <= fromBatch + 1n ? msOf(transfer.createdAt) : undefined;
}

function outOfOrder(batch: bigint, held: string): Failure {
  return refuseTransfer(
    "STREAM_MALFORMED",
    "transfer.batch",
    {
      zh: `第 ${batch} 批不接在第 ${held} 批之后;数据流将重新打开。`,
      en: `Batch ${batch} does not follow batch ${held}; the stream is opened again.`,
    },
    { batch: String(batch), held },
  );
}

function misfit(field: string): Failure {
  return refuseTransfer(
    "STREAM_MALFORMED",
    `receipt.${field}`,
    {
      zh: `提供方签发的凭据中“${field}”与本协议、本传输不符,未予签字;请双方核对协议条款与节点版本。`,
      en: `The provider's receipt says something else in "${field}" than this agreement and transfer, so it was not signed; compare the terms and the nodes' versions.`,
    },
    { field },
  );
}

import type { DataItem } from "../catalog/model.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { HeldReceipt } from "../metering/model.ts";
import { partyEnds } from "../metering/party-end.ts";
import { appendReceipt, appendReceiptRefs } from "../metering/store.ts";
import { addUsage, usageTotals, usageTotalsRefs } from "../metering/usage.ts";
import type { Agreement } from "../negotiation/model.ts";
import { unknownAgreement } from "../negotiation/refusal.ts";
import { agreements } from "../negotiation/store.ts";
import { type RecordedDecision, recordBatch } from "../policy/decision-record.ts";
import { enforceBatch } from "../policy/enforce.ts";
import { type AnyRef, type Tx, transact } from "../storage/transact.ts";
import { type DecisionBasis, keepDecision } from "./batch-decision.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import { type Freezes, freezesOf, isFrozen } from "./freezes.ts";
import type { Transfer } from "./model.ts";
import type { ReadBatch } from "./read-batch.ts";
import { contributionsOf, factsOfTransfer } from "./receipt-facts.ts";
import { notFound, notStarted, refuseTransfer } from "./refusal.ts";
import { sourcesByEntry } from "./sources/store.ts";
import { batches, sendings, transfers } from "./store.ts";

export type Release = {
  readonly transfer: Transfer;
  readonly fields: readonly DataItem[];
  readonly maskKey: Uint8Array | undefined;
  readonly fingerprint: string;
  readonly consumerKeyId: string;
  /** Number of the batch, one more than what was released before. */
  readonly batch: bigint;
  readonly content: ReadBatch;
  readonly startedAtMs: number;
  readonly basis: DecisionBasis;
};

/** Batches that may lie unsigned at the consumer. Source: architecture.md §3. */
export const MAX_UNSIGNED_BATCHES = 2;

/**
 * The one commit that lets a batch out: receipt core with its number, usage totals, audit leaf, progress. The agreement and
 * its limits are judged again here, where no parallel transfer can come between. If it fails, nothing leaves.
 */
export async function releaseBatch(deps: TransferDeps, release: Release): Promise<Result<HeldReceipt>> {
  const { transfer, batch, content } = release;
  const { id, agreementId, peer } = transfer;
  const usage = usageOf(content);
  const about = { providerRegion: deps.region, consumerRegion: peer, metrics: Object.keys(usage) };
  const parts = meteringParts(deps);
  const freezes = await freezesOf(deps, transfer.entry.id);
  const endedAtMs = deps.runtime.nowMs();
  const receiptRefs = appendReceiptRefs(agreementId, "forward", parts, about);
  const refs = [...releaseRefs(transfer), ...freezes, ...receiptRefs];
  if (deps.trust.region(peer)?.status !== "active") return untrusted(peer);
  deps.runtime.failPoint("transfer.before-release");
  const released = await transact(deps.store, refs, (tx) => {
    const current = tx.get(transfers.at(id));
    const sending = tx.get(sendings.at(id));
    const agreement = tx.get(agreements.at(agreementId));
    if (current === undefined || sending === undefined) return notFound(id);
    if (agreement === undefined) return unknownAgreement();
    if (current.state !== "STARTED") return notStarted(current.state);
    if (BigInt(sending.batches) + 1n !== batch || sending.unsigned.length >= MAX_UNSIGNED_BATCHES) return overtaken(id);
    if (tx.get(sourcesByEntry.at(transfer.entry.id)) === undefined) return sourceRemoved(transfer.entry.id);
    const allowed = judge(tx, release, agreement, freezes, endedAtMs);
    if (!allowed.ok) return allowed;
    keepDecision(tx, allowed.value, release.basis);

    const receipt = appendReceipt(tx, parts, {
      agreementId,
      transferId: id,
      ...factsOfTransfer(agreement, current.selection),
      kind: "usage",
      corrects: null,
      usage,
      contributions: contributionsOf(agreement, usage, tx.get(partyEnds.at(agreementId)), endedAtMs),
      contentSha256: content.sha256,
      startedAtMs: release.startedAtMs,
      endedAtMs,
      consumerRegion: peer,
      consumerKeyId: release.consumerKeyId,
      leaf: "receipt.batch",
      detail: allowed.value.detail,
    });
    addUsage(tx, agreementId, { rows: content.rows, bytes: content.bytes });
    const { receiptId, seq } = receipt.core;
    tx.put(batches.at(id, batch), {
      ...{ receiptId, seq },
      rows: String(content.rows),
      bytes: String(content.bytes),
      sha256: content.sha256,
      end: content.end,
      signature: null,
    });
    tx.put(sendings.at(id), {
      ...sending,
      fingerprint: release.fingerprint,
      batches: String(batch),
      unsigned: [...sending.unsigned, { batch: String(batch), seq }],
    });
    tx.put(transfers.at(id), {
      ...current,
      rows: String(BigInt(current.rows) + content.rows),
      bytes: String(BigInt(current.bytes) + content.bytes),
      batches: String(batch),
      updatedAt: instantOf(endedAtMs),
    });
    return ok(receipt);
  });
  if (released.ok) {
    release.basis.isKept = true;
    deps.runtime.failPoint("transfer.after-release");
  }
  return released;
}

function releaseRefs({ id, agreementId, entry }: Transfer): readonly AnyRef[] {
  return [
    transfers.at(id),
    sendings.at(id),
    agreements.at(agreementId),
    partyEnds.at(agreementId),
    sourcesByEntry.at(entry.id),
    ...usageTotalsRefs(agreementId),
  ];
}

/** Metrics of a batch; rows only where there are rows. */
function usageOf({ rows, bytes }: ReadBatch): { readonly [metric: string]: bigint } {
  return rows === 0n ? { bytes } : { bytes, rows };
}

/** Policy's verdict on releasing exactly this batch on top of what was used so far, and what it was made from. */
function judge(
  tx: Tx,
  { transfer, fields, maskKey, content, basis }: Release,
  agreement: Agreement,
  freezes: Freezes,
  nowMs: number,
): Result<RecordedDecision> {
  const { selection } = transfer;
  const totals = usageTotals(tx, agreement.id);
  const question = {
    agreement,
    selection,
    fieldsOfEntry: fields,
    totals,
    nowMs,
    maskKey,
    isFrozen: isFrozen(tx, freezes),
  };
  const plan = enforceBatch(question, content);
  return plan.ok ? ok(recordBatch(question, content, plan, basis.packs, basis.fields)) : plan;
}

export function overtaken(id: string): Failure {
  return refuseTransfer(
    "TRANSFER_CONFLICT",
    "transfer.concurrent",
    {
      zh: "另一条数据流正在发送同一传输;本条数据流停止。",
      en: "Another stream is sending the same transfer; this one stops.",
    },
    { id },
  );
}

function sourceRemoved(entryId: string): Failure {
  return refuseTransfer(
    "SOURCE_MISSING",
    "source.entry",
    {
      zh: `提供方已断开条目 ${entryId} 的数据源;请与提供方联系。`,
      en: `The provider disconnected the source of entry ${entryId}; get in touch with the provider.`,
    },
    { entryId },
  );
}

function untrusted(peer: string): Failure {
  return refuseTransfer(
    "PEER_UNTRUSTED",
    "trust.region",
    {
      zh: `信任名单中 ${peer} 已不是有效区域,数据停止发送;恢复后自动继续。`,
      en: `${peer} is no longer an active region of the trust list, so nothing is sent; it goes on by itself once that is mended.`,
    },
    { peer },
  );
}

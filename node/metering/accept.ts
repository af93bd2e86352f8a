import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { checkChain, EMPTY_CHAIN } from "./chain.ts";
import type { HeldReceipt, ReceiptCore } from "./model.ts";
import { partyEnds, partyGone } from "./party-end.ts";
import { type CheckedCore, coreDigestOf, receiptIdOf } from "./receipt.ts";
import { putRow, removeRow } from "./row.ts";
import {
  chainHeads,
  equivocations,
  type MeteringParts,
  putNext,
  receiptPlaces,
  receiptRef,
  receipts,
  receiptsByPeriod,
  unsignedReceipts,
} from "./store.ts";

const refuse = refusals({ RECEIPT_CLOCK: "integrity" });

/** How far the two regions' clocks may differ. Source: settlement.md §9. */
export const RECEIPT_CLOCK_MS = 60_000;

/**
 * `endedAt` within 60 s of the acceptor's clock. `sinceMs` is given for what was released while nobody could take it (an
 * interrupted stream): then it may be as old as that, never older, so that usage cannot be dated back into a closed period.
 */
export function checkClock(core: ReceiptCore, nowMs: number, sinceMs = nowMs): Result<true> {
  const endedAtMs = msOf(core.endedAt);
  if (endedAtMs <= nowMs + RECEIPT_CLOCK_MS && endedAtMs >= sinceMs - RECEIPT_CLOCK_MS) return ok(true);
  return refuse(
    "RECEIPT_CLOCK",
    {
      zh: `凭据的结束时间 ${core.endedAt} 与本节点时钟相差超过 60 秒;请双方核对时钟后重试。`,
      en: `The receipt ends at ${core.endedAt}, more than 60 s from this node's clock; both regions must check their clocks and try again.`,
    },
    { receiptId: core.receiptId, endedAt: core.endedAt, now: instantOf(nowMs) },
  );
}

export function acceptReceiptRefs(core: ReceiptCore, { posting }: MeteringParts): readonly AnyRef[] {
  const { agreementId, direction, seq, corrects } = core;
  const before = BigInt(seq) > 1n ? [receiptRef(agreementId, direction, String(BigInt(seq) - 1n))] : [];
  return [
    chainHeads.at(agreementId, direction),
    receiptRef(agreementId, direction, seq),
    partyEnds.at(agreementId),
    ...before,
    ...(before.length > 0 ? [equivocations.at(core.agreementId, previousId(core), core.prev)] : []),
    ...(corrects === null ? [] : [receiptPlaces.at(corrects)]),
    ...appendLeafRefs({ agreementId }),
    ...(posting === undefined ? [] : posting.refs({ ...core, metrics: Object.keys(core.usage) })),
  ];
}

export type Acceptance = "next" | "repeat" | "equivocation";

/**
 * The consumer's side: takes a core that passed `checkOffered` into the chain, still without our signature. An
 * equivocation is an outcome, not a refusal, since both versions must be kept; the caller refuses what it was for.
 */
export function acceptReceipt(
  tx: Tx,
  parts: MeteringParts,
  checked: CheckedCore,
  providerSignature: string,
  nowMs: number,
): Result<Acceptance> {
  const { core, coreDigest } = checked;
  const { agreementId, direction, seq } = core;
  const standing = tx.get(receiptRef(agreementId, direction, seq));
  const receipt: HeldReceipt = {
    core,
    coreDigest,
    providerSignature,
    consumerSignature: null,
    settledIn: null,
    receivedAt: instantOf(nowMs),
  };
  standAsPrevNames(tx, core);
  const step = checkChain(checked, {
    head: tx.get(chainHeads.at(agreementId, direction)) ?? EMPTY_CHAIN,
    taken: standing?.coreDigest,
    isCorrectedKnown: isCorrectedKnown(tx, core),
  });
  if (!step.ok && step.error.code === "RECEIPT_EQUIVOCATION" && standing !== undefined) {
    keepBoth(tx, standing, receipt);
    return ok("equivocation");
  }
  if (!step.ok) return step;
  if (step.value === "next") {
    const gone = partyGone(core, tx.get(partyEnds.at(agreementId)));
    if (gone !== undefined) return gone;
    // However old it may be on this way: nothing that has not happened yet, which would count in a month of its maker's choice.
    const clock = checkClock(core, nowMs, 0);
    if (!clock.ok) return clock;
    putNext(tx, receipt);
    parts.posting?.post(tx, core);
  }
  return step;
}

/** In its own chain: what another agreement used is not this one's to take back. */
function isCorrectedKnown(tx: Tx, { corrects, agreementId, direction }: ReceiptCore): boolean {
  const place = corrects === null ? undefined : tx.get(receiptPlaces.at(corrects));
  return place?.agreementId === agreementId && place.direction === direction;
}

/** What `completeReceipt` reads. */
export function completeReceiptRefs(core: ReceiptCore): readonly AnyRef[] {
  const { agreementId, direction, seq, receiptId } = core;
  return [
    receiptRef(agreementId, direction, seq),
    equivocations.at(agreementId, receiptId, coreDigestOf(core)),
    ...appendLeafRefs({ agreementId }),
  ];
}

/**
 * Adds the consumer's signature, which the caller made or checked. Again the same: changes nothing; nor does one for a number
 * of which there is a second version by now, since that counts nowhere.
 */
export function completeReceipt(
  tx: Tx,
  parts: MeteringParts,
  core: ReceiptCore,
  consumerSignature: string,
  nowMs: number,
): HeldReceipt | undefined {
  const { agreementId, direction, seq, receiptId } = core;
  const held = tx.get(receiptRef(agreementId, direction, seq));
  if (held === undefined || held.core.receiptId !== receiptId || held.consumerSignature !== null) return held;
  if (tx.get(equivocations.at(agreementId, receiptId, coreDigestOf(core))) !== undefined) return held;
  const receipt = { ...held, consumerSignature };
  tx.put(receiptRef(agreementId, direction, seq), receipt);
  tx.remove(unsignedReceipts.at(agreementId, direction, BigInt(seq)));
  putRow(tx, receipt);
  if (core.consumerRegion !== parts.region) return receipt;
  // The provider's leaf was written when it released; the consumer's evidence begins with its own signature.
  appendLeaf(tx, parts.region, {
    kind: core.usage.calls === undefined ? "receipt.batch" : "receipt.window",
    atMs: nowMs,
    subject: receiptId,
    actor: "node",
    digest: `sha256:${held.coreDigest}`,
    agreementId,
    detail: { seq, transferId: core.transferId, kind: core.kind, signed: "both" },
  });
  return receipt;
}

/**
 * Both versions are kept under the number; the smaller digest stands until a next number names one, so that the chain
 * does not depend on which arrived first. Source: settlement.md §9.
 */
function keepBoth(tx: Tx, standing: HeldReceipt, other: HeldReceipt): void {
  for (const version of [standing, other])
    tx.put(equivocations.at(version.core.agreementId, version.core.receiptId, version.coreDigest), version);
  const { agreementId, direction, seq } = standing.core;
  const head = tx.get(chainHeads.at(agreementId, direction));
  const stands = head?.seq === seq && other.coreDigest < standing.coreDigest ? other : standing;
  if (stands === other) stand(tx, standing, other);
  // In the tree stands one of them, signed by us or not; nobody waits for a signature under a number that is in dispute.
  if (standing.settledIn === null) putRow(tx, stands);
  tx.remove(unsignedReceipts.at(agreementId, direction, BigInt(seq)));
}

function standAsPrevNames(tx: Tx, core: ReceiptCore): void {
  const { agreementId, direction, seq } = core;
  const previousSeq = String(BigInt(seq) - 1n);
  const head = tx.get(chainHeads.at(agreementId, direction));
  if (head === undefined || head.seq !== previousSeq || head.digest === core.prev) return;
  const named = tx.get(equivocations.at(core.agreementId, previousId(core), core.prev));
  const standing = tx.get(receiptRef(agreementId, direction, previousSeq));
  if (named !== undefined && standing !== undefined) stand(tx, standing, named);
}

function stand(tx: Tx, instead: HeldReceipt, receipt: HeldReceipt): void {
  const { agreementId, direction, seq } = receipt.core;
  if (instead.core.periodId !== receipt.core.periodId) {
    tx.remove(receiptsByPeriod.at(instead.core.periodId, agreementId, direction, BigInt(seq)));
    removeRow(tx, instead.core);
  }
  if (instead.settledIn === null) putRow(tx, receipt);
  tx.put(receipts.at(agreementId, direction, BigInt(seq)), receipt);
  tx.put(receiptsByPeriod.at(receipt.core.periodId, agreementId, direction, BigInt(seq)), receipt.core.receiptId);
  tx.put(chainHeads.at(agreementId, direction), { seq, digest: receipt.coreDigest });
}

function previousId(core: ReceiptCore): string {
  return receiptIdOf(core.agreementId, core.direction, String(BigInt(core.seq) - 1n));
}

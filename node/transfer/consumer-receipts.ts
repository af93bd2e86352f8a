import { canonicalText } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { isFinal } from "../kernel/machine.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import type { HeldReceipt, ReceiptCore } from "../metering/model.ts";
import { type CheckedCore, checkOffered, signCore } from "../metering/receipt.ts";
import { receiptRef } from "../metering/store.ts";
import { countUsage, usageTotalsRefs } from "../metering/usage.ts";
import { type AnyRef, read, type Tx } from "../storage/transact.ts";
import { keysNow, meteringParts, type TransferDeps } from "./deps.ts";
import { transferTransitions } from "./machine.ts";
import { refuseTransfer } from "./refusal.ts";
import { transfers, transfersByPeer } from "./store.ts";
import type { ConsumerSignature, OfferedReceipt } from "./wire.ts";

export type CheckedOffer = { readonly checked: CheckedCore; readonly providerSignature: string };

/** Offered cores, checked against the trust list and belonging to an agreement with this provider; in chain order. */
export function checkOffers(
  deps: TransferDeps,
  peer: string,
  agreementId: string,
  offers: readonly OfferedReceipt[],
): Result<CheckedOffer[]> {
  const keys = keysNow(deps);
  const checked: CheckedOffer[] = [];
  for (const { core, providerSignature } of offers) {
    const offer = checkOffered(core, providerSignature, keys);
    if (!offer.ok) return offer;
    const { core: parsed } = offer.value;
    const isOurs =
      parsed.agreementId === agreementId && parsed.providerRegion === peer && parsed.consumerRegion === deps.region;
    if (!isOurs) return foreign(parsed);
    checked.push({ checked: offer.value, providerSignature });
  }
  return ok(checked.sort((a, b) => (BigInt(a.checked.core.seq) < BigInt(b.checked.core.seq) ? -1 : 1)));
}

/** What one commit must read to take these cores; gathered before it, because a decider reads nothing else. */
export async function offerRefs(deps: TransferDeps, offers: readonly CheckedOffer[]): Promise<AnyRef[]> {
  const parts = meteringParts(deps);
  const refs: AnyRef[] = [];
  for (const { checked } of offers) {
    const { core } = checked;
    const byPeer = transfersByPeer.at(core.providerRegion, core.transferId);
    const transferId = await read(deps.store, byPeer);
    refs.push(...acceptReceiptRefs(core, parts), ...completeReceiptRefs(core), ...usageTotalsRefs(core.agreementId));
    refs.push(byPeer, ...(transferId === undefined ? [] : [transfers.at(transferId)]));
    const corrected = offers.find((other) => other.checked.core.receiptId === core.corrects);
    if (corrected !== undefined) refs.push(receiptRef(core.agreementId, "forward", corrected.checked.core.seq));
  }
  return refs;
}

export type ReceiptAnswer = {
  readonly signatures: readonly ConsumerSignature[];
  readonly notDelivered: readonly string[];
  readonly missingFrom: string | null;
};

/**
 * Takes cores without content into the chain. Signed are: what was signed before, and a correction together with the
 * batch it takes back whole. Batches of a finished transfer that never arrived are named, so that they are taken back.
 */
export function takeOffers(
  tx: Tx,
  deps: TransferDeps,
  offers: readonly CheckedOffer[],
  nowMs: number,
): Result<ReceiptAnswer> {
  const parts = meteringParts(deps);
  const held: HeldReceipt[] = [];
  for (const { checked, providerSignature } of offers) {
    const { core } = checked;
    const accepted = acceptReceipt(tx, parts, checked, providerSignature, nowMs);
    if (!accepted.ok && accepted.error.code === "RECEIPT_GAP") {
      return ok({
        signatures: [],
        notDelivered: [],
        missingFrom: String(accepted.error.details?.expected ?? core.seq),
      });
    }
    if (!accepted.ok) return accepted;
    if (accepted.value === "next") countUsage(tx, core);
    const receipt = tx.get(receiptRef(core.agreementId, core.direction, core.seq));
    if (receipt !== undefined && receipt.coreDigest === checked.coreDigest) held.push(receipt);
  }
  const signatures: ConsumerSignature[] = [];
  const notDelivered: string[] = [];
  for (const receipt of held) {
    const { core, consumerSignature } = receipt;
    const correction = held.find((other) => other.core.corrects === core.receiptId && undoes(other.core, core));
    const maySign = consumerSignature !== null || correction !== undefined || isUndoing(core, held);
    if (maySign && core.consumerKeyId === deps.signer.keyId) {
      const signature = consumerSignature ?? signCore(deps.signer, core);
      completeReceipt(tx, parts, core, signature, nowMs);
      signatures.push({ receiptId: core.receiptId, signature });
    } else if (core.kind === "usage" && isOver(tx, core)) {
      notDelivered.push(core.receiptId);
    }
  }
  return ok({ signatures, notDelivered, missingFrom: null });
}

function isUndoing(core: ReceiptCore, held: readonly HeldReceipt[]): boolean {
  const corrected = held.find((other) => other.core.receiptId === core.corrects);
  return corrected !== undefined && undoes(core, corrected.core);
}

/** Exactly the negative, of the same line and no earlier month: with anything less we would sign, and pay, for bytes that never came. */
function undoes(correction: ReceiptCore, usage: ReceiptCore): boolean {
  const isOfSameLine =
    correction.kind === "correction" &&
    correction.productId === usage.productId &&
    correction.purposeClass === usage.purposeClass &&
    correction.transferId === usage.transferId &&
    correction.periodId >= usage.periodId;
  const negated = Object.fromEntries(Object.entries(usage.usage).map(([metric, n]) => [metric, String(-BigInt(n))]));
  const contributions = usage.contributions.map((each) => ({ ...each, quantity: String(-BigInt(each.quantity)) }));
  return (
    isOfSameLine &&
    canonicalText(correction.usage) === canonicalText(negated) &&
    canonicalText(correction.contributions) === canonicalText(contributions)
  );
}

function isOver(tx: Tx, core: ReceiptCore): boolean {
  const id = tx.get(transfersByPeer.at(core.providerRegion, core.transferId));
  const transfer = id === undefined ? undefined : tx.get(transfers.at(id));
  return transfer !== undefined && isFinal(transferTransitions, transfer.state);
}

function foreign(core: ReceiptCore): Failure {
  return refuseTransfer(
    "STREAM_MALFORMED",
    "receipt.parties",
    {
      zh: `第 ${core.seq} 号凭据的协议或双方与本次传输不符,未予接受;请提供方核对。`,
      en: `Receipt ${core.seq} names another agreement or other parties than this transfer, so it was not accepted; the provider must check.`,
    },
    { receiptId: core.receiptId },
  );
}

import { z } from "zod";
import { appendLeaf } from "../audit/store.ts";
import { canonicalize } from "../kernel/canonical-json.ts";
import { ok } from "../kernel/exchange-error.ts";
import { acceptReceipt, acceptReceiptRefs, completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import { checkConsumerSignature, checkOffered } from "../metering/receipt.ts";
import { receiptRef } from "../metering/store.ts";
import { countUsage, usageTotalsRefs } from "../metering/usage.ts";
import { agreements } from "../negotiation/store.ts";
import { type Tx, transact } from "../storage/transact.ts";
import { keyOf, type RestoreDeps, type Taken } from "./deps.ts";
import { refuseRecord } from "./refusal.ts";

const heldSchema = z.object({
  core: z.unknown(),
  providerSignature: z.string(),
  consumerSignature: z.string().nullable(),
});
type Core = Parameters<typeof completeReceipt>[2];

/**
 * A receipt from the other side's chain, in its order: every check of a receipt that comes in, but for the clock, since it
 * ended when it ended. Usage and the ledger follow as they did the first time.
 */
export async function takeReceipt(deps: RestoreDeps, peer: string, record: unknown): Promise<Taken> {
  const parsed = heldSchema.safeParse(record);
  if (!parsed.success) return refuseRecord("receipt", peer);
  const { data: held } = parsed;
  const text = canonicalize(held.core);
  if (!text.ok) return refuseRecord("receipt", peer);
  const keys = (region: string, keyId: string) => keyOf(deps, region, keyId);
  const checked = checkOffered(text.value, held.providerSignature, keys);
  if (!checked.ok) return checked;
  const { core } = checked.value;
  const parties = [core.providerRegion, core.consumerRegion];
  if (!parties.includes(deps.region) || !parties.includes(peer)) return refuseRecord("receipt", peer);
  const { consumerSignature } = held;
  const signed = consumerSignature === null ? ok(true) : checkConsumerSignature(core, consumerSignature, keys);
  if (!signed.ok) return signed;

  const { store, runtime, region, signer, posting } = deps;
  const parts = { region, signer, posting };
  const nowMs = runtime.nowMs();
  const { agreementId, direction, seq } = core;
  const place = receiptRef(agreementId, direction, seq);
  const refs = [
    ...acceptReceiptRefs(core, parts),
    ...completeReceiptRefs(core),
    ...usageTotalsRefs(agreementId),
    agreements.at(agreementId),
  ];
  return transact(store, refs, (tx) => {
    if (tx.get(agreements.at(agreementId)) === undefined) return refuseRecord("receipt", peer);
    const known = tx.get(place);
    const isSame = known?.coreDigest === checked.value.coreDigest;
    if (isSame && (known.consumerSignature !== null || consumerSignature === null)) return ok("present");
    const accepted = acceptReceipt(tx, parts, checked.value, held.providerSignature, nowMs);
    if (!accepted.ok) return accepted;
    if (accepted.value === "next") {
      countUsage(tx, core);
      if (core.providerRegion === region) releasedLeaf(tx, region, core, checked.value.coreDigest, nowMs);
    }
    if (accepted.value !== "equivocation" && consumerSignature !== null) {
      completeReceipt(tx, parts, core, consumerSignature, nowMs);
    }
    return ok("taken");
  });
}

/** The provider's evidence is of the release; the consumer's follows with its signature, in `completeReceipt`. */
function releasedLeaf(tx: Tx, region: string, core: Core, coreDigest: string, atMs: number): void {
  const { agreementId, seq, transferId, kind } = core;
  appendLeaf(tx, region, {
    kind: core.usage.calls === undefined ? "receipt.batch" : "receipt.window",
    atMs,
    subject: core.receiptId,
    actor: "node",
    digest: `sha256:${coreDigest}`,
    agreementId,
    detail: { seq, transferId, kind, signed: "provider", restored: "yes" },
  });
}

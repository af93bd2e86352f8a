import { z } from "zod";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { signedLeaf } from "../negotiation/agree.ts";
import { type Agreement, agreementSchema, type Negotiation, negotiationSchema } from "../negotiation/model.ts";
import { agreements, maskKeys, negotiations, putAgreement, putNegotiation } from "../negotiation/store.ts";
import { verifyAgreement } from "../negotiation/verify-agreement.ts";
import { transact } from "../storage/transact.ts";
import type { RestoreDeps, Taken } from "./deps.ts";
import { refuseRecord } from "./refusal.ts";

const recordSchema = z.object({ agreement: agreementSchema, negotiation: negotiationSchema });

/**
 * An agreement that both regions signed, from the other side's copy: the document and its signatures are checked as by
 * anyone offline; who asked and who approved here was never told to the peer, and stays as this disk knows it.
 */
export async function takeAgreement(deps: RestoreDeps, peer: string, record: unknown): Promise<Taken> {
  const parsed = recordSchema.safeParse(record);
  if (!parsed.success) return refuseRecord("agreement", peer);
  const { agreement: theirs, negotiation: theirNegotiation } = parsed.data;
  const verified = verifyAgreement(theirs, deps.trust.current()?.list);
  if (!verified.ok) return verified;
  const { agreementId, provider, consumer, digest } = verified.value;
  const parties = [provider, consumer];
  const isOurs = parties.includes(deps.region) && parties.includes(peer) && agreementId === theirs.id;
  if (!isOurs || theirNegotiation.peerPid === null || theirNegotiation.id !== theirs.negotiationId) {
    return refuseRecord("agreement", peer);
  }
  const { store, runtime, region } = deps;
  const nowMs = runtime.nowMs();
  const maskKey = Buffer.from(runtime.randomBytes(32)).toString("base64");
  const [place, step] = [agreements.at(agreementId), negotiations.at(theirNegotiation.peerPid)];
  const refs = [place, step, maskKeys.at(agreementId), ...appendLeafRefs({ agreementId })];
  return transact(store, refs, (tx) => {
    const known = tx.get(place);
    if (known !== undefined && known.status === theirs.status && known.digest === digest) return ok("present");
    const at = instantOf(nowMs);
    const agreement = ownAgreement(theirs, theirNegotiation, known, { region, peer, provider, at });
    const before = tx.get(step);
    putNegotiation(tx, before, ownNegotiation(theirNegotiation, before, peer, at), region);
    putAgreement(tx, known, agreement);
    // Masked values of before are not reproduced: the key was on the lost disk only.
    if (agreement.role === "provider" && tx.get(maskKeys.at(agreementId)) === undefined) {
      tx.put(maskKeys.at(agreementId), maskKey);
    }
    appendLeaf(tx, region, restored(signedLeaf(agreement, nowMs)));
    return ok("taken");
  });
}

type Side = { readonly region: string; readonly peer: string; readonly provider: string; readonly at: string };

function ownAgreement(
  theirs: Agreement,
  negotiation: Negotiation,
  known: Agreement | undefined,
  { region, peer, provider, at }: Side,
): Agreement {
  return {
    ...theirs,
    negotiationId: negotiation.peerPid ?? "",
    role: provider === region ? "provider" : "consumer",
    peer,
    updatedAt: at,
    revision: (known?.revision ?? 0) + 1,
  };
}

function ownNegotiation(theirs: Negotiation, before: Negotiation | undefined, peer: string, at: string): Negotiation {
  return {
    ...theirs,
    id: theirs.peerPid ?? "",
    peerPid: theirs.id,
    role: theirs.role === "provider" ? "consumer" : "provider",
    peer,
    callbackAddress: before?.callbackAddress ?? null,
    requestedBy: before?.requestedBy ?? null,
    approvedBy: before?.approvedBy ?? null,
    reason: null,
    updatedAt: at,
    revision: (before?.revision ?? 0) + 1,
  };
}

function restored(event: ReturnType<typeof signedLeaf>) {
  return { ...event, detail: { ...event.detail, restored: "yes" } };
}

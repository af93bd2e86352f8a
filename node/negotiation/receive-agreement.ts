import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { cannotSign, partiesOf, signedLeaf } from "./agree.ts";
import {
  checkAsAgreed,
  checkPartySignatures,
  checkSignature,
  isSameJson,
  type ReadDocument,
  readDocument,
  signDocument,
} from "./agreement.ts";
import { commitMessage, type Step } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findForMessage, learnPid } from "./find-negotiation.ts";
import {
  agreementMessageSchema,
  contractVerification,
  eventSchema,
  negotiationEvent,
  parseMessage,
  verificationSchema,
} from "./messages.ts";
import type { Agreement, Negotiation, PartySignature } from "./model.ts";
import { advance } from "./record.ts";
import { malformedMessage, refuse, unknownAgreement, unknownNegotiation, waitReason } from "./refusal.ts";
import { inForceNotice } from "./third-region-messages.ts";
import { othersOf, thirdRegionsIn } from "./third-region-signing.ts";

/**
 * The consumer's side of AGREED: nothing is believed that was not asked for or accepted. What is free of charge is
 * countersigned at once; what costs money waits for an approver who is not the requester.
 */
export async function receiveAgreement(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const kind = "ContractAgreementMessage";
  const message = parseMessage(agreementMessageSchema, kind, inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "consumer");
  if (!found.ok) return found;
  const { document: text, providerSignature, mode, providerPid } = message.value;
  const document = readDocument(text);
  if (!document.ok) return document;
  if (!isSameJson(message.value.agreement, document.value.document.policy)) return malformedMessage(kind, "agreement");
  const { id, peer } = found.value;
  const key = deps.trust.statementKey(peer, providerSignature.keyId, deps.runtime.nowMs());
  const signed = checkSignature(text, key, providerSignature.signature);
  if (!signed.ok) return signed;
  const { partySignatures } = message.value;
  const keyOf = (region: string, keyId: string) => deps.trust.statementKey(region, keyId, deps.runtime.nowMs());
  const byOthers = checkPartySignatures(document.value, text, partySignatures, keyOf);
  if (!byOthers.ok) return byOthers;

  const { agreementId } = document.value.document;
  return commitMessage(deps, { id, peer, agreementId, inbound }, ({ negotiation, agreement: known, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const before = learnPid(negotiation, providerPid);
    const actor = `peer:${peer}`;
    const reason = before.terms.price === null ? null : countersign(deps.region);
    const moved = advance(before, { event: "agree", by: "provider", actor, at, reason });
    if (!moved.ok) return moved;
    if (known !== undefined) return numberTaken(agreementId);
    const { region } = deps;
    const asAgreed = checkAsAgreed(document.value, { negotiation: before, provider: peer, consumer: region });
    if (!asAgreed.ok) return asAgreed;
    const agreement = pendingAgreement(moved.value, document.value, {
      ...{ text, ...providerSignature, at, region },
      partySignatures,
    });
    const agreed: Negotiation = {
      ...moved.value,
      mode,
      agreementId,
      agreementDigest: agreement.digest,
      terms: document.value.terms,
    };
    return before.terms.price === null
      ? verifyStep(deps, agreed, agreement, { at, actor: "node", comment: null })
      : ok({ negotiation: agreed, agreement });
  });
}

/** The consumer's signature, by the node itself or because an approver said so. Pure. */
export function verifyStep(
  { signer, region }: NegotiationDeps,
  before: Negotiation,
  agreement: Agreement,
  { at, actor, comment }: { at: string; actor: string; comment: string | null },
): Result<Step> {
  const reason = waitReason(
    { code: "AWAITING_FINALIZATION", rule: "dsp.negotiation", region: before.peer, role: "node" },
    { zh: "双方已签署,等待提供方登记生效。", en: "Signed by both; the provider has to put it into force." },
  );
  const moved = advance(before, { event: "verify", by: "consumer", actor, at, comment, reason });
  if (!moved.ok) return moved;
  const { keyId, signature } = signDocument(signer, agreement.document);
  const signed: Agreement = {
    ...agreement,
    ...partiesOf(before, region),
    consumerKeyId: keyId,
    consumerSignature: signature,
    updatedAt: at,
    revision: agreement.revision + 1,
  };
  return ok({ negotiation: moved.value, agreement: signed, send: contractVerification(moved.value, signed) });
}

/** The provider's side of VERIFIED: with the consumer's signature the agreement is in force. */
export async function receiveVerification(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const kind = "ContractAgreementVerificationMessage";
  const message = parseMessage(verificationSchema, kind, inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "provider");
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  const { consumerSignature } = message.value;
  const others = othersOf(found.value, deps.region);
  const key = consumerSignature && deps.trust.statementKey(peer, consumerSignature.keyId, deps.runtime.nowMs());

  return commitMessage(deps, { id, peer, agreementId, others, inbound }, ({ negotiation, agreement, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const actor = `peer:${peer}`;
    const verified = advance(negotiation, { event: "verify", by: "consumer", actor, at, reason: null });
    if (!verified.ok) return verified;
    if (agreement === undefined) return unknownAgreement();
    // Ended before both had signed it; a late message must not bring it back.
    if (agreement.status !== "pending") return unknownAgreement();
    if (consumerSignature === undefined) {
      // Only a connector that is no Heliu node cannot sign; a region that can and does not has not agreed.
      if (negotiation.binding !== "dsp") return malformedMessage(kind, "consumerSignature");
      if (agreement.terms.price !== null) return cannotSign();
    } else {
      const signed = checkSignature(agreement.document, key, consumerSignature.signature);
      if (!signed.ok) return signed;
    }
    const final = advance(verified.value, { event: "finalize", by: "provider", actor: "node", at, reason: null });
    if (!final.ok) return final;
    const inForce: Agreement = {
      ...agreement,
      consumerKeyId: consumerSignature?.keyId ?? null,
      consumerSignature: consumerSignature?.signature ?? null,
      status: "in-force",
      updatedAt: at,
      revision: agreement.revision + 1,
    };
    const send = negotiationEvent(final.value, "FINALIZED");
    const notice = inForceNotice(inForce);
    const toOthers = thirdRegionsIn(inForce).map((other) => ({ ...notice, peer: other }));
    const leaves = [signedLeaf(inForce, nowMs, final.value.decided)];
    return ok({ negotiation: final.value, agreement: inForce, send, toOthers, leaves });
  });
}

/** The consumer's side of FINALIZED. */
export async function receiveFinalized(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(eventSchema, "ContractNegotiationEventMessage", inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "consumer");
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  return commitMessage(deps, { id, peer, agreementId, inbound }, ({ negotiation, agreement, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const actor = `peer:${peer}`;
    const final = advance(negotiation, { event: "finalize", by: "provider", actor, at, reason: null });
    if (!final.ok) return final;
    if (agreement?.status !== "pending") return unknownAgreement();
    const inForce: Agreement = { ...agreement, status: "in-force", updatedAt: at, revision: agreement.revision + 1 };
    return ok({ negotiation: final.value, agreement: inForce, leaves: [signedLeaf(inForce, nowMs)] });
  });
}

type Signed = {
  readonly text: string;
  readonly keyId: string;
  readonly signature: string;
  readonly partySignatures: readonly PartySignature[];
  readonly at: string;
  readonly region: string;
};

function pendingAgreement(negotiation: Negotiation, read: ReadDocument, signed: Signed): Agreement {
  return {
    ...partiesOf(negotiation, signed.region),
    id: read.document.agreementId,
    document: signed.text,
    digest: read.digest,
    terms: read.terms,
    providerKeyId: signed.keyId,
    providerSignature: signed.signature,
    consumerKeyId: null,
    consumerSignature: null,
    ...(signed.partySignatures.length === 0 ? {} : { partySignatures: signed.partySignatures }),
    status: "pending",
    reason: null,
    signedAt: signed.at,
    updatedAt: signed.at,
    revision: 1,
  };
}

function countersign(consumer: string) {
  return waitReason(
    { code: "AWAITING_COUNTERSIGNATURE", rule: "identity.four-eyes", region: consumer, role: "approver" },
    {
      zh: "有价协议须由本地区审批人会签,且不得是申请人本人。",
      en: "A priced agreement is countersigned by an approver of this region who is not the requester.",
    },
  );
}

function numberTaken(agreementId: string): Result<never> {
  return refuse(
    "AGREEMENT_MISMATCH",
    {
      zh: `协议编号 ${agreementId} 已用于另一份协议;请提供方重新出具。`,
      en: `The number ${agreementId} already stands for another agreement; the provider must draw this one up again.`,
    },
    { agreementId },
  );
}

import { z } from "zod";
import type { Canonical } from "../kernel/canonical-json.ts";
import type { Reason } from "../kernel/reason.ts";
import { type Outgoing, pidsOf, saidReasonSchema } from "./messages.ts";
import { type Agreement, type Negotiation, partySignatureSchema } from "./model.ts";

/**
 * What the Dataspace Protocol has no word for: a third region that the terms pay signs before the provider agrees. A
 * negotiation stays in REQUESTED or ACCEPTED meanwhile, so its two sides and any other connector see nothing but the protocol.
 */
const pid = z.string().min(1).max(256);
const agreementId = z.string().max(64);
const digest = z.string().max(80);
export const signatureSchema = z.strictObject({ keyId: z.string().max(64), signature: z.string().max(128) });
export const partySignaturesSchema = z.array(partySignatureSchema.strict()).max(100);

/** Provider to third region: the document, with the provider's signature. */
export const proposalSchema = z.strictObject({
  "@type": z.literal("HeliuAgreementProposal"),
  providerPid: pid,
  document: z.string().max(1_000_000),
  providerSignature: signatureSchema,
});

/** Third region to provider. */
export const cosignatureSchema = z.strictObject({
  "@type": z.literal("HeliuAgreementSignature"),
  agreementId,
  digest,
  signature: signatureSchema,
});

export const partyRefusalSchema = z.strictObject({
  "@type": z.literal("HeliuAgreementRefusal"),
  agreementId,
  digest,
  reason: saidReasonSchema,
});

/** Provider to third region, with FINALIZED: everybody's signature. */
export const inForceSchema = z.strictObject({
  "@type": z.literal("HeliuAgreementInForce"),
  agreementId,
  digest,
  consumerSignature: signatureSchema,
  partySignatures: partySignaturesSchema,
});

/** Provider to consumer: whom the negotiation waits for, while its state stays. */
export const noticeSchema = z.strictObject({
  "@type": z.literal("HeliuNegotiationNotice"),
  providerPid: pid,
  consumerPid: pid,
  reason: saidReasonSchema,
});

/** What a third region answers to a proposal: whether it has signed, and if not, whom it waits for. */
export const proposalAnswerSchema = z.looseObject({
  agreementId,
  status: z.string().max(40),
  reason: saidReasonSchema.nullable().catch(null),
});

function message(kind: string, fields: { readonly [name: string]: unknown }): Outgoing {
  return { kind, body: { "@type": kind, ...fields } as Canonical };
}

export function agreementProposal({ id: providerPid }: Negotiation, agreement: Agreement): Outgoing {
  const { document, providerKeyId: keyId, providerSignature: signature } = agreement;
  return message("HeliuAgreementProposal", { providerPid, document, providerSignature: { keyId, signature } });
}

export function cosignature({ id, digest: of }: Agreement, signature: z.infer<typeof signatureSchema>): Outgoing {
  return message("HeliuAgreementSignature", { agreementId: id, digest: of, signature });
}

export function partyRefusal({ id, digest: of }: Agreement, reason: Reason): Outgoing {
  return message("HeliuAgreementRefusal", { agreementId: id, digest: of, reason });
}

export function inForceNotice(agreement: Agreement): Outgoing {
  const { id, digest: of, consumerKeyId: keyId, consumerSignature: signature, partySignatures = [] } = agreement;
  const consumerSignature = { keyId, signature };
  return message("HeliuAgreementInForce", { agreementId: id, digest: of, consumerSignature, partySignatures });
}

export function waitNotice(negotiation: Negotiation, reason: Reason): Outgoing {
  return message("HeliuNegotiationNotice", { ...pidsOf(negotiation), reason });
}

export function witnessView({ id, status, reason }: Agreement): Canonical {
  return { agreementId: id, status, reason } as Canonical;
}

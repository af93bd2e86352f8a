import { z } from "zod";
import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { type Reason, reasonSchema } from "../kernel/reason.ts";
import type { UsageTerms } from "../policy/model.ts";
import { toOdrl } from "../policy/odrl.ts";
import { type Agreement, type Negotiation, partySignatureSchema } from "./model.ts";
import { malformedMessage } from "./refusal.ts";

/** Bodies of the Dataspace Protocol 2025-1; the same over gRPC and HTTPS. Keys of ours beside them are ignored by others. */
const CONTEXT = ["https://w3id.org/dspace/2025/1/context.jsonld"];

const pid = z.string().min(1).max(256);
const comment = z.string().max(2_000).optional();
const policy = z.looseObject({ "@id": z.string().min(1).max(500), target: z.string().max(500).optional() });
const signature = z.object({ keyId: z.string().max(64), signature: z.string().max(128) });
/** What a peer says about a wait or an end; too long or misshapen is dropped, for it is only shown. */
export const saidReasonSchema = reasonSchema.refine((reason) => JSON.stringify(reason).length <= 8_000);
const saidReason = saidReasonSchema.optional().catch(undefined);

export const requestSchema = z
  .looseObject({
    consumerPid: pid,
    providerPid: pid.optional(),
    callbackAddress: z.string().max(2_000).optional(),
    offer: policy,
    comment,
  })
  .refine((m) => (m.providerPid === undefined) !== (m.callbackAddress === undefined), {
    message: "exactly one of callbackAddress and providerPid",
  });

export const offerSchema = z.looseObject({
  providerPid: pid,
  consumerPid: pid,
  offer: policy.extend({ target: z.string().max(500) }),
  comment,
  reason: saidReason,
});

export const agreementMessageSchema = z.looseObject({
  providerPid: pid,
  consumerPid: pid,
  agreement: z.looseObject({ "@id": z.string().max(500) }),
  document: z.string().max(1_000_000),
  providerSignature: signature,
  partySignatures: z.array(partySignatureSchema).max(100).default([]),
  mode: z.enum(["auto", "approved", "countered"]).catch("auto"),
});

export const verificationSchema = z.looseObject({
  providerPid: pid,
  consumerPid: pid,
  consumerSignature: signature.optional(),
});

export const eventSchema = z.looseObject({
  providerPid: pid,
  consumerPid: pid,
  eventType: z.enum(["ACCEPTED", "FINALIZED"]),
  comment,
});

export const terminationSchema = z.looseObject({
  /** Absent while the consumer has not yet learnt it. */
  providerPid: pid.optional(),
  consumerPid: pid,
  code: z.string().max(100).optional(),
  reason: z.array(z.unknown()).max(20).default([]),
});

export const agreementEndSchema = z.strictObject({
  "@type": z.literal("HeliuAgreementTermination"),
  agreementId: z.string().max(64),
  digest: z.string().max(80),
  endedAt: z.iso.datetime(),
  reason: saidReasonSchema,
});

export const answerSchema = z.looseObject({
  providerPid: pid,
  consumerPid: pid,
  state: z.string(),
  reason: saidReason,
});

export function parseMessage<T>(schema: z.ZodType<T>, kind: string, body: unknown): Result<T> {
  const type = (body as { readonly "@type"?: unknown } | null)?.["@type"];
  if (type !== kind) return malformedMessage(kind, "@type");
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok(parsed.data);
  const [issue] = parsed.error.issues;
  return malformedMessage(kind, issue?.path.join(".") || (issue?.message ?? "body"));
}

export type Outgoing = { readonly kind: string; readonly body: Canonical };

type Pids = { readonly providerPid: string; readonly consumerPid: string };

export function pidsOf({ role, id, peerPid }: Pick<Negotiation, "role" | "id" | "peerPid">): Pids {
  const peer = peerPid ?? "";
  return role === "provider" ? { providerPid: id, consumerPid: peer } : { providerPid: peer, consumerPid: id };
}

function message(kind: string, fields: { readonly [name: string]: unknown }): Outgoing {
  return { kind, body: { "@context": CONTEXT, "@type": kind, ...fields } as Canonical };
}

const said = (text: string | null) => (text === null || text === "" ? {} : { comment: text });

export const regionUrn = (region: string) => `urn:heliu:region:${region}`;

export function datasetUrn(region: string, entryId: string): string {
  return `urn:heliu:dataset:${region}:${entryId}`;
}

/** The offer under negotiation, as it stands in requests and offers. */
function offerOnTable(negotiation: Negotiation, terms: UsageTerms) {
  const { entry, offerId } = negotiation;
  const target = datasetUrn(entry.region, entry.id);
  return toOdrl(terms, { "@id": offerId, "@type": "Offer", target, assigner: regionUrn(entry.region) });
}

export function contractRequest(negotiation: Negotiation, comment: string | null, region: string): Outgoing {
  const { providerPid, consumerPid } = pidsOf(negotiation);
  const isFirst = negotiation.rounds.length === 1;
  const where = isFirst ? { callbackAddress: regionUrn(region) } : { providerPid };
  const offer = offerOnTable(negotiation, negotiation.terms);
  return message("ContractRequestMessage", { consumerPid, ...where, offer, ...said(comment) });
}

export function contractOffer(negotiation: Negotiation, comment: string | null, reason: Reason): Outgoing {
  const offer = offerOnTable(negotiation, negotiation.terms);
  return message("ContractOfferMessage", { ...pidsOf(negotiation), offer, ...said(comment), reason });
}

export function contractAgreement(negotiation: Negotiation, agreement: Agreement): Outgoing {
  const document = JSON.parse(agreement.document) as { readonly policy: Canonical };
  return message("ContractAgreementMessage", {
    ...pidsOf(negotiation),
    agreement: document.policy,
    document: agreement.document,
    providerSignature: { keyId: agreement.providerKeyId, signature: agreement.providerSignature },
    ...(agreement.partySignatures === undefined ? {} : { partySignatures: agreement.partySignatures }),
    mode: negotiation.mode,
  });
}

export function contractVerification(negotiation: Negotiation, agreement: Agreement): Outgoing {
  const { consumerKeyId: keyId, consumerSignature } = agreement;
  return message("ContractAgreementVerificationMessage", {
    ...pidsOf(negotiation),
    consumerSignature: { keyId, signature: consumerSignature },
  });
}

export function negotiationEvent(
  negotiation: Negotiation,
  eventType: "ACCEPTED" | "FINALIZED",
  comment: string | null = null,
): Outgoing {
  return message("ContractNegotiationEventMessage", { ...pidsOf(negotiation), eventType, ...said(comment) });
}

export function termination(negotiation: Negotiation, reason: Reason): Outgoing {
  const { providerPid, consumerPid } = pidsOf(negotiation);
  const known = providerPid === "" ? {} : { providerPid };
  return message("ContractNegotiationTerminationMessage", {
    ...known,
    consumerPid,
    code: reason.code,
    reason: [reason],
  });
}

/** The protocol has no message that ends a signed agreement; this one keeps both sides at the same end. */
export function agreementEnd(agreement: Agreement, endedAt: string, reason: Reason): Outgoing {
  const body = { agreementId: agreement.id, digest: agreement.digest, endedAt, reason };
  return { kind: "HeliuAgreementTermination", body: { "@type": "HeliuAgreementTermination", ...body } as Canonical };
}

/** What a receiver answers: the process as it now stands, with the reason of a wait. */
export function negotiationView(negotiation: Negotiation): Canonical {
  const { state, reason } = negotiation;
  const why = reason === null ? {} : { reason };
  return message("ContractNegotiation", { ...pidsOf(negotiation), state, ...why }).body;
}

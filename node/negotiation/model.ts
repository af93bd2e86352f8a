import { z } from "zod";
import { reasonSchema } from "../kernel/reason.ts";
import { usageTermsSchema } from "../policy/model.ts";

/** Dataspace Protocol 2025-1 states of a contract negotiation. */
export const negotiationStates = [
  "REQUESTED",
  "OFFERED",
  "ACCEPTED",
  "AGREED",
  "VERIFIED",
  "FINALIZED",
  "TERMINATED",
] as const;
export type NegotiationState = (typeof negotiationStates)[number];

const timelineItemSchema = z.object({
  at: z.string(),
  event: z.string(),
  by: z.enum(["consumer", "provider"]),
  /** A role or `node`; persons are named only in the node's own user records. */
  actor: z.string(),
  from: z.string().nullable(),
  to: z.string(),
  comment: z.string().nullable(),
  reason: reasonSchema.nullable(),
});

export const negotiationSchema = z.object({
  /** This node's own DSP pid, `urn:uuid:…`. */
  id: z.string(),
  peerPid: z.string().nullable(),
  role: z.enum(["consumer", "provider"]),
  peer: z.string(),
  binding: z.enum(["grpc", "dsp"]),
  callbackAddress: z.string().nullable(),
  entry: z.object({ region: z.string(), id: z.string(), version: z.string(), name: z.string() }),
  offerId: z.string(),
  agreementId: z.string().nullable(),
  agreementDigest: z.string().nullable(),
  /** At the provider: what the last request was decided from and how, by digest. */
  decided: z.record(z.string(), z.string()).optional(),
  state: z.enum(negotiationStates),
  /** How it was or is being decided, for people: without anyone asked, by a person, after a counter-offer, refused. */
  mode: z.enum(["auto", "approved", "countered", "refused", "pending"]),
  /** What is on the table, and who put it there. */
  terms: usageTermsSchema,
  offeredBy: z.enum(["consumer", "provider"]),
  rounds: z.array(
    z.object({
      at: z.string(),
      by: z.enum(["consumer", "provider"]),
      terms: usageTermsSchema,
      comment: z.string().nullable(),
    }),
  ),
  comment: z.string().nullable(),
  /** User ids of this node only: who asked (may not approve), who approved. */
  requestedBy: z.string().nullable(),
  approvedBy: z.string().nullable(),
  reason: reasonSchema.nullable(),
  /** Provider's side: third regions whose signature is still missing, and what each was last said to wait for. */
  waitsFor: z
    .array(z.object({ region: z.string(), reason: reasonSchema }))
    .readonly()
    .optional(),
  timeline: z.array(timelineItemSchema),
  createdAt: z.string(),
  updatedAt: z.string(),
  /** Rises by one at each change; the ETag of the HTTP interface. */
  revision: z.number(),
});
export type Negotiation = z.infer<typeof negotiationSchema>;

/** The signed document. Exactly these keys; no JSON numbers. Source: settlement.md §9a. */
export type AgreementDocument = {
  readonly type: "heliu.agreement.v1";
  readonly agreementId: string;
  readonly version: string;
  readonly previous: string | null;
  readonly provider: string;
  readonly consumer: string;
  readonly entry: { readonly region: string; readonly id: string; readonly version: string };
  readonly policy: unknown;
  readonly terms: unknown;
  readonly validFrom: string;
  readonly validTo: string;
  readonly rulePacks: readonly { readonly id: string; readonly version: string }[];
  readonly trustListDigest: string;
};

/** Of a third region: its parties are paid by the terms, so nobody is bound before it has signed. Source: settlement.md §9a. */
export const partySignatureSchema = z.object({ region: z.string(), keyId: z.string(), signature: z.string() });
export type PartySignature = z.infer<typeof partySignatureSchema>;

export const agreementSchema = z.object({
  id: z.string(),
  negotiationId: z.string(),
  /** `witness-party`: neither side of it, but the terms pay parties of this region. */
  role: z.enum(["consumer", "provider", "witness-party"]),
  peer: z.string(),
  provider: z.string(),
  consumer: z.string(),
  entry: z.object({ region: z.string(), id: z.string(), version: z.string(), name: z.string() }),
  /** The canonical text that the regions signed, byte for byte. */
  document: z.string(),
  digest: z.string(),
  terms: usageTermsSchema,
  providerKeyId: z.string(),
  providerSignature: z.string(),
  consumerKeyId: z.string().nullable(),
  /** Null where a Dataspace Protocol peer cannot sign; such an agreement is never priced. */
  consumerSignature: z.string().nullable(),
  /** Of every third region that has signed so far; absent where the terms name none. */
  partySignatures: z.array(partySignatureSchema).readonly().optional(),
  status: z.enum(["pending", "in-force", "superseded", "suspended", "terminated", "expired"]),
  reason: reasonSchema.nullable(),
  signedAt: z.string(),
  updatedAt: z.string(),
  revision: z.number(),
});
export type Agreement = z.infer<typeof agreementSchema>;

import { z } from "zod";
import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { type Reason, reasonSchema } from "../kernel/reason.ts";
import { refuseProcess } from "./process-refusal.ts";

const natural = z.string().regex(/^(0|[1-9][0-9]{0,40})$/);
const id = z.string().min(1).max(128);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const MAX_ROWS = 10_000;

/** What one region knows of a period that is in no receipt. Strict: a figure nobody understands must not be signed. */
export const figuresSchema = z.strictObject({
  resources: z
    .array(z.strictObject({ partyId: id, resource: id, quantity: natural }))
    .max(MAX_ROWS)
    .default([]),
  costs: z
    .array(z.strictObject({ costId: id, declaredFen: natural }))
    .max(MAX_ROWS)
    .default([]),
  maxRevenueFen: natural.nullable().default(null),
  caps: z
    .array(z.strictObject({ productId: id, capPriceMicro: natural }))
    .max(MAX_ROWS)
    .default([]),
  activeDays: z
    .array(z.strictObject({ partyId: id, days: natural }))
    .max(MAX_ROWS)
    .default([]),
});
export type Figures = z.infer<typeof figuresSchema>;

/** The last number of each chain that a side can settle: everything up to it has both signatures there. */
export const throughSchema = z.strictObject({ forward: natural, reverse: natural });
export type Through = z.infer<typeof throughSchema>;

/** What names a settlement, in messages and in the records that peers give back. */
const about = {
  agreementId: id,
  periodId: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/),
  /** Rises by one each time a person starts the comparison anew; what belongs to an earlier one is passed over. */
  round: natural,
};

/** A region's word on a receipt that an earlier statement parked: void, or it stands. */
export const resolutionSchema = z.strictObject({ receiptId: hash, outcome: z.enum(["upheld", "rejected"]) });
export type Resolution = z.infer<typeof resolutionSchema>;

/** Why a side disputes receipts, so that the other one can answer. */
const disputeSchema = z.strictObject({
  id: z.string().regex(/^[0-9A-Za-z-]{1,64}$/),
  reason: z.string().max(2_000),
  evidence: z
    .array(z.strictObject({ name: z.string().max(200), sha256: hash }))
    .max(20)
    .readonly(),
  receiptIds: z.array(hash).max(MAX_ROWS).readonly(),
});
export type ToldDispute = z.infer<typeof disputeSchema>;

const sideFigures = {
  figures: figuresSchema,
  through: throughSchema,
  disputedReceiptIds: z.array(hash).max(MAX_ROWS).readonly(),
  resolutions: z.array(resolutionSchema).max(MAX_ROWS).readonly(),
  disputes: z.array(disputeSchema).max(1_000).readonly().optional(),
  /** Said by a side that is asked to begin anew after it has signed: it can only repeat what it signed. */
  signed: digest.optional(),
};
const figuresStep = z.strictObject({ ...about, step: z.literal("figures"), ...sideFigures });
const signature = { digest, keyId: z.string().max(64), signature: z.string().max(128) };

export const declareSchema = z.discriminatedUnion("step", [
  figuresStep,
  z.strictObject({ ...about, step: z.literal("sign"), ...signature }),
]);

/** Source: settlement.md §10. */
export const proposalSchema = z.strictObject({
  digest,
  termsDigest: digest,
  openingCarryDigest: digest,
  inputsDigest: digest,
  receiptsRoot: hash,
  receiptCount: natural,
});
export type Proposal = z.infer<typeof proposalSchema>;

export const proposeSchema = z.strictObject({
  ...about,
  proposal: proposalSchema,
  /** The canonical statement, only when all are equal but its digest: evidence of an implementation error. */
  statement: z.string().max(8_000_000).optional(),
});

export const signSchema = z.strictObject({ ...about, ...signature });

const sideSignature = z.object({ keyId: z.string().max(64), signature: z.string().max(128) });

/** Of a peer's record of a settlement that both have signed, what a restore takes back; the rest is computed again. */
export const signedRecordSchema = z.object({
  ...about,
  isEarly: z.boolean(),
  own: z.object(sideFigures),
  theirs: z.object(sideFigures),
  declaration: z.object({ digest, signature: sideSignature }),
  built: z.object({ text: z.string(), digest, proposal: proposalSchema }),
  signature: sideSignature,
  theirSignature: sideSignature,
});

export type DeclareMessage = z.infer<typeof declareSchema>;
export type ProposeMessage = z.infer<typeof proposeSchema>;
export type SignMessage = z.infer<typeof signSchema>;

export type SettlementMessage =
  | { readonly kind: "Declare"; readonly body: DeclareMessage }
  | { readonly kind: "Propose"; readonly body: ProposeMessage }
  | { readonly kind: "Sign"; readonly body: SignMessage };

/** Messages are strict: what one side does not understand, it must not pass over where money is concerned. */
export function parseSettlementMessage(kind: string, body: unknown): Result<SettlementMessage> {
  const schema = kind === "Declare" ? declareSchema : kind === "Propose" ? proposeSchema : signSchema;
  if (kind !== "Declare" && kind !== "Propose" && kind !== "Sign") return refuseProcess("SETTLEMENT_MESSAGE", { kind });
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuseProcess("SETTLEMENT_MESSAGE", { kind: `${kind} ${issue?.path.join(".") ?? ""}` });
  }
  return ok({ kind, body: parsed.data } as SettlementMessage);
}

/** What a side answers: where it stands, and if it waits, why and for whom. */
const answerSchema = z.looseObject({ state: z.string().max(40), reason: reasonSchema.nullable() });
export type SettlementAnswer = { readonly state: string; readonly reason: Reason | null };

export function answerOf(state: string, reason: Reason | null): Canonical {
  return { state, reason: reason as Canonical };
}

export function parseAnswer(answer: Canonical): SettlementAnswer | undefined {
  const parsed = answerSchema.safeParse(answer);
  return parsed.success ? parsed.data : undefined;
}

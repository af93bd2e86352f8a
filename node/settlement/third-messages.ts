import { z } from "zod";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { reasonSchema } from "../kernel/reason.ts";
import { figuresSchema, proposalSchema, resolutionSchema, throughSchema } from "./messages.ts";
import type { StatementRows } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";

/**
 * What the two sides of an agreement and a third region that its terms pay say to each other in a period. They go by the
 * methods of settlement like the sides' own; `party` names the third region, and marks them.
 */
const natural = z.string().regex(/^(0|[1-9][0-9]{0,40})$/);
const integer = z.string().regex(/^(0|-?[1-9][0-9]{0,40})$/);
const id = z.string().min(1).max(128);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const period = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/);
const MAX_ROWS = 10_000;

const about = { agreementId: id, periodId: period, round: natural, party: z.string().regex(/^[1-9][0-9]{5}$/) };
const signature = { digest, keyId: z.string().max(64), signature: z.string().max(128) };

const usageRow = z.strictObject({
  productId: id,
  quantity: integer,
  freeQuantity: integer.nullable().optional(),
  usagePeriodId: period.nullable().optional(),
  priorQuantity: integer.nullable().optional(),
  priorFreeQuantity: integer.nullable().optional(),
  disputedQuantity: integer.nullable().optional(),
  disputedFreeQuantity: integer.nullable().optional(),
  capPriceMicro: natural.nullable().optional(),
});
const meteredRow = z.strictObject({
  partyId: id,
  metric: id,
  quantity: integer,
  productId: id.nullable().optional(),
  usagePeriodId: period.nullable().optional(),
});

/** Usage as a third region sees it: sums by product and month, never a receipt. */
export const rowsSchema = z.strictObject({
  usage: z.array(usageRow).max(MAX_ROWS).readonly(),
  metered: z.array(meteredRow).max(MAX_ROWS).readonly(),
  disputedReceiptIds: z.array(hash).max(MAX_ROWS).readonly(),
});

/** Of one side: what decides which receipts the statement is about, and how disputes end with it. */
export const witnessedScopeSchema = z.strictObject({
  through: throughSchema,
  disputedReceiptIds: z.array(hash).max(MAX_ROWS).readonly(),
  resolutions: z.array(resolutionSchema).max(MAX_ROWS).readonly(),
});

const declare = z.discriminatedUnion("step", [
  /** A side asks (no figures); the third region lays down what it knows of its parties. */
  z.strictObject({ ...about, step: z.literal("figures"), figures: figuresSchema.optional() }),
  /** A side sends the text with its signature, the third region its signature. */
  z.strictObject({ ...about, step: z.literal("sign"), ...signature, text: z.string().max(4_000_000).optional() }),
  /** Whom the third region waits for, or why it stopped. */
  z.strictObject({ ...about, step: z.literal("reason"), reason: reasonSchema }),
]);
const propose = z.strictObject({ ...about, proposal: proposalSchema, rows: rowsSchema, scope: witnessedScopeSchema });
const sign = z.strictObject({ ...about, ...signature });

export type ThirdMessage =
  | { readonly kind: "Declare"; readonly body: z.infer<typeof declare> }
  | {
      readonly kind: "Propose";
      readonly body: Omit<z.infer<typeof propose>, "rows"> & { readonly rows: StatementRows };
    }
  | { readonly kind: "Sign"; readonly body: z.infer<typeof sign> };

export function isThirdMessage(body: unknown): boolean {
  return typeof body === "object" && body !== null && "party" in body;
}

export function parseThirdMessage(kind: string, body: unknown): Result<ThirdMessage> {
  if (kind !== "Declare" && kind !== "Propose" && kind !== "Sign") return refuseProcess("SETTLEMENT_MESSAGE", { kind });
  const schema = { Declare: declare, Propose: propose, Sign: sign }[kind];
  const parsed = schema.safeParse(body);
  if (parsed.success) return ok({ kind, body: parsed.data } as ThirdMessage);
  const [issue] = parsed.error.issues;
  return refuseProcess("SETTLEMENT_MESSAGE", { kind: `${kind} ${issue?.path.join(".") ?? ""}` });
}

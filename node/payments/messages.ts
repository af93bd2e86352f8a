import { z } from "zod";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { refusePayment } from "./refusal.ts";

const id = z.string().min(1).max(128);
const region = z.string().regex(/^[1-9][0-9]{5}$/);
const positive = z.string().regex(/^[1-9][0-9]{0,40}$/);
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const period = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/);
/** Few, so that nobody has others go through rounds without end. */
const round = z.string().regex(/^[1-9][0-9]{0,2}$/);
const about = { periodId: period, round };
const signature = { digest, keyId: z.string().max(64), signature: z.string().max(128) };
/** A region with more signed statements in a month nets them in two rounds. */
export const MAX_ENTRIES = 5_000;

const owed = z.strictObject({ from: region, to: region, fen: positive });
const entry = z.strictObject({
  agreementId: id,
  digest,
  provider: region,
  consumer: region,
  obligations: z.array(owed).max(200).readonly(),
});

const tableSchema = z.strictObject({
  ...about,
  table: z.strictObject({ entries: z.array(entry).max(MAX_ENTRIES).readonly() }),
});
const signSchema = z.strictObject({ ...about, ...signature });
const paidSchema = z.strictObject({ ...about, text: z.string().max(100_000), ...signature });

/** The payee's word, strict: what is not understood must not close a plan. */
export const confirmationSchema = z.strictObject({
  type: z.literal("heliu.payment.v1"),
  planDigest: digest,
  reference: z.string().max(32),
  from: region,
  to: region,
  fen: positive,
  bankReferences: z.array(z.string().max(128)).max(1_000),
  paidOn: z.iso.date(),
  at: z.string().regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z$/),
});

const invoiceSchema = z.strictObject({
  periodId: period,
  agreementId: id,
  number: z.string().min(1).max(64),
  date: z.iso.date(),
  fen: positive,
});

const invoiceCancelledSchema = z.strictObject({
  periodId: period,
  agreementId: id,
  number: z.string().min(1).max(64),
  reason: z.string().min(1).max(500),
});

export type NetMessage =
  | { readonly kind: "NetTable"; readonly body: z.infer<typeof tableSchema> }
  | { readonly kind: "NetSign"; readonly body: z.infer<typeof signSchema> }
  | { readonly kind: "NetPaid"; readonly body: z.infer<typeof paidSchema> }
  | { readonly kind: "NetInvoice"; readonly body: z.infer<typeof invoiceSchema> }
  | { readonly kind: "NetInvoiceCancelled"; readonly body: z.infer<typeof invoiceCancelledSchema> };

const SCHEMAS = {
  NetTable: tableSchema,
  NetSign: signSchema,
  NetPaid: paidSchema,
  NetInvoice: invoiceSchema,
  NetInvoiceCancelled: invoiceCancelledSchema,
} as const;

/** Messages are strict: what one side does not understand, it must not pass over where money is concerned. */
export function parseNetMessage(kind: string, body: unknown): Result<NetMessage> {
  if (!Object.hasOwn(SCHEMAS, kind)) return refusePayment("NETTING_MESSAGE", { kind: kind.slice(0, 40) });
  const parsed = SCHEMAS[kind as keyof typeof SCHEMAS].safeParse(body);
  if (!parsed.success) {
    const path = parsed.error.issues[0]?.path.join(".") ?? "";
    return refusePayment("NETTING_MESSAGE", { kind: `${kind} ${path}` });
  }
  return ok({ kind, body: parsed.data } as NetMessage);
}

import { z } from "zod";
import { reasonSchema } from "../kernel/reason.ts";
import { purposeSchema, rowConditionSchema } from "../policy/model.ts";

/** Dataspace Protocol 2025-1 states of a transfer process. */
export const transferStates = ["REQUESTED", "STARTED", "SUSPENDED", "COMPLETED", "TERMINATED"] as const;
export type TransferState = (typeof transferStates)[number];

/** What the consumer asks for within its agreement: fewer fields, fewer rows. */
export const transferSelectionSchema = z.object({
  fields: z.array(z.string()).min(1).optional(),
  rows: z.array(rowConditionSchema).max(50).optional(),
  purpose: purposeSchema.optional(),
});
export type TransferSelection = z.infer<typeof transferSelectionSchema>;

export const transferSchema = z.object({
  /** This node's own DSP pid. */
  id: z.string(),
  peerPid: z.string().nullable(),
  role: z.enum(["consumer", "provider"]),
  peer: z.string(),
  agreementId: z.string(),
  entry: z.object({ region: z.string(), id: z.string(), name: z.string() }),
  selection: transferSelectionSchema,
  state: z.enum(transferStates),
  /** Counted at the provider when released, at the consumer when durable. Decimal strings. */
  rows: z.string(),
  bytes: z.string(),
  batches: z.string(),
  receipts: z.string(),
  /** Hex SHA-256 of the whole content; null until complete. Equal at both ends. */
  sha256: z.string().nullable(),
  reason: reasonSchema.nullable(),
  requestedBy: z.string().nullable(),
  timeline: z.array(
    z.object({
      at: z.string(),
      event: z.string(),
      actor: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      comment: z.string().nullable(),
    }),
  ),
  createdAt: z.string(),
  updatedAt: z.string(),
  revision: z.number(),
});
export type Transfer = z.infer<typeof transferSchema>;

/** What an entry is made of. Secrets are named (`env:NAME`, `file:PATH`), never stored or shown. */
export const sourceSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("csv"),
    id: z.string(),
    entryId: z.string(),
    path: z.string(),
    /** Detected when absent; GB18030 is converted. */
    encoding: z.enum(["utf-8", "gb18030"]).optional(),
    delimiter: z.string().length(1).optional(),
  }),
  z.object({ kind: z.literal("raw"), id: z.string(), entryId: z.string(), path: z.string() }),
  z.object({
    kind: z.literal("verification"),
    id: z.string(),
    entryId: z.string(),
    /** The CSV that is looked up; it never leaves. */
    path: z.string(),
    /** Input field → column; all must match for `registered_flag` to be true. */
    match: z.record(z.string(), z.string()),
    /** Output flag → condition on the matched row. */
    answers: z.record(
      z.string(),
      z.object({
        column: z.string(),
        op: z.enum(["present", "eq", "neq", "gteq-today"]),
        value: z.string().optional(),
      }),
    ),
  }),
]);
export type Source = z.infer<typeof sourceSchema>;

import { z } from "zod";
import { leafSchema } from "../audit/model.ts";
import { regionIdSchema } from "../identity/model.ts";

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const signatureSchema = z.strictObject({ region: regionIdSchema, keyId: z.string(), signature: z.string() });

const entrySchema = z.strictObject({
  index: z.string(),
  leaf: z.strictObject({ ...leafSchema.shape, kind: z.string() }),
  proof: z.array(z.string()).max(63),
});

/**
 * Everything that proves the history of one agreement, in one file that needs no node: what happened (log), what was
 * agreed, what was delivered (receipts), what was computed (statement) and what was decided on which inputs. Strict at
 * every level: what nobody checks may not be in it.
 */
export const bundleSchema = z.strictObject({
  type: z.literal("heliu.audit-bundle.v1"),
  /** Whose log it is. */
  region: regionIdSchema,
  agreementId: z.string(),
  periodId: z.string().nullable(),
  exportedAt: z.string(),
  /** With the founders' signatures: the keys of everyone who signed anything here. */
  trustList: z.unknown(),
  /** Lists before it, newest first, back to the oldest whose keys signed something here; absent where it names them all. */
  earlierLists: z.array(z.unknown()).min(1).optional(),
  log: z.strictObject({
    checkpoint: z.string(),
    entries: z.array(entrySchema).min(1),
    consistency: z.strictObject({ size: z.string(), root: z.string(), proof: z.array(z.string()).max(64) }).nullable(),
    succession: entrySchema.optional(),
  }),
  agreement: z.strictObject({ document: z.unknown(), signatures: z.array(signatureSchema).min(1) }),
  /** Those that the statement does not bring along itself; `consumerSignature` null: not signed for yet. */
  receipts: z.array(
    z.strictObject({
      core: z.unknown(),
      providerSignature: z.string(),
      consumerSignature: z.string().nullable(),
    }),
  ),
  /** As `settlements.bundle` exports it, less what stands elsewhere in the file; enough to compute the statement again. */
  statement: z.looseObject({ statement: z.string(), receipts: z.array(z.unknown()) }).nullable(),
  /** What the log's leaves name by digest: inputs of decisions. */
  documents: z.array(z.looseObject({ type: z.string() })),
  /** By the exporting region's statement key, over all the rest: who hands this over answers for it. */
  seal: z.strictObject({ keyId: z.string(), signature: z.string() }),
});
export type AuditBundle = z.infer<typeof bundleSchema>;

/** Keeps a seal from being a signature over anything else. */
export const SEALED_AS = "heliu.audit-bundle.v1\n";

export const isDigest = (text: unknown): text is string => digest.safeParse(text).success;

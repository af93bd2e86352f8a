import { z } from "zod";

/** Kinds of leaves, listed once; `docs/audit-events.md` describes each. Source: settlement.md §15. */
export const leafKinds = [
  "log.opened",
  "log.equivocation",
  "log.rolled-back",
  "log.succeeded",
  "backup.taken",
  "objection.changed",
  "catalog.published",
  "catalog.withdrawn",
  "catalog.refused",
  "negotiation.changed",
  "agreement.cosigned",
  "agreement.signed",
  "agreement.ended",
  "agreement.head",
  "transfer.changed",
  "transfer.finished",
  "receipt.batch",
  "receipt.window",
  "policy.decided",
  "policy.refused",
  "usage.alert",
  "budget.set",
  "declaration.signed",
  "statement.signed",
  "statement.equivocation",
  "dispute.opened",
  "dispute.resolved",
  "period.closed",
  "netting.signed",
  "netting.settled",
  "payment.confirmed",
  "payment.decided",
  "invoice.recorded",
  "invoice.cancelled",
  "ledger.closed",
  "trust.changed",
  "identity.refused",
  "identity.changed",
  "source.changed",
  "rules.changed",
] as const;

export const leafSchema = z.object({
  type: z.literal("heliu.audit.v1"),
  at: z.string(),
  region: z.string(),
  kind: z.enum(leafKinds),
  subject: z.string(),
  /** A role or `node` or `peer:<region>`; leaves never name persons. */
  actor: z.string(),
  /** Digest of the document the leaf is evidence for. */
  digest: z.string(),
  detail: z.record(z.string(), z.string()),
});
export type AuditLeaf = z.infer<typeof leafSchema>;

/** What a room says happened; the audit room numbers it. */
export type AuditEvent = {
  readonly kind: (typeof leafKinds)[number];
  readonly atMs: number;
  readonly subject: string;
  readonly actor: string;
  readonly digest: string;
  /** Numbered per agreement without gap (`agreementSeq`, `agreementPrev`) when given. */
  readonly agreementId?: string;
  readonly detail?: { readonly [name: string]: string };
};

import { collection } from "../storage/collection.ts";
import type { PostedUsage } from "./model.ts";
import type { AgreementBooks, ClosedPeriod, Settlement, StatementEquivocation } from "./process-model.ts";

/** (period, agreement) → the settlement on its way, and as it was signed. */
export const settlements = collection<Settlement>("settlement");
export const closedPeriods = collection<ClosedPeriod>("settlement-period");
export const agreementBooks = collection<AgreementBooks>("settlement-books");
/** (agreement, product, usage period) → what statements have settled so far. */
export const postedUsage = collection<PostedUsage>("settlement-posted");
/** Period → how many settlements were begun in it; whoever closes the ledger notices one that begins meanwhile. */
export const begunCounts = collection<string>("settlement-begun");
/** (agreement, period) → that the peer signed one statement and showed another. */
export const statementEquivocations = collection<StatementEquivocation>("settlement-equivocation");
/** (agreement, id) → a dispute over receipts, opened by either side. */
export const disputes = collection<Dispute>("settlement-dispute");
/** (agreement, receipt id) → the open dispute it is in. */
export const disputedReceipts = collection<string>("settlement-disputed");

/** A document that a region refers to; it stays where it is, its digest is what counts. */
export type DisputeEvidence = { readonly name: string; readonly sha256: string };

export type Dispute = {
  readonly id: string;
  readonly agreementId: string;
  readonly periodId: string;
  readonly receiptIds: readonly string[];
  readonly reason: string;
  readonly evidence?: readonly DisputeEvidence[] | undefined;
  /** This region's word; it takes effect once the other region says the same. */
  readonly state: "open" | "upheld" | "rejected" | "withdrawn";
  /** Why it was resolved so. */
  readonly comment?: string | undefined;
  /** The region that opened it. */
  readonly openedBy: string;
  readonly openedAt: string;
  readonly resolvedAt: string | null;
  /** By when it should be resolved, and the rule that says so; after it a person is asked, nothing is decided. */
  readonly deadline?: { readonly until: string; readonly rule: string; readonly verified: boolean } | null;
};

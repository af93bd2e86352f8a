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

export type Dispute = {
  readonly id: string;
  readonly agreementId: string;
  readonly periodId: string;
  readonly receiptIds: readonly string[];
  readonly reason: string;
  readonly state: "open" | "upheld" | "rejected" | "withdrawn";
  /** The region that opened it. */
  readonly openedBy: string;
  readonly openedAt: string;
  readonly resolvedAt: string | null;
};

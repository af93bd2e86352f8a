import { collection } from "../storage/collection.ts";
import type { PostedUsage } from "./model.ts";
import type { AgreementBooks, ClosedPeriod, Settlement } from "./process-model.ts";

/** (period, agreement) → the settlement on its way, and as it was signed. */
export const settlements = collection<Settlement>("settlement");
export const closedPeriods = collection<ClosedPeriod>("settlement-period");
export const agreementBooks = collection<AgreementBooks>("settlement-books");
/** (agreement, product, usage period) → what statements have settled so far. */
export const postedUsage = collection<PostedUsage>("settlement-posted");
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

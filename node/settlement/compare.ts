import type { Proposal } from "./messages.ts";
import type { ProcessCode } from "./process-refusal.ts";

/**
 * Why two proposals differ, the deepest cause first: equal inputs with another result is an error of implementation,
 * everything before it is something that persons or a reconciliation can put right. Source: settlement.md §10.
 */
export function differenceOf(own: Proposal, theirs: Proposal): ProcessCode | undefined {
  if (own.termsDigest !== theirs.termsDigest) return "STATEMENT_TERMS_DIFFER";
  if (own.openingCarryDigest !== theirs.openingCarryDigest) return "STATEMENT_CARRY_DIFFERS";
  if (own.inputsDigest !== theirs.inputsDigest) return "STATEMENT_INPUTS_DIFFER";
  if (own.receiptsRoot !== theirs.receiptsRoot || own.receiptCount !== theirs.receiptCount) {
    return "STATEMENT_RECEIPTS_DIFFER";
  }
  return own.digest === theirs.digest ? undefined : "STATEMENT_RESULT_DIFFERS";
}

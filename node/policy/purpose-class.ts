import type { ReceiptCore } from "../metering/model.ts";
import type { Purpose } from "./model.ts";

/** Industrial, or mixed with it, is billed; everything else is public interest. Source: settlement.md §9, PR-10. */
export function purposeClassOf(purposes: readonly Purpose[]): ReceiptCore["purposeClass"] {
  return purposes.includes("industrial") ? "commercial" : "public-interest";
}

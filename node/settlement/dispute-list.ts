import type { Store } from "../storage/port.ts";
import { list } from "../storage/transact.ts";
import { disputes } from "./store.ts";

/** Receipts that this side disputes now. */
export async function openDisputes(store: Store, agreementId: string): Promise<string[]> {
  const ids = new Set<string>();
  for await (const dispute of list(store, disputes, [agreementId])) {
    if (dispute.state === "open") for (const id of dispute.receiptIds) ids.add(id);
  }
  return [...ids].sort();
}

import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import type { HeldReceipt } from "./model.ts";
import { type Direction, numberIn, receipts, unsignedReceipts } from "./store.ts";

/** What the consumer has not signed yet, in the order of the chain: the key holds the number, so each receipt is one read. */
export async function* unsignedIn(
  store: Store,
  agreementId: string,
  direction: Direction,
): AsyncGenerator<HeldReceipt, void, undefined> {
  for await (const [key] of store.range(unsignedReceipts.under([agreementId, direction]))) {
    const held = await read(store, receipts.at(agreementId, direction, numberIn(key)));
    if (held !== undefined) yield held;
  }
}

import type { SignedTrustList } from "../identity/model.ts";
import { trustLists } from "../identity/trust-store.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";

/**
 * The lists that a reader needs besides the one in force, newest first: keys are replaced and dropped, and what they signed
 * stays evidence. None is left out in between, so that each is seen to follow from the one before.
 */
export async function earlierListsFor(
  store: Store,
  current: SignedTrustList,
  content: string,
): Promise<readonly SignedTrustList[]> {
  const missing = new Set(content.match(/ed25519:[0-9a-f]{16}/g));
  for (const keyId of keysOf(current)) missing.delete(keyId);
  const lists: SignedTrustList[] = [];
  let needed = 0;
  for (let version = BigInt(current.list.version) - 1n; version > 0n && missing.size > 0; version--) {
    const list = await read(store, trustLists.at(version));
    // A region that joined later was never given the first ones.
    if (list === undefined) continue;
    lists.push(list);
    for (const keyId of keysOf(list)) if (missing.delete(keyId)) needed = lists.length;
  }
  return lists.slice(0, needed);
}

function keysOf({ list }: SignedTrustList): string[] {
  return list.regions.flatMap(({ statementKeys }) => statementKeys.map(({ keyId }) => keyId));
}

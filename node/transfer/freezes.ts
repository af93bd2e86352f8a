import { entryRecords } from "../catalog/store.ts";
import type { Ref } from "../storage/collection.ts";
import { read, type Tx } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { entryFreezes } from "./store.ts";

/** The marks of objections that stop the use of one entry, to be read in the commit that lets something out. */
export type Freezes = readonly Ref<readonly string[]>[];

type Entries = Pick<TransferDeps, "entry" | "store">;

/**
 * On the entry itself and, since a product says what its data says, on all that it is made of in this region, also through
 * another product. Source: domain.md §6.4.
 */
export async function freezesOf(deps: Entries, entryId: string): Promise<Freezes> {
  const found = new Set([entryId]);
  // A set goes on with what is added to it meanwhile, and meets each entry once.
  for (const id of found) for (const source of await sourcesOf(deps, id)) found.add(source);
  return [...found].map((id) => entryFreezes.at(id));
}

export function isFrozen(tx: Pick<Tx, "get">, freezes: Freezes): boolean {
  return freezes.some((ref) => (tx.get(ref) ?? []).length > 0);
}

/** A product that was withdrawn goes on under its agreements; what it was made of stands in its tombstone. */
async function sourcesOf({ entry, store }: Entries, id: string): Promise<readonly string[]> {
  const known = (await entry(id)) ?? (await read(store, entryRecords.at(id)))?.current;
  return known?.product?.sources ?? [];
}

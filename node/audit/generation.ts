import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import { originIn } from "./log-names.ts";
import { type NoteSigner, signerUnder } from "./note.ts";

/** How many logs this node has had; a restore begins the next. */
export const ownGeneration = collection<{ readonly generation: number }>("audit-head").at("generation");

/** The key under the name of the log that is written now. */
export async function presentSigner(store: Store, first: NoteSigner): Promise<NoteSigner & { generation: number }> {
  const generation = (await read(store, ownGeneration))?.generation ?? 1;
  return { ...signerUnder(first, originIn(first.name, generation)), generation };
}

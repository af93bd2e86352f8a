import type { DigestedDocument } from "../kernel/canonical-json.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { read, type Tx } from "../storage/transact.ts";

/** Digest → canonical text of a document that leaves name. The same document is kept once. */
const documents = collection<string>("audit-document");

/** Keeps what a leaf of the same commit is evidence for. Reads nothing, so it needs no refs. */
export function keepDocument(tx: Tx, { digest, text }: DigestedDocument): void {
  tx.put(documents.at(digest), text);
}

export async function readDocumentText(store: Store, digest: string): Promise<string | undefined> {
  return read(store, documents.at(digest));
}

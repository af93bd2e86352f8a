import { type Canonical, canonicalText } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { collection } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { read, type Tx } from "../storage/transact.ts";

/** Digest → canonical text of a document that leaves name. The same document is kept once. */
const documents = collection<string>("audit-document");

/** Keeps what a leaf of the same commit is evidence for; answers its digest. Reads nothing, so it needs no refs. */
export function keepDocument(tx: Tx, document: Canonical): string {
  const text = canonicalText(document);
  const digest = `sha256:${sha256Hex(text)}`;
  tx.put(documents.at(digest), text);
  return digest;
}

export async function readDocumentText(store: Store, digest: string): Promise<string | undefined> {
  return read(store, documents.at(digest));
}

import { type Canonical, canonicalText } from "../node/kernel/canonical-json.ts";
import { type Signer, signerFromPem } from "../node/kernel/ed25519.ts";
import { newEd25519Pem } from "./bootstrap.ts";

/** What a founder signs is bound to its purpose by this line, so that no other document can be passed off as a list. */
const TRUST_LIST_PREFIX = "heliu.trust-list.v1\n";

export type FounderSignature = { readonly founder: string; readonly keyId: string; readonly signature: string };

/** How a trust list names a founder. */
export type FounderEntry = { id: string; keys: { keyId: string; publicKey: string }[] };

/** A founder's key, kept off every node. `entry` is its line for a list's `founders`. */
export function createFounder(id: string): { readonly keyPem: string; readonly entry: FounderEntry } {
  const keyPem = newEd25519Pem();
  return { keyPem, entry: founderEntry(id, keyPem) };
}

function founderEntry(id: string, keyPem: string): FounderEntry {
  const { keyId, publicKey } = signerFromPem(keyPem);
  return { id, keys: [{ keyId, publicKey: Buffer.from(publicKey).toString("base64") }] };
}

/** The bytes under every founder's signature. */
export function trustListBytes(list: object): Uint8Array {
  return Buffer.from(TRUST_LIST_PREFIX + canonicalText(list as Canonical), "utf8");
}

export function signTrustList(list: object, founder: string, keyPem: string): FounderSignature {
  const signer: Signer = signerFromPem(keyPem);
  const signature = Buffer.from(signer.sign(trustListBytes(list))).toString("base64");
  return { founder, keyId: signer.keyId, signature };
}

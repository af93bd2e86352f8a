import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { decodeBase64 } from "./base64.ts";
import { sha256Hex } from "./digest.ts";

/** Something that signs with one Ed25519 key (RFC 8032). `publicKey` is the raw 32 bytes. */
export type Signer = {
  /** `ed25519:` and the first 16 hex digits of SHA-256 over the 32-byte public key. Source: settlement.md §9. */
  readonly keyId: string;
  readonly publicKey: Uint8Array;
  /** 64 bytes. */
  readonly sign: (message: Uint8Array) => Uint8Array;
};

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

export function keyIdOf(publicKey: Uint8Array): string {
  return `ed25519:${sha256Hex(publicKey).slice(0, 16)}`;
}

/** From the 32-byte seed. */
export function signerFromSeed(seed: Uint8Array): Signer {
  return signerFromKey(createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" }));
}

/** From a PKCS#8 private key in PEM. */
export function signerFromPem(pem: string): Signer {
  return signerFromKey(createPrivateKey(pem));
}

function signerFromKey(key: KeyObject): Signer {
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(SPKI_PREFIX.length);
  return { keyId: keyIdOf(publicKey), publicKey, sign: (message) => sign(null, message, key) };
}

const publicKeys = new Map<string, KeyObject>();

/** OpenSSL enforces S < L. Never throws: a malformed key or signature is simply not valid. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  try {
    return verify(null, message, keyObject(publicKey), signature);
  } catch {
    return false;
  }
}

/**
 * Of a signature as documents carry it, in strict base64: a signature has one spelling, so that what is taken here is taken
 * by everybody who verifies it later.
 */
export function verifySignature(publicKey: Uint8Array, message: Uint8Array, signatureBase64: string): boolean {
  const signature = decodeBase64(signatureBase64);
  return signature !== undefined && verifyEd25519(publicKey, message, signature);
}

/** Parsing a key costs as much as half a verification, and a region has a handful of keys. */
function keyObject(publicKey: Uint8Array): KeyObject {
  const id = Buffer.from(publicKey).toString("base64");
  let key = publicKeys.get(id);
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: "der", type: "spki" });
    if (publicKeys.size > 1_000) publicKeys.clear();
    publicKeys.set(id, key);
  }
  return key;
}

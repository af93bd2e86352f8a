import { createPrivateKey, createPublicKey, webcrypto } from "node:crypto";

type Library = typeof import("@peculiar/x509");

let loading: Promise<Library> | undefined;

/**
 * Loaded when the first certificate is made, never at start: the import costs about 116 ms and a serving node mostly
 * checks certificates, which needs none of it. `reflect-metadata` has to be there first or the package throws.
 */
export function x509Library(): Promise<Library> {
  loading ??= (async () => {
    await import("reflect-metadata");
    const library = await import("@peculiar/x509");
    // The same object under two declarations: one of the packages here brings the DOM types along.
    library.cryptoProvider.set(webcrypto as typeof globalThis.crypto);
    return library;
  })();
  return loading;
}

export const ecdsaSha256 = { name: "ECDSA", hash: "SHA-256" } as const;
const p256 = { name: "ECDSA", namedCurve: "P-256" } as const;

export async function signingKeyOf(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(privateKeyPem).export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", der, p256, true, ["sign"]);
}

export async function verifyingKeyOf(keyPem: string): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(keyPem).export({ format: "der", type: "spki" });
  return webcrypto.subtle.importKey("spki", der, p256, true, ["verify"]);
}

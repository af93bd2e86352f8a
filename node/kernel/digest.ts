import { createHash, createHmac, hash } from "node:crypto";

export function sha256(data: Uint8Array | string): Buffer {
  return createHash("sha256").update(data).digest();
}

export function sha256Hex(data: Uint8Array | string): string {
  return hash("sha256", data, "hex");
}

/** Into bytes that are there already: where a tree takes a million hashes, a buffer for each costs more than the hash. */
export function sha256Into(target: Buffer, offset: number, data: Uint8Array): void {
  target.write(hash("sha256", data, "binary"), offset, "latin1");
}

/** HMAC-SHA-256 (RFC 2104): a digest that nobody without the key can try values against. */
export function hmacSha256Hex(key: Uint8Array, data: Uint8Array | string): string {
  return createHmac("sha256", key).update(data).digest("hex");
}

/** A SHA-256 over bytes that come in pieces. `hex` may be asked at any time and does not end it. */
export type RunningSha256 = { readonly update: (data: Uint8Array) => void; readonly hex: () => string };

export function runningSha256(): RunningSha256 {
  const hash = createHash("sha256");
  return {
    update: (data) => {
      hash.update(data);
    },
    hex: () => hash.copy().digest("hex"),
  };
}

/**
 * Strict standard base64: padded, no other characters, no stray bits in the last one. Buffer alone takes anything, so
 * two texts would mean the same bytes. Source: RFC 4648 §3.5, settlement.md §15.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : undefined;
}

export function encodeBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}

/** A hash of 32 bytes, or undefined. */
export function decodeHash(text: string): Uint8Array | undefined {
  const bytes = decodeBase64(text);
  return bytes?.length === 32 ? bytes : undefined;
}

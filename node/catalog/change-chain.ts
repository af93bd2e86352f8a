import { canonicalBytes } from "../kernel/canonical-json.ts";
import { sha256, sha256Hex } from "../kernel/digest.ts";
import { verifySignature } from "../kernel/ed25519.ts";
import type { SignedChangeBatch } from "./model.ts";

/** Chain value of a catalogue without changes. */
export const EMPTY_HEAD = "0".repeat(64);

const SIGNATURE_PREFIX = Buffer.from("heliu.changes.v1\n", "utf8");

/** Hex SHA-256 of salt ‖ change. The salt keeps a peer that gets the hash alone from guessing what is behind it. */
export function changeHash(saltHex: string, changeText: string): string {
  return sha256Hex(saltHex + changeText);
}

/** The chain value after one more change. Both are 64 hex digits and hashed as their 32 bytes. */
export function nextHead(head: string, hash: string): string {
  return sha256(Buffer.concat([Buffer.from(head, "hex"), Buffer.from(hash, "hex")])).toString("hex");
}

type HeadPart = Pick<SignedChangeBatch, "region" | "sequence" | "head" | "at">;

/** What a region's statement key signs: the head covers every change up to `sequence`. */
export function headBytes({ region, sequence, head, at }: HeadPart): Buffer {
  return Buffer.concat([SIGNATURE_PREFIX, canonicalBytes({ region, sequence, head, at })]);
}

/** Never throws: whatever is not a signature over this head is false. */
export function verifyHead(publicKey: Uint8Array, batch: HeadPart & Pick<SignedChangeBatch, "signature">): boolean {
  return verifySignature(publicKey, headBytes(batch), batch.signature);
}

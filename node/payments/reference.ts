import { sha256 } from "../kernel/digest.ts";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX = "HE";
const RANDOM_CHARS = 9;
export const REFERENCE_CHARS = PREFIX.length + RANDOM_CHARS + 1;

/**
 * What the payer writes into the transfer so that it finds its way: `HE`, nine characters of a hash and a check
 * character. No letter that reads like a digit; any two references differ in many places, so a slip of the pen is seen.
 */
export function referenceOf(basis: string, from: string, to: string): string {
  const hash = sha256(`heliu.payment-reference.v1|${basis}|${from}|${to}`);
  let body = "";
  for (const byte of hash.subarray(0, RANDOM_CHARS)) body += ALPHABET.charAt(byte & 31);
  return PREFIX + body + checkOf(body);
}

function checkOf(body: string): string {
  let sum = 0;
  for (let i = 0; i < body.length; i++) sum = (sum * 3 + ALPHABET.indexOf(body.charAt(i)) + i) % 31;
  return ALPHABET.charAt(sum);
}

/** As bank clerks and input methods leave it: full-width, lower case, spaces, dashes, O for 0, I and L for 1. */
export function normaliseText(text: string): string {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\p{P}\p{S}]/gu, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
}

/** Every known reference that stands in the text without a slip, in order, once each. */
export function referencesIn(normalised: string, isKnown: (reference: string) => boolean): string[] {
  const found = new Set<string>();
  for (let at = normalised.indexOf(PREFIX); at !== -1; at = normalised.indexOf(PREFIX, at + 1)) {
    const reference = normalised.slice(at, at + REFERENCE_CHARS);
    if (isKnown(reference)) found.add(reference);
  }
  return [...found];
}

/**
 * The fewest slips (a character wrong, missing or too many) by which `reference` stands anywhere in the text, or
 * undefined above `most`. Sellers' algorithm: edit distance with a free start and end.
 */
export function slipsOf(normalised: string, reference: string, most: number): number | undefined {
  let before = Array.from({ length: reference.length + 1 }, (_, i) => i);
  let fewest = before[reference.length] ?? 0;
  for (const character of normalised) {
    const now = [0];
    for (let i = 1; i <= reference.length; i++) {
      const replaced = (before[i - 1] ?? 0) + (reference[i - 1] === character ? 0 : 1);
      now.push(Math.min(replaced, (before[i] ?? 0) + 1, (now[i - 1] ?? 0) + 1));
    }
    fewest = Math.min(fewest, now[reference.length] ?? fewest);
    before = now;
  }
  return fewest <= most ? fewest : undefined;
}

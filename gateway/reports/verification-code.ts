import { digestOf } from "../../node/kernel/canonical-json.ts";

/** Of one statement its digest; of several, that of their sorted digests, as the regions compare them. */
export function digestOfAll(statements: readonly { readonly digest: string }[]): string {
  const digests = statements.map(({ digest }) => digest);
  return digests.length === 1 ? (digests[0] as string) : digestOf([...digests].sort());
}

/**
 * What people read to each other to know that they hold the same statement: the first 16 digits of its digest in fours.
 * Nobody needs a program to derive it. Against accidents, not against a forger: he is met by the digest and signatures.
 */
export function verificationCode(digest: string): string {
  const digits = digest.slice(digest.indexOf(":") + 1, digest.indexOf(":") + 17).toUpperCase();
  return (digits.match(/.{4}/g) ?? []).join("-");
}

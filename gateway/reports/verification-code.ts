/**
 * What people read to each other to know that they hold the same statement: the first 16 digits of its digest in fours.
 * Nobody needs a program to derive it. Against accidents, not against a forger: he is met by the digest and signatures.
 */
export function verificationCode(digest: string): string {
  const digits = digest.slice(digest.indexOf(":") + 1, digest.indexOf(":") + 17).toUpperCase();
  return (digits.match(/.{4}/g) ?? []).join("-");
}

import { expect, it } from "vitest";
import { otherSpellings } from "../../test/fixtures/spellings.ts";
import { signerFromSeed, verifySignature } from "./ed25519.ts";

const signer = signerFromSeed(Buffer.alloc(32, 1));
/** Of a message whose signature has the letters that the two alphabets differ in, and two of padding. */
const [message, signature] = Array.from({ length: 50 }, (_, i) => Buffer.from(`message ${i}`))
  .map((text) => [text, Buffer.from(signer.sign(text)).toString("base64")] as const)
  .find(([, text]) => /\+.*\//.test(text)) ?? [Buffer.of(), ""];

it("verifies a signature in strict base64, over its message, by its key", () => {
  expect(verifySignature(signer.publicKey, message, signature)).toBe(true);
  expect(verifySignature(signer.publicKey, Buffer.from("another"), signature)).toBe(false);
  expect(verifySignature(signerFromSeed(Buffer.alloc(32, 2)).publicKey, message, signature)).toBe(false);
  expect(verifySignature(signer.publicKey, message, "")).toBe(false);
});

it.each<readonly [what: string, spell: (text: string) => string]>([
  ...otherSpellings,
  ["in the other alphabet", (text) => text.replaceAll("+", "-").replaceAll("/", "_")],
  ["with white space before it", (text) => ` ${text}`],
  ["with a stray letter in it", (text) => `${text.slice(0, 9)}!${text.slice(9)}`],
  // 64 bytes leave four bits of the last letter unused: A, B, … all mean the same.
  ["with stray bits in its last letter", (text) => text.replace(/.(?===$)/, after)],
])("takes no signature that is spelt %s", (_what, spell) => {
  const other = spell(signature);
  expect(other).not.toBe(signature);
  // The decoder alone forgives it.
  expect(Buffer.from(other, "base64")).toEqual(Buffer.from(signature, "base64"));
  expect(verifySignature(signer.publicKey, message, other)).toBe(false);
});

function after(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}

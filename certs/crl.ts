import type { RegionCa } from "./ca.ts";
import { derTag, writeDer } from "./der.ts";
import { pemOfDer } from "./pem.ts";
import { ecdsaSha256, signingKeyOf, x509Library } from "./x509-library.ts";

/** RFC 5280 §5.3.1, those that make sense for a leaf. */
export const revocationReasons = ["unspecified", "keyCompromise", "superseded", "cessationOfOperation"] as const;
export type RevocationReason = (typeof revocationReasons)[number];

export type Revocation = { readonly serial: string; readonly atMs: number; readonly reason: RevocationReason };

const ENUMERATED = 0x0a;
/** A list is only a hint how soon to look again: revocations in an old one stay in force until a newer one comes. */
const NEXT_UPDATE_MS = 7 * 24 * 3_600_000;

/** The region's revocation list, in PEM, signed by its authority. `number` must rise: an older list is refused by peers. */
export async function makeCrl(
  ca: RegionCa,
  spec: { readonly revoked: readonly Revocation[]; readonly number: bigint; readonly nowMs: number },
): Promise<string> {
  const x509 = await x509Library();
  const issuer = new x509.X509Certificate(ca.certificatePem);
  const numberBytes = Buffer.from(spec.number.toString(16).padStart(16, "0"), "hex");
  const crl = await x509.X509CrlGenerator.create({
    issuer: issuer.subjectName,
    thisUpdate: new Date(spec.nowMs),
    nextUpdate: new Date(spec.nowMs + NEXT_UPDATE_MS),
    signingAlgorithm: ecdsaSha256,
    signingKey: await signingKeyOf(ca.keyPem),
    entries: spec.revoked.map(({ serial, atMs, reason }) => ({
      serialNumber: serial,
      revocationDate: new Date(atMs),
      // Written by hand: without a reason, 0 included, the library writes an empty list of extensions, which OpenSSL
      // refuses to read, and the whole revocation list with it.
      extensions: [
        new x509.Extension(
          "2.5.29.21",
          false,
          Buffer.from(writeDer(ENUMERATED, Uint8Array.of(x509.X509CrlReason[reason]))),
        ),
      ],
    })),
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      new x509.Extension("2.5.29.20", false, Buffer.from(writeDer(derTag.integer, minimalInteger(numberBytes)))),
    ],
  });
  // The library's own PEM says "CRL", which other tools do not know.
  return pemOfDer(new Uint8Array(crl.rawData), "X509 CRL");
}

/** DER wants the shortest form of an integer, with a zero byte where the first bit would read as a sign. */
function minimalInteger(bytes: Uint8Array): Uint8Array {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from++;
  const shortest = bytes.subarray(from);
  return (shortest[0] ?? 0) >= 0x80 ? Buffer.concat([Uint8Array.of(0), shortest]) : shortest;
}

import {
  childrenOf,
  DerFault,
  type DerNode,
  derTag,
  expectTag,
  oidOf,
  readSingle,
  unsignedHexOf,
} from "../../certs/der.ts";
import { derOfPem } from "../../certs/pem.ts";
import { isSignedByCertificate } from "../../certs/signature.ts";
import type { CertificateFacts } from "./certificate.ts";

/** A revocation list as plain facts. */
export type CrlFacts = {
  /** Of the authority that signed it. */
  readonly issuerFingerprint: string;
  /** Rises with every list of one authority. */
  readonly number: bigint;
  readonly serials: ReadonlySet<string>;
};

/** A list in PEM whose signature holds under one of `issuers`; undefined for anything else. */
export function readCrl(pem: string, issuers: readonly CertificateFacts[]): CrlFacts | undefined {
  const der = derOfPem(pem, "X509 CRL");
  if (der === undefined) return undefined;
  try {
    const [tbs, , signature] = childrenOf(readSingle(der, derTag.sequence), derTag.sequence);
    const bits = expectTag(signature, derTag.bitString).content;
    const signed = expectTag(tbs, derTag.sequence).bytes;
    const issuer = issuers.find((candidate) => isSignedByCertificate(candidate.der, signed, bits.subarray(1)));
    if (issuer === undefined || issuer.keyUsage?.crlSign === false) return undefined;
    return { issuerFingerprint: issuer.fingerprint, ...readList(childrenOf(tbs, derTag.sequence)) };
  } catch (fault) {
    if (fault instanceof DerFault) return undefined;
    throw fault;
  }
}

/** version, signature, issuer, thisUpdate, nextUpdate, then the entries if there are any, then [0] extensions. */
function readList(fields: readonly DerNode[]): Pick<CrlFacts, "number" | "serials"> {
  const entries = fields.slice(4).find(({ tag }) => tag === derTag.sequence);
  const serials = entries === undefined ? [] : childrenOf(entries, derTag.sequence).map(serialOf);
  const wrapped = fields.find(({ tag }) => tag === 0xa0);
  const extensions = wrapped === undefined ? [] : childrenOf(readSingle(wrapped.content, 0x30), derTag.sequence);
  for (const extension of extensions) {
    const [oid, ...rest] = childrenOf(extension, derTag.sequence);
    if (oidOf(oid) !== "2.5.29.20") continue;
    const value = readSingle(expectTag(rest.at(-1), derTag.octetString).content, derTag.integer);
    return { number: BigInt(`0x${unsignedHexOf(value)}`), serials: new Set(serials) };
  }
  throw new DerFault("a revocation list without number could be rolled back unnoticed");
}

function serialOf(entry: DerNode): string {
  return unsignedHexOf(childrenOf(entry, derTag.sequence)[0]);
}

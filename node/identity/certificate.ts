import {
  childrenOf,
  DerFault,
  type DerNode,
  derTag,
  expectTag,
  instantTextOf,
  oidOf,
  readDer,
  readSingle,
  unsignedHexOf,
} from "../../certs/der.ts";
import { derOfPem } from "../../certs/pem.ts";
import { isCertificateSignedBy } from "../../certs/signature.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { msOf } from "../kernel/instant.ts";

/**
 * A certificate as plain facts. Walked in DER rather than taken from `X509Certificate`, whose text forms of names are
 * made for people, whose dates are strings, and which has neither path length nor name constraints.
 */
export type CertificateFacts = {
  readonly der: Uint8Array;
  /** `sha256:` and 64 hex digits over the DER form. */
  readonly fingerprint: string;
  /** Lower-case hex, no leading zeros. */
  readonly serial: string;
  readonly subject: Uint8Array;
  readonly issuer: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly isCa: boolean;
  readonly pathLength: number | null;
  /** Bit n set when the key may be used so (RFC 5280 §4.2.1.3); null without the extension. */
  readonly keyUsage: {
    readonly digitalSignature: boolean;
    readonly certSign: boolean;
    readonly crlSign: boolean;
  } | null;
  readonly extendedKeyUsage: readonly string[];
  readonly names: readonly SubjectName[];
  readonly constraints: NameConstraints | null;
  /** Critical extensions we do not know: a verifier must refuse these (RFC 5280 §4.2). */
  readonly unknownCritical: readonly string[];
};

/** URI and DNS names as Latin-1 text, so that no byte of them is lost; addresses as 4 or 16 bytes. */
export type SubjectName =
  | { readonly kind: "uri" | "dns"; readonly value: string }
  | { readonly kind: "ip"; readonly value: Uint8Array }
  | { readonly kind: "other" };

export type NameConstraints = {
  readonly critical: boolean;
  readonly permitted: readonly SubjectName[];
  readonly excluded: readonly SubjectName[];
};

/** undefined for anything that is not a well-formed version 3 certificate. */
export function parseCertificate(der: Uint8Array): CertificateFacts | undefined {
  try {
    return walk(der);
  } catch (fault) {
    if (fault instanceof DerFault) return undefined;
    throw fault;
  }
}

export function parseCertificatePem(pem: string): CertificateFacts | undefined {
  const der = derOfPem(pem, "CERTIFICATE");
  return der === undefined ? undefined : parseCertificate(der);
}

/** Names match and the signature holds under the issuer's key. Says nothing about validity or what the issuer may do. */
export function isSignedBy(subject: CertificateFacts, issuer: CertificateFacts): boolean {
  if (Buffer.compare(subject.issuer, issuer.subject) !== 0) return false;
  return isCertificateSignedBy(subject.der, issuer.der);
}

function walk(der: Uint8Array): CertificateFacts {
  const [tbs] = childrenOf(readSingle(der, derTag.sequence), derTag.sequence);
  const fields = childrenOf(tbs, derTag.sequence);
  const [version, serial, , issuer, validity, subject] = fields;
  // Version 3 is written [0] { INTEGER 2 }; older ones have no extensions and so no name we could believe.
  if (version === undefined || Buffer.from(version.bytes).toString("hex") !== "a003020102")
    throw new DerFault("version");
  const [notBefore, notAfter] = childrenOf(validity, derTag.sequence);
  const wrapped = fields.find((field) => field.tag === 0xa3);
  const extensions = readExtensions(wrapped);
  const basic = extensions.get("2.5.29.19");
  const [isCa, pathLength] = basic === undefined ? [] : childrenOf(readSingle(basic.value, 0x30), 0x30);
  const constraints = extensions.get("2.5.29.30");
  const usages = extensions.get("2.5.29.37");
  return {
    der,
    fingerprint: `sha256:${sha256Hex(der)}`,
    serial: unsignedHexOf(serial),
    subject: expectTag(subject, derTag.sequence).bytes,
    issuer: expectTag(issuer, derTag.sequence).bytes,
    notBeforeMs: readInstant(notBefore),
    notAfterMs: readInstant(notAfter),
    isCa: isCa?.tag === derTag.boolean && isCa.content[0] === 0xff,
    pathLength: pathLength === undefined ? null : Number.parseInt(unsignedHexOf(pathLength), 16),
    keyUsage: readKeyUsage(extensions.get("2.5.29.15")?.value),
    extendedKeyUsage: usages === undefined ? [] : childrenOf(readSingle(usages.value, 0x30), 0x30).map(oidOf),
    names: readAlternativeNames(extensions.get("2.5.29.17")?.value),
    constraints: constraints === undefined ? null : readConstraints(constraints),
    unknownCritical: [...extensions].filter(([oid, { critical }]) => critical && !KNOWN.has(oid)).map(([oid]) => oid),
  };
}

/** A 13th month is digits, but no time: compared with it, every moment would seem to lie within the validity. */
function readInstant(node: DerNode | undefined): number {
  const ms = msOf(instantTextOf(node));
  if (Number.isNaN(ms)) throw new DerFault("no such time");
  return ms;
}

const KNOWN = new Set(["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.37"]);

type RawExtension = { readonly critical: boolean; readonly value: Uint8Array };

function readExtensions(wrapped: DerNode | undefined): Map<string, RawExtension> {
  const found = new Map<string, RawExtension>();
  if (wrapped === undefined) return found;
  for (const extension of childrenOf(readSingle(wrapped.content, derTag.sequence), derTag.sequence)) {
    const [oid, ...rest] = childrenOf(extension, derTag.sequence);
    const id = oidOf(oid);
    // Two of one kind could say different things to two readers.
    if (found.has(id)) throw new DerFault("an extension appears twice");
    const critical = rest.length > 1 && expectTag(rest[0], derTag.boolean).content[0] === 0xff;
    found.set(id, { critical, value: expectTag(rest.at(-1), derTag.octetString).content });
  }
  return found;
}

function readKeyUsage(value: Uint8Array | undefined): CertificateFacts["keyUsage"] {
  if (value === undefined) return null;
  // The first content byte of a bit string counts unused bits; bit 0 is the highest of the next byte.
  const bits = readSingle(value, derTag.bitString).content[1] ?? 0;
  return { digitalSignature: (bits & 0x80) !== 0, certSign: (bits & 0x04) !== 0, crlSign: (bits & 0x02) !== 0 };
}

function readAlternativeNames(value: Uint8Array | undefined): SubjectName[] {
  return value === undefined ? [] : childrenOf(readSingle(value, derTag.sequence), derTag.sequence).map(readName);
}

function readName({ tag, content }: DerNode): SubjectName {
  if (tag === 0x86) return { kind: "uri", value: Buffer.from(content).toString("latin1") };
  if (tag === 0x82) return { kind: "dns", value: Buffer.from(content).toString("latin1") };
  if (tag === 0x87) return { kind: "ip", value: content };
  return { kind: "other" };
}

function readConstraints({ critical, value }: RawExtension): NameConstraints {
  const parts = childrenOf(readSingle(value, derTag.sequence), derTag.sequence);
  const subtrees = (tag: number) => {
    const part = parts.find((node) => node.tag === tag);
    return part === undefined ? [] : readDer(part.content).map((subtree) => readSubtree(subtree));
  };
  return { critical, permitted: subtrees(0xa0), excluded: subtrees(0xa1) };
}

function readSubtree(subtree: DerNode): SubjectName {
  const [base, ...bounds] = childrenOf(subtree, derTag.sequence);
  // RFC 5280 §4.2.1.10: minimum is always 0 and so absent, maximum is absent.
  if (base === undefined || bounds.length > 0) throw new DerFault("subtree bounds");
  return readName(base);
}

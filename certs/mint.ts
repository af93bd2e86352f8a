import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { Extension } from "@peculiar/x509";
import { derTag, writeDer } from "./der.ts";
import { addressBytes } from "./names.ts";
import { ecdsaSha256, signingKeyOf, verifyingKeyOf, x509Library } from "./x509-library.ts";

export type KeyPairPem = { readonly privateKeyPem: string; readonly publicKeyPem: string };

export type Issuer = { readonly certificatePem: string; readonly keyPem: string };

export type CertificateSpec = {
  readonly commonName: string;
  /** SPKI, or a private key whose public half is meant. */
  readonly publicKeyPem: string;
  /** `"self"` signs with `selfKeyPem`. */
  readonly issuer: Issuer | { readonly selfKeyPem: string };
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly uris?: readonly string[];
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[];
  readonly usages?: readonly ("server" | "client")[];
  readonly ca?: { readonly pathLength?: number; readonly permitted?: Permitted };
};

/** What a CA may issue for: URI hosts (at least one), DNS names and addresses. */
type Permitted = { readonly uriHosts: readonly string[]; readonly hosts: readonly string[] };

export function newP256Key(): KeyPairPem {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKeyPem: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    publicKeyPem: publicKey.export({ format: "pem", type: "spki" }).toString(),
  };
}

/** Makes any certificate, sensible or not: what is allowed is decided by `ca.ts`, which calls this. */
export async function mintCertificate(spec: CertificateSpec): Promise<string> {
  const x509 = await x509Library();
  const self = "selfKeyPem" in spec.issuer;
  const issuerCertificate = self ? undefined : new x509.X509Certificate((spec.issuer as Issuer).certificatePem);
  const signingKeyPem = "selfKeyPem" in spec.issuer ? spec.issuer.selfKeyPem : spec.issuer.keyPem;
  const publicKey = await verifyingKeyOf(spec.publicKeyPem);
  const subject = new x509.Name([{ CN: [spec.commonName] }]);
  const authority = issuerCertificate?.publicKey ?? (await verifyingKeyOf(signingKeyPem));
  const extensions: Extension[] = [
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(authority),
    new x509.BasicConstraintsExtension(spec.ca !== undefined, spec.ca?.pathLength, true),
    new x509.KeyUsagesExtension(
      spec.ca === undefined
        ? x509.KeyUsageFlags.digitalSignature
        : x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
      true,
    ),
  ];
  const names = [
    ...(spec.uris ?? []).map((value) => ({ type: x509.URL, value }) as const),
    ...(spec.hosts ?? []).map((value) => ({ type: addressBytes(value) ? x509.IP : x509.DNS, value }) as const),
  ];
  if (names.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(names));
  if (spec.usages !== undefined && spec.usages.length > 0) {
    extensions.push(
      new x509.ExtendedKeyUsageExtension(spec.usages.map((usage) => x509.ExtendedKeyUsage[`${usage}Auth`])),
    );
  }
  const permitted = spec.ca?.permitted;
  if (permitted !== undefined) {
    extensions.push(new x509.Extension("2.5.29.30", true, Buffer.from(nameConstraints(permitted))));
  }
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject,
    issuer: issuerCertificate?.subjectName ?? subject,
    notBefore: new Date(spec.notBeforeMs),
    notAfter: new Date(spec.notAfterMs),
    signingAlgorithm: ecdsaSha256,
    publicKey,
    signingKey: await signingKeyOf(signingKeyPem),
    extensions,
  });
  return `${certificate.toString("pem")}\n`;
}

/** 16 random bytes whose first bit is 0 and second 1: positive, never shortened, so its hex form is always 32 digits. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

/** Whether a serial can be one that was given here. */
export function isOwnForm(serial: string): boolean {
  return /^[4-7][0-9a-f]{31}$/.test(serial);
}

/** RFC 5280 §4.2.1.10. A kind without any permitted name would be unconstrained, so it is excluded as a whole. */
function nameConstraints({ uriHosts, hosts }: Permitted): Uint8Array {
  const subtree = (tag: number, content: Uint8Array) => writeDer(derTag.sequence, writeDer(tag, content));
  const ascii = (text: string) => Buffer.from(text, "latin1");
  const addresses = hosts.flatMap((host) => addressBytes(host) ?? []);
  const dns = hosts.filter((host) => addressBytes(host) === undefined);
  const permitted = [
    ...uriHosts.map((host) => subtree(0x86, ascii(host))),
    ...dns.map((host) => subtree(0x82, ascii(host))),
    // An address constraint is the address and a mask of ones: exactly this host.
    ...addresses.map((bytes) => subtree(0x87, Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]))),
  ];
  const excluded = [
    ...(dns.length === 0 ? [subtree(0x82, ascii(""))] : []),
    ...(addresses.length === 0 ? [subtree(0x87, Buffer.alloc(8)), subtree(0x87, Buffer.alloc(32))] : []),
  ];
  const exclusions = excluded.length === 0 ? [] : [writeDer(0xa1, ...excluded)];
  return writeDer(derTag.sequence, writeDer(0xa0, ...permitted), ...exclusions);
}

import { X509Certificate } from "node:crypto";
import { type Failure, ok, type Result } from "../node/kernel/exchange-error.ts";
import { instantOf } from "../node/kernel/instant.ts";
import type { RegionEntry } from "./bootstrap.ts";
import { createOperatorBundle } from "./bundle.ts";
import { fingerprintOf, issueLeaf } from "./ca.ts";
import { makeCrl, type Revocation, type RevocationReason, revocationReasons } from "./crl.ts";
import { createEnrolments } from "./enrolment.ts";
import { type EnrolmentListener, enrol, listenForEnrolment } from "./enrolment-listener.ts";
import { readCa, readCredentials, readNodeFile, writeCredentials, writeNodeFile } from "./files.ts";
import { isOwnForm, newP256Key } from "./mint.ts";
import { hostsOf, parseSpiffeId, spiffeIdOf } from "./names.ts";
import { refuse } from "./refusal.ts";
import { halfLifeMs } from "./renewal.ts";

/** What `heliu certs show` prints. */
export type CertificateOverview = {
  readonly region: string;
  readonly trustDomain: string;
  readonly ca: { readonly fingerprint: string; readonly notAfter: string; readonly hasKey: boolean };
  readonly leaf: {
    readonly spiffeId: string;
    readonly serial: string;
    readonly notBefore: string;
    readonly notAfter: string;
    readonly renewsAt: string;
    readonly expired: boolean;
  };
  readonly revoked: readonly { readonly serial: string; readonly at: string; readonly reason: string }[];
};

type RevokedFile = { readonly number: string; readonly revoked: readonly Revocation[] };

export async function showCertificates(dir: string, nowMs: number): Promise<Result<CertificateOverview>> {
  const folder = await readFolder(dir);
  if (!folder.ok) return folder;
  const { entry, caPem, credentials } = folder.value;
  const [ca, leaf] = [new X509Certificate(caPem), new X509Certificate(credentials.certificatePem)];
  const { revoked } = await readRevoked(dir);
  return ok({
    region: entry.id,
    trustDomain: entry.trustDomain,
    ca: {
      fingerprint: fingerprintOf(caPem),
      notAfter: instantOf(Date.parse(ca.validTo)),
      hasKey: (await readCa(dir)).ok,
    },
    leaf: {
      spiffeId: spiffeIdIn(leaf),
      serial: leaf.serialNumber.toLowerCase(),
      notBefore: instantOf(Date.parse(leaf.validFrom)),
      notAfter: instantOf(Date.parse(leaf.validTo)),
      renewsAt: instantOf(halfLifeMs(credentials)),
      expired: nowMs > Date.parse(leaf.validTo),
    },
    revoked: revoked.map(({ serial, atMs, reason }) => ({ serial, at: instantOf(atMs), reason })),
  });
}

/** A leaf for another node of this region, from its certificate request. */
export async function issueForRequest(
  dir: string,
  request: { readonly csrPem: string; readonly nodeName: string; readonly hosts: readonly string[] },
  nowMs: number,
): Promise<Result<string>> {
  const ca = await readCa(dir);
  if (!ca.ok) return ca;
  const entry = await readEntry(dir);
  if (!entry.ok) return entry;
  const { nodeName, hosts, csrPem } = request;
  if (parseSpiffeId(spiffeIdOf(entry.value.trustDomain, nodeName)) === undefined) return badNodeName(nodeName);
  if (!csrPem.includes("CERTIFICATE REQUEST")) return notARequest();
  return issueLeaf(ca.value, csrPem, { trustDomain: entry.value.trustDomain, nodeName, hosts, nowMs });
}

/** A new leaf with a new key for the node of this folder, also when the old one has expired. */
export async function renewLeaf(dir: string, nowMs: number): Promise<Result<{ readonly serial: string }>> {
  const ca = await readCa(dir);
  if (!ca.ok) return ca;
  const entry = await readEntry(dir);
  if (!entry.ok) return entry;
  // Not the pair: this is also how a leaf without its key is put right.
  const held = await readNodeFile(dir, "leafCertificate");
  if (!held.ok) return held;
  const { trustDomain, endpoints, id } = entry.value;
  const nodeName = parseSpiffeId(spiffeIdIn(new X509Certificate(held.value)))?.nodeName ?? id;
  const key = newP256Key();
  const spec = { trustDomain, nodeName, hosts: hostsOf(endpoints), nowMs };
  const leaf = await issueLeaf(ca.value, key.publicKeyPem, spec);
  if (!leaf.ok) return leaf;
  await writeCredentials(dir, { certificatePem: leaf.value, keyPem: key.privateKeyPem });
  return ok({ serial: new X509Certificate(leaf.value).serialNumber.toLowerCase() });
}

/** What this folder knows of a serial; nobody keeps a list of all that was issued, since leaves last a day. */
export type SeenSerial = "here" | "not-here" | "never-issued";

/**
 * Adds a serial to the region's revocation list and signs it under the next number. A serving node takes it up by itself.
 * Also one that was never seen here: a leaf of another node, or made with a stolen key of the authority, is known by its
 * serial alone. Whoever revokes is told, so that a slip does not look done.
 */
export async function revokeSerial(
  dir: string,
  revocation: { readonly serial: string; readonly reason: RevocationReason },
  nowMs: number,
): Promise<
  Result<{ readonly number: string; readonly crlPem: string; readonly serial: string; readonly seen: SeenSerial }>
> {
  const serial = revocation.serial
    .toLowerCase()
    .replaceAll(":", "")
    .replace(/^(00)+(?=..)/, "");
  if (!/^([0-9a-f]{2})+$/.test(serial) || serial.length > 40) return badSerial(revocation.serial);
  if (!revocationReasons.includes(revocation.reason)) return badReason(revocation.reason);
  const ca = await readCa(dir);
  if (!ca.ok) return ca;
  const held = await readRevoked(dir);
  const isKnown = held.revoked.some((entry) => entry.serial === serial);
  const revoked = isKnown ? held.revoked : [...held.revoked, { serial, atMs: nowMs, reason: revocation.reason }];
  const number = BigInt(held.number) + 1n;
  const crlPem = await makeCrl(ca.value, { revoked, number, nowMs });
  // The source before the list: should the second write fail, the next revocation takes a higher number again.
  await writeNodeFile(dir, "revoked", `${JSON.stringify({ number: number.toString(), revoked }, null, 2)}\n`);
  await writeNodeFile(dir, "crl", crlPem);
  return ok({ number: number.toString(), crlPem, serial, seen: await seenHere(dir, serial) });
}

async function seenHere(dir: string, serial: string): Promise<SeenSerial> {
  if (!isOwnForm(serial)) return "never-issued";
  const held = await readNodeFile(dir, "leafCertificate");
  const isHeld = held.ok && new X509Certificate(held.value).serialNumber.toLowerCase() === serial;
  return isHeld ? "here" : "not-here";
}

/** What `heliu certs issue --listen` runs: a one-time token for one node, and the listener that takes it. */
export async function openEnrolment(
  dir: string,
  node: { readonly nodeName: string; readonly hosts: readonly string[] },
  listen: { readonly host: string; readonly port: number; readonly onFault: (fault: unknown) => void },
  nowMs: () => number,
): Promise<Result<EnrolmentListener & { readonly token: string }>> {
  const ca = await readCa(dir);
  if (!ca.ok) return ca;
  const folder = await readFolder(dir);
  if (!folder.ok) return folder;
  const { entry, credentials } = folder.value;
  const enrolments = createEnrolments({ dir, trustDomain: entry.trustDomain, nowMs });
  const token = await enrolments.createToken(node.nodeName, node.hosts);
  if (!token.ok) return token;
  const listener = await listenForEnrolment({ ...listen, credentials, caPem: ca.value.certificatePem, enrolments });
  return ok({ ...listener, token: token.value });
}

/** The new node's side: its first leaf and the region's authority, without its key, into an own folder. */
export async function joinRegion(
  dir: string,
  asked: {
    readonly authority: { readonly host: string; readonly port: number };
    readonly token: string;
    readonly trustDomain: string;
    readonly nodeName: string;
    readonly hosts: readonly string[];
  },
): Promise<Result<{ readonly spiffeId: string }>> {
  const { authority, token, trustDomain, nodeName, hosts } = asked;
  const uri = spiffeIdOf(trustDomain, nodeName);
  const enrolled = await enrol({ ...authority, token, names: { uri, hosts } });
  if (!enrolled.ok) return enrolled;
  await writeCredentials(dir, enrolled.value);
  await writeNodeFile(dir, "caCertificate", enrolled.value.caPem);
  return ok({ spiffeId: uri });
}

/** PKCS#12 for an operator's browser. */
export async function bundleFor(
  dir: string,
  spec: { readonly operator: string; readonly password: string; readonly days?: number },
  nowMs: number,
): Promise<Result<Uint8Array>> {
  const ca = await readCa(dir);
  if (!ca.ok) return ca;
  const entry = await readEntry(dir);
  if (!entry.ok) return entry;
  return createOperatorBundle(ca.value, { ...spec, trustDomain: entry.value.trustDomain, nowMs });
}

async function readFolder(dir: string) {
  const entry = await readEntry(dir);
  if (!entry.ok) return entry;
  const caPem = await readNodeFile(dir, "caCertificate");
  if (!caPem.ok) return caPem;
  const credentials = await readCredentials(dir);
  if (!credentials.ok) return credentials;
  return ok({ entry: entry.value, caPem: caPem.value, credentials: credentials.value });
}

async function readEntry(dir: string): Promise<Result<RegionEntry>> {
  const file = await readNodeFile(dir, "regionEntry");
  return file.ok ? ok(JSON.parse(file.value)) : file;
}

/** Number 1 is the empty list that a new folder starts with. */
async function readRevoked(dir: string): Promise<RevokedFile> {
  const file = await readNodeFile(dir, "revoked");
  return file.ok ? JSON.parse(file.value) : { number: "1", revoked: [] };
}

/** Leaves are our own, so the simple form is enough here; peers' are parsed in identity. */
function spiffeIdIn({ subjectAltName = "" }: X509Certificate): string {
  return /URI:(spiffe:[^,\s]+)/.exec(subjectAltName)?.[1] ?? "";
}

function badReason(reason: string) {
  return refuse(
    "certs.bad_reason",
    {
      zh: `吊销原因 ${reason} 不可用;请选择 ${revocationReasons.join("、")} 之一。`,
      en: `${reason} is no reason for a revocation; choose one of ${revocationReasons.join(", ")}.`,
    },
    { reason },
  );
}

function badSerial(serial: string) {
  return refuse(
    "certs.bad_serial",
    {
      zh: `序列号 ${serial} 不是十六进制;请使用 heliu certs show 或日志中显示的序列号。`,
      en: `${serial} is not a serial in hex; use the one that heliu certs show or the log prints.`,
    },
    { serial },
  );
}

function badNodeName(nodeName: string): Failure {
  return refuse("certs.bad_request", {
    zh: `节点名称 ${nodeName} 不可用;只能含小写字母、数字、点、下划线和连字符,首尾为字母或数字。`,
    en: `${nodeName} cannot be a node's name; use lower-case letters, digits, dot, underscore and hyphen, with a letter or digit at both ends.`,
  });
}

function notARequest(): Failure {
  return refuse("certs.bad_request", {
    zh: "文件不是 PEM 格式的证书请求(PKCS#10);请用该节点自己的密钥生成请求后重试。",
    en: "The file is not a certificate request (PKCS#10) in PEM; make one with that node's own key and try again.",
  });
}

import { X509Certificate } from "node:crypto";
import { ok, type Result } from "../node/kernel/exchange-error.ts";
import { checkCsr } from "./csr.ts";
import { type Issuer, mintCertificate, newP256Key } from "./mint.ts";
import { type Endpoints, hostsOf, spiffeIdOf } from "./names.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CA_LIFETIME_MS = 5 * 365 * DAY_MS;
/** Short, so that a key that leaks without anybody noticing is worth little. Source: trust.md §1. */
export const LEAF_LIFETIME_MS = 24 * HOUR_MS;
/** A peer's clock may be a minute behind ours and must not find a new certificate "not yet valid". */
export const BACKDATE_MS = 5 * 60_000;

/** The certificate and key of a region's authority, in PEM. */
export type RegionCa = Issuer;

export type RegionCaSpec = {
  readonly regionId: string;
  readonly name: string;
  readonly trustDomain: string;
  readonly endpoints: Endpoints;
  readonly nowMs: number;
};

export type LeafSpec = {
  readonly trustDomain: string;
  readonly nodeName: string;
  /** Where the node listens: DNS names and IP addresses, no ports. */
  readonly hosts: readonly string[];
  readonly nowMs: number;
  readonly lifetimeMs?: number;
};

/**
 * Self-signed, P-256, `CA:TRUE, pathlen:0`. Its critical name constraints permit its own trust domain and endpoints alone,
 * so even a verifier that trusts all regions' authorities at once does not let this one speak for another region.
 */
export async function createRegionCa(spec: RegionCaSpec): Promise<RegionCa> {
  const key = newP256Key();
  const certificatePem = await mintCertificate({
    commonName: `Heliu ${spec.regionId} ${spec.name} CA`,
    publicKeyPem: key.publicKeyPem,
    issuer: { selfKeyPem: key.privateKeyPem },
    notBeforeMs: spec.nowMs - BACKDATE_MS,
    notAfterMs: spec.nowMs + CA_LIFETIME_MS,
    ca: {
      pathLength: 0,
      permitted: { uriHosts: [spec.trustDomain], hosts: [...new Set([spec.trustDomain, ...hostsOf(spec.endpoints)])] },
    },
  });
  return { certificatePem, keyPem: key.privateKeyPem };
}

/**
 * A leaf for a node of this region, in PEM. `request` is a certificate request or a public key. The names come from
 * `spec`, never from the request; a request that asks for another name is refused, not corrected.
 */
export async function issueLeaf(ca: RegionCa, request: string, spec: LeafSpec): Promise<Result<string>> {
  const uri = spiffeIdOf(spec.trustDomain, spec.nodeName);
  let publicKeyPem = request;
  if (request.includes("CERTIFICATE REQUEST")) {
    const checked = await checkCsr(request, { uri, hosts: spec.hosts });
    if (!checked.ok) return checked;
    publicKeyPem = checked.value.publicKeyPem;
  }
  const certificatePem = await mintCertificate({
    commonName: spec.nodeName,
    publicKeyPem,
    issuer: ca,
    notBeforeMs: spec.nowMs - BACKDATE_MS,
    notAfterMs: spec.nowMs + (spec.lifetimeMs ?? LEAF_LIFETIME_MS),
    uris: [uri],
    hosts: spec.hosts,
    usages: ["server", "client"],
  });
  return ok(certificatePem);
}

/**
 * A client certificate for a person's browser. Its name lies under `/operator/`, which no peer check accepts, so a stolen
 * bundle cannot speak as a node.
 */
export function issueOperatorCertificate(
  ca: RegionCa,
  publicKeyPem: string,
  spec: {
    readonly trustDomain: string;
    readonly operator: string;
    readonly nowMs: number;
    readonly lifetimeMs: number;
  },
): Promise<string> {
  return mintCertificate({
    commonName: spec.operator,
    publicKeyPem,
    issuer: ca,
    notBeforeMs: spec.nowMs - BACKDATE_MS,
    notAfterMs: spec.nowMs + spec.lifetimeMs,
    uris: [`spiffe://${spec.trustDomain}/operator/${encodeURIComponent(spec.operator)}`],
    usages: ["client"],
  });
}

/** `sha256:` and 64 hex digits over the DER form: how trust list, tokens and logs name an authority. */
export function fingerprintOf(certificatePem: string): string {
  const hex = new X509Certificate(certificatePem).fingerprint256.replaceAll(":", "").toLowerCase();
  return `sha256:${hex}`;
}

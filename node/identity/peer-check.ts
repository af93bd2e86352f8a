import { parseSpiffeId } from "../../certs/names.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import { type CertificateFacts, isSignedBy, parseCertificate, parseCertificatePem } from "./certificate.ts";
import type { CrlFacts } from "./crl.ts";
import type { Peer, TrustedRegion, TrustView } from "./model.ts";
import { isInside } from "./name-constraints.ts";
import { refuse } from "./refusal.ts";
import { type IssuerFault, issuerText, refusalTexts } from "./refusal-texts.ts";

export type PeerCheck = {
  /** As the peer sent it, leaf first; empty when it sent none. */
  readonly chainDer: readonly Uint8Array[];
  readonly nowMs: number;
  readonly trust: Pick<TrustView, "current">;
  readonly crls: (region: string) => readonly CrlFacts[];
  /** What the peer uses its certificate as on this connection. */
  readonly use: "client" | "server";
  /** The region we meant to reach; a client says so. */
  readonly expectRegion?: string;
  /** How long after its expiry the list still carries a stream that is already running. 0 for a new connection. */
  readonly expiredListGraceMs?: number;
};

/** Peers' clocks differ; a minute is accepted, more is a fault that somebody must repair. Source: trust.md §3. */
const SKEW_MS = 60_000;
const USE_OID = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/**
 * Who the other end is, or the first thing wrong with it, in the order of trust.md §3. From the issuer onwards a
 * refusal carries `verified: "true"` in its details: the region is then proved, before that it is only claimed.
 */
export function checkPeerCertificate(check: PeerCheck): Result<Peer> {
  const [leafDer] = check.chainDer;
  if (leafDer === undefined) return refuse("tls.no_certificate", refusalTexts.noCertificate());
  const leaf = parseCertificate(leafDer);
  if (leaf === undefined)
    return refuse("identity.malformed", refusalTexts.malformed("not a version 3 certificate in DER"));
  const fresh = checkValidity(leaf, check.nowMs);
  if (!fresh.ok) return fresh;
  const name = readSpiffeName(leaf);
  if (!name.ok) return name;
  const region = findRegion(check, name.value.trustDomain);
  if (!region.ok) return region;
  const issuer = findIssuer(check, leaf, region.value);
  if (!issuer.ok) return issuer;
  const proved = checkProved(check, leaf, issuer.value, region.value, name.value.trustDomain);
  if (!proved.ok) return proved;
  return ok({
    region: region.value.id,
    spiffeId: name.value.uri,
    leafSerial: leaf.serial,
    issuerFingerprint: issuer.value.fingerprint,
    capabilities: region.value.capabilities,
  });
}

function checkValidity(leaf: CertificateFacts, nowMs: number): Result<true> {
  if (nowMs > leaf.notAfterMs + SKEW_MS) return refuse("tls.expired", refusalTexts.expired(instantOf(leaf.notAfterMs)));
  if (nowMs < leaf.notBeforeMs - SKEW_MS) {
    return refuse("tls.not_yet_valid", refusalTexts.notYetValid(instantOf(leaf.notBeforeMs)));
  }
  return ok(true);
}

type SpiffeName = { readonly uri: string; readonly trustDomain: string };

function readSpiffeName({ names, unknownCritical }: CertificateFacts): Result<SpiffeName> {
  const uris = names.flatMap((name) => (name.kind === "uri" ? [name.value] : []));
  const [uri] = uris;
  if (uri === undefined) return refuse("identity.no_spiffe", refusalTexts.noSpiffe());
  // The SPIFFE standard refuses a second URI of any scheme: which of the two would be the name?
  if (uris.length > 1) return refuse("identity.many_spiffe", refusalTexts.manySpiffe(String(uris.length)));
  if (!/^spiffe:/i.test(uri)) return refuse("identity.no_spiffe", refusalTexts.noSpiffe());
  const parsed = parseSpiffeId(uri);
  // The name itself is not repeated: until here it is any bytes a stranger sent.
  if (parsed === undefined) return refuse("identity.malformed", refusalTexts.malformed("its SPIFFE name"));
  if (unknownCritical.length > 0) {
    return refuse(
      "identity.malformed",
      refusalTexts.malformed(`unknown critical extension ${unknownCritical.join(", ")}`),
    );
  }
  return ok({ uri, trustDomain: parsed.trustDomain });
}

function findRegion({ trust, nowMs, expiredListGraceMs = 0 }: PeerCheck, trustDomain: string): Result<TrustedRegion> {
  const list = trust.current()?.list;
  // The list decides everything below, so an expired one is said first, whatever it holds.
  if (list !== undefined && nowMs >= msOf(list.expiresAt) + expiredListGraceMs) {
    return refuse("trust.expired", refusalTexts.listExpired(list.version, list.expiresAt));
  }
  const region = list?.regions.find((candidate) => candidate.trustDomain === trustDomain);
  if (region === undefined) {
    return refuse("trust.unknown_region", refusalTexts.unknownRegion(trustDomain), { trustDomain });
  }
  if (region.status === "suspended") {
    return refuse("trust.suspended", refusalTexts.suspended(region.id), { region: region.id });
  }
  return ok(region);
}

/**
 * The authority of the region *that the name claims* has signed it. Never a merged set: in one, any region's authority
 * could speak for every other. There are no intermediates (`pathlen:0`), so the issuer is a listed authority or nobody.
 */
function findIssuer(check: PeerCheck, leaf: CertificateFacts, region: TrustedRegion): Result<CertificateFacts> {
  const authorities = authoritiesOf(region);
  const issuer = authorities.find((authority) => isSignedBy(leaf, authority));
  if (issuer === undefined) return wrongIssuer(region, whoIssued(check, leaf, authorities));
  const isAuthority = issuer.isCa && issuer.keyUsage?.certSign === true && issuer.unknownCritical.length === 0;
  const isCurrent = check.nowMs <= issuer.notAfterMs + SKEW_MS && check.nowMs >= issuer.notBeforeMs - SKEW_MS;
  return isAuthority && isCurrent ? ok(issuer) : wrongIssuer(region, { fault: "unfit_authority" });
}

function whoIssued(
  { chainDer, trust }: PeerCheck,
  leaf: CertificateFacts,
  authorities: readonly CertificateFacts[],
): { readonly fault: IssuerFault; readonly issuerRegion?: string } {
  const list = trust.current()?.list;
  for (const other of list?.regions ?? []) {
    if (authoritiesOf(other).some((authority) => isSignedBy(leaf, authority))) {
      return { fault: "other_region", issuerRegion: other.id };
    }
  }
  if (isSignedBy(leaf, leaf)) return { fault: "self_signed" };
  const between = chainDer.slice(1).flatMap((der) => parseCertificate(der) ?? []);
  const viaIntermediate = between.some(
    (middle) => isSignedBy(leaf, middle) && authorities.some((authority) => isSignedBy(middle, authority)),
  );
  return { fault: viaIntermediate ? "path_length" : "unknown_authority" };
}

function wrongIssuer(
  region: TrustedRegion,
  { fault, issuerRegion }: { readonly fault: IssuerFault; readonly issuerRegion?: string },
): Failure {
  const details =
    issuerRegion === undefined ? { region: region.id, fault } : { region: region.id, fault, issuerRegion };
  return refuse("identity.wrong_issuer", issuerText(region.id, fault, issuerRegion), details);
}

/** Everything that comes after the region is proved by its authority's signature. */
function checkProved(
  check: PeerCheck,
  leaf: CertificateFacts,
  issuer: CertificateFacts,
  region: TrustedRegion,
  trustDomain: string,
): Result<true> {
  const details = { region: region.id, verified: "true", leafSerial: leaf.serial };
  if (!isConstrained(leaf, issuer, trustDomain)) {
    return refuse("identity.name_constraints", refusalTexts.nameConstraints(region.id), details);
  }
  const reason = revocationOf(check, {
    region: region.id,
    issuerFingerprint: issuer.fingerprint,
    leafSerial: leaf.serial,
  });
  if (reason !== undefined) {
    return refuse("identity.revoked", refusalTexts.revoked(region.id, leaf.serial), { ...details, reason });
  }
  const fit = leaf.extendedKeyUsage.includes(USE_OID[check.use]) && leaf.keyUsage?.digitalSignature !== false;
  if (!fit || leaf.isCa) return refuse("identity.key_usage", refusalTexts.keyUsage(check.use), details);
  if (check.expectRegion !== undefined && check.expectRegion !== region.id) {
    return refuse("identity.wrong_region", refusalTexts.wrongRegion(check.expectRegion, region.id), details);
  }
  return ok(true);
}

/**
 * The authority binds itself to its own trust domain, critically, and the leaf keeps to it. An authority without such
 * constraints is refused although the list names it: its key would be worth more than its region.
 */
function isConstrained(leaf: CertificateFacts, { constraints }: CertificateFacts, trustDomain: string): boolean {
  if (constraints === null || !constraints.critical) return false;
  const uriHosts = constraints.permitted.flatMap((name) => (name.kind === "uri" ? [name.value] : []));
  if (uriHosts.length === 0 || uriHosts.some((host) => host !== trustDomain)) return false;
  return leaf.names.every((name) => isInside(name, constraints));
}

function revocationOf(
  { trust, crls }: Pick<PeerCheck, "trust" | "crls">,
  { region, issuerFingerprint, leafSerial }: Pick<Peer, "region" | "issuerFingerprint" | "leafSerial">,
): string | undefined {
  for (const entry of trust.current()?.list.revoked ?? []) {
    if (entry.caFingerprint !== issuerFingerprint) continue;
    if (entry.leafSerial === undefined) return `authority: ${entry.reason}`;
    if (entry.leafSerial === leafSerial) return `trust list: ${entry.reason}`;
  }
  const isListed = crls(region).some(
    (crl) => crl.issuerFingerprint === issuerFingerprint && crl.serials.has(leafSerial),
  );
  return isListed ? "revocation list" : undefined;
}

/** Parsing costs more than the rest of the check, and lists change rarely. */
const parsedAuthorities = new WeakMap<TrustedRegion, readonly CertificateFacts[]>();

export function authoritiesOf(region: TrustedRegion): readonly CertificateFacts[] {
  let parsed = parsedAuthorities.get(region);
  if (parsed === undefined) {
    parsed = region.caCertificates.flatMap((pem) => parseCertificatePem(pem) ?? []);
    parsedAuthorities.set(region, parsed);
  }
  return parsed;
}

/**
 * Whether a connection that was accepted earlier may go on: what a new list or revocation may have changed since. The
 * leaf's own expiry is left out, since renewal at half-life must not drop a running stream.
 */
export function checkStillTrusted(
  peer: Peer,
  check: Pick<PeerCheck, "trust" | "crls" | "nowMs" | "expiredListGraceMs">,
): Result<true> {
  const list = check.trust.current()?.list;
  const known = list?.regions.find(({ id }) => id === peer.region);
  const region = findRegion({ ...check, chainDer: [], use: "client" }, known?.trustDomain ?? peer.region);
  if (!region.ok) return region;
  const details = { region: peer.region, verified: "true", leafSerial: peer.leafSerial };
  const isListed = authoritiesOf(region.value).some(({ fingerprint }) => fingerprint === peer.issuerFingerprint);
  if (!isListed) {
    return refuse("identity.wrong_issuer", issuerText(peer.region, "unknown_authority"), {
      ...details,
      fault: "unknown_authority",
    });
  }
  const reason = revocationOf(check, peer);
  if (reason === undefined) return ok(true);
  return refuse("identity.revoked", refusalTexts.revoked(peer.region, peer.leafSerial), { ...details, reason });
}

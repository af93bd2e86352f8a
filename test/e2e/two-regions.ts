import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { createRegionCa, issueLeaf, LEAF_LIFETIME_MS, type RegionCa } from "../../certs/ca.ts";
import { createFounder, signTrustList } from "../../certs/founder.ts";
import { type CertificateSpec, mintCertificate, newP256Key } from "../../certs/mint.ts";
import type { SignedTrustList, TrustedRegion, TrustList } from "../../node/identity/model.ts";
import { checkPeerCertificate, checkStillTrusted } from "../../node/identity/peer-check.ts";
import { type ListChange, proposeList } from "../../node/identity/propose-list.ts";
import { createTrust, type Trust } from "../../node/identity/trust.ts";
import { trustListDigest } from "../../node/identity/trust-list.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { listenTls, type RefusedConnection, type TlsCredentials, type TlsFront } from "../../node/rpc/tls-front.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";

export const NOW = Date.now();
export const HOST = "127.0.0.1";
const endpoints = { rpc: [`${HOST}:1`], dsp: [] };

/** A region as founders know it, with the key of its authority, so that tests can misuse it. */
export type TestRegion = { readonly ca: RegionCa; readonly entry: TrustedRegion; readonly trustDomain: string };

export async function newRegion(
  id: string,
  given: Partial<{ ca: RegionCa; trustDomain: string }> = {},
): Promise<TestRegion> {
  const trustDomain = given.trustDomain ?? `r${id}.heliu`;
  const ca = given.ca ?? (await createRegionCa({ regionId: id, name: id, trustDomain, endpoints, nowMs: NOW }));
  const [key] = createFounder("statement").entry.keys;
  const entry: TrustedRegion = {
    ...{ id, name: id, trustDomain, endpoints },
    caCertificates: [ca.certificatePem],
    statementKeys: [{ keyId: "", publicKey: "", ...key, validFrom: "2026-01-01T00:00:00.000Z", validTo: null }],
    ...{ logKey: "", witnessKeys: [], capabilities: ["catalog"], status: "active", since: "2026-01-01T00:00:00.000Z" },
  };
  return { ca, entry, trustDomain };
}

/** A proper leaf of the region, as its own node would present it. */
export async function goodLeaf({ ca, trustDomain }: TestRegion): Promise<TlsCredentials> {
  const key = newP256Key();
  const spec = { trustDomain, nodeName: "node", hosts: [HOST], nowMs: NOW };
  return { certificatePem: mustSucceed(await issueLeaf(ca, key.publicKeyPem, spec)), keyPem: key.privateKeyPem };
}

/** A leaf of the region that differs from a proper one in the given ways. */
export async function strangeLeaf(
  { ca, trustDomain }: TestRegion,
  change: Partial<CertificateSpec> = {},
): Promise<TlsCredentials> {
  const key = newP256Key();
  const certificatePem = await mintCertificate({
    ...{ commonName: "node", publicKeyPem: key.publicKeyPem, issuer: ca, hosts: [HOST], usages: ["server", "client"] },
    ...{ uris: [`spiffe://${trustDomain}/node/node`], notBeforeMs: NOW - 60_000, notAfterMs: NOW + LEAF_LIFETIME_MS },
    ...change,
  });
  return { certificatePem, keyPem: key.privateKeyPem };
}

export const founders = ["a", "b", "c"].map((id) => createFounder(id));

/** Signed by the named founders, two of three of whom are needed. */
export function signList(list: TrustList, by: readonly string[] = ["a", "b"]): SignedTrustList {
  const signatures = founders
    .filter(({ entry }) => by.includes(entry.id))
    .map(({ entry, keyPem }) => signTrustList(list, entry.id, keyPem));
  return { list, signatures };
}

export type Federation = {
  readonly trust: Trust;
  readonly front: TlsFront;
  /** Everything the front refused, in order. */
  readonly refused: readonly RefusedConnection[];
  /** Adopts the next list, signed by enough founders. */
  readonly change: (change: ListChange) => Promise<void>;
  readonly setNow: (nowMs: number) => void;
  readonly present: (credentials: TlsCredentials) => void;
  readonly close: () => Promise<void>;
};

/** A region's front that echoes, with the trust list of `regions` in force, wired as a node wires it. */
export async function openFront(own: TestRegion, regions: readonly TestRegion[]): Promise<Federation> {
  let nowMs = NOW;
  const runtime: Runtime = { ...systemRuntime, nowMs: () => nowMs };
  const trust = await createTrust({
    ...{ store: openMemoryStore(), runtime, logger: silentLogger, region: own.entry.id },
    scheduler: { after: () => () => {} },
    leaves: { appendLeaf: () => {}, appendLeafRefs: () => [] },
  });
  const entries = regions.map(({ entry }) => entry);
  const first = proposeList(
    undefined,
    { regions: entries, founders: founders.map(({ entry }) => entry), threshold: 2 },
    NOW,
  );
  mustSucceed(await trust.accept(signList(first), { firstDigest: trustListDigest(first) }));
  const refused: RefusedConnection[] = [];
  let credentials = await goodLeaf(own);
  const front = await listenTls({
    ...{ host: HOST, port: 0, credentials: () => credentials },
    check: (chainDer) => checkPeerCertificate({ chainDer, nowMs, trust, crls: trust.crls.of, use: "client" }),
    onRefused: (connection) => refused.push(connection),
    onSocket: (socket) => socket.pipe(socket),
  });
  trust.onChange(() => front.closeWhere((peer) => !checkStillTrusted(peer, { trust, crls: trust.crls.of, nowMs }).ok));
  return {
    ...{ trust, front, refused },
    change: async (change) => {
      const list = trust.current()?.list;
      mustSucceed(await trust.accept(signList(proposeList(list, change, nowMs))));
    },
    setNow: (ms) => {
      nowMs = ms;
    },
    present: (next) => {
      credentials = next;
    },
    close: async () => {
      trust.stop();
      await front.close();
    },
  };
}

/** `ours` is absent for a client without certificate. */
export function dial(port: number, ours?: TlsCredentials, options: object = {}): TLSSocket {
  const identity = ours === undefined ? {} : { cert: ours.certificatePem, key: ours.keyPem };
  const socket = connect({
    ...identity,
    port,
    host: HOST,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
    ...options,
  });
  return socket.on("error", () => {});
}

/** The answer to a first message. A TLS 1.3 client believes to be connected before the server has looked at it. */
export function firstAnswer(socket: TLSSocket, message = "hello"): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.once("close", () => resolve("closed"));
    socket.write(message);
  });
}

/** Writes bytes to the port without TLS and waits until the other end closes. */
export async function sendPlain(port: number, text: string): Promise<void> {
  const socket = connectTcp(port, HOST, () => socket.write(text)).on("error", () => {});
  socket.resume();
  await once(socket, "close");
}

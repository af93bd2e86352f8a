import { createRegionCa, issueLeaf, type RegionCa } from "../../../certs/ca.ts";
import { newP256Key } from "../../../certs/mint.ts";
import { defaultTrustDomain } from "../../../certs/names.ts";
import type { Peer, SignedTrustList, TrustedRegion, TrustList, TrustView } from "../../identity/model.ts";
import { checkPeerCertificate, checkStillTrusted } from "../../identity/peer-check.ts";
import { keyIdOf, type Signer, signerFromSeed } from "../../kernel/ed25519.ts";
import { mustSucceed, ok, type Result } from "../../kernel/exchange-error.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { noMetrics } from "../../kernel/metrics.ts";
import { systemRuntime } from "../../kernel/runtime.ts";
import { CALL_LIMITS, type CallLimits } from "../call-limits.ts";
import { createPeerClients, type PeerClients } from "../client.ts";
import type { Keepalive } from "../data-connection.ts";
import { LINK_TIMING, type LinkTiming } from "../peer-link.ts";
import { createRpcServer, RPC_PROTOCOLS, type RpcServer } from "../server.ts";
import type { RpcServices } from "../services.ts";
import { listenTls, type RefusedConnection, type TlsFront } from "../tls-front.ts";

const DAY_MS = 86_400_000;
const runtime = systemRuntime;

/** The trust list of a test: what is in force is whatever `set` was given last, unsigned. Signatures are identity's to try. */
export class StaticTrust implements TrustView {
  #list: TrustList;
  readonly #watchers = new Set<() => void>();
  readonly #own: string;

  constructor(own: string, regions: readonly TrustedRegion[], version = "1") {
    this.#own = own;
    this.#list = listOf(regions, version);
  }

  set(regions: readonly TrustedRegion[], version: string): void {
    this.#list = listOf(regions, version);
    for (const watcher of this.#watchers) watcher();
  }

  current = () => ({ list: this.#list, digest: `sha256:${this.#list.version.padStart(64, "0")}` });
  region = (id: string) => this.#list.regions.find((region) => region.id === id);
  peers = () => this.#list.regions.filter(({ id, status }) => id !== this.#own && status === "active");
  statementKey = (region: string, keyId: string) => {
    const key = this.region(region)?.statementKeys.find((candidate) => candidate.keyId === keyId);
    return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
  };
  signed = (): SignedTrustList => ({ list: this.#list, signatures: [] });
  accept = async ({ list }: SignedTrustList) => {
    this.set(list.regions, list.version);
    return ok({ version: list.version, digest: this.current().digest });
  };
  /** What peers' notices brought, as it was handed over. */
  readonly heardCrls: [string, string][] = [];
  crls = {
    accept: async (region: string, pem: string) => {
      this.heardCrls.push([region, pem]);
      return ok(true);
    },
  };
  crl: Uint8Array | undefined;
  ownCrl = () => this.crl;
  onChange = (watcher: () => void) => {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  };
  renew = async () => ok([Buffer.from("leaf")]);
}

function listOf(regions: readonly TrustedRegion[], version: string): TrustList {
  const nowMs = runtime.nowMs();
  return {
    format: "heliu.trust-list.v1",
    version,
    issuedAt: new Date(nowMs - DAY_MS).toISOString(),
    expiresAt: new Date(nowMs + 60 * DAY_MS).toISOString(),
    threshold: "1",
    founders: [],
    regions: [...regions],
    revoked: [],
  };
}

export type TestRegion = {
  readonly id: string;
  readonly ca: RegionCa;
  readonly signer: Signer;
  readonly credentials: { readonly certificatePem: string; readonly keyPem: string };
  readonly entry: (endpoint: string) => TrustedRegion;
};

export async function makeRegion(id: string): Promise<TestRegion> {
  const endpoints = { rpc: ["127.0.0.1:1"], dsp: [] };
  const trustDomain = defaultTrustDomain(id);
  const nowMs = runtime.nowMs();
  const ca = await createRegionCa({ regionId: id, name: id, trustDomain, endpoints, nowMs });
  const signer = signerFromSeed(Buffer.alloc(32, Number(id.slice(0, 2))));
  const publicKey = Buffer.from(signer.publicKey).toString("base64");
  return {
    ...{ id, ca, signer },
    credentials: await issueCredentials({ id, ca }),
    entry: (endpoint) => ({
      ...{ id, name: id, trustDomain },
      caCertificates: [ca.certificatePem],
      endpoints: { rpc: [endpoint], dsp: [] },
      statementKeys: [
        { keyId: keyIdOf(signer.publicKey), publicKey, validFrom: new Date(nowMs).toISOString(), validTo: null },
      ],
      ...{ logKey: "log", witnessKeys: [] },
      capabilities: ["catalog", "negotiation", "transfer", "settlement", "audit"],
      status: "active",
      since: new Date(nowMs).toISOString(),
    }),
  };
}

/** A leaf with a new key, as at each renewal. */
export async function issueCredentials({ id, ca }: Pick<TestRegion, "id" | "ca">): Promise<TestRegion["credentials"]> {
  const key = newP256Key();
  const names = { trustDomain: defaultTrustDomain(id), nodeName: "main", hosts: ["127.0.0.1"] };
  const leaf = await issueLeaf(ca, key.publicKeyPem, { ...names, nowMs: runtime.nowMs() });
  return { certificatePem: mustSucceed(leaf), keyPem: key.privateKeyPem };
}

export type RunningServer = {
  readonly endpoint: string;
  readonly server: RpcServer;
  readonly front: TlsFront;
  readonly refused: RefusedConnection[];
  readonly peers: Peer[];
  readonly stop: () => Promise<void>;
};

/** What a server does otherwise than a node's. */
type Serving = {
  readonly follow?: (region: string, version: bigint) => Promise<Result<unknown>>;
  readonly protocols?: readonly string[];
  readonly keepalive?: Keepalive;
  readonly limits?: Partial<CallLimits>;
};

/** A region's gRPC side on a free port, with whatever services a test gives it; calling any other one fails. */
export async function serveRegion(
  region: TestRegion,
  trust: StaticTrust,
  services: Partial<RpcServices>,
  { follow = async () => ok(true), protocols = RPC_PROTOCOLS, keepalive, limits }: Serving = {},
): Promise<RunningServer> {
  const check = (chainDer: readonly Uint8Array[]) =>
    checkPeerCertificate({ chainDer, nowMs: runtime.nowMs(), trust, crls: () => [], use: "client" });
  const server = createRpcServer({
    region: region.id,
    services: { ...(services as RpcServices), trust },
    ...(keepalive === undefined ? {} : { keepalive }),
    limits: { ...CALL_LIMITS, ...limits },
    ...{ runtime, logger: silentLogger, metrics: noMetrics, follow },
    isStillTrusted: (peer) => checkStillTrusted(peer, { trust, crls: () => [], nowMs: runtime.nowMs() }),
  });
  const refused: RefusedConnection[] = [];
  const peers: Peer[] = [];
  const front = await listenTls({
    host: "127.0.0.1",
    port: 0,
    credentials: () => region.credentials,
    check,
    onRefused: (connection) => refused.push(connection),
    protocols,
    onSocket: (socket, peer, protocol) => {
      peers.push(peer);
      server.accept(socket, peer, protocol);
    },
  });
  const stop = async () => {
    await server.stop(50);
    await front.close();
  };
  return { endpoint: `127.0.0.1:${front.port}`, server, front, refused, peers, stop };
}

const QUICK_LINK = {
  ...LINK_TIMING,
  keepalive: { everyMs: 100, timeoutMs: 100 },
  handshakeMs: 300,
  callMs: 5_000,
  reconnectMs: { first: 20, longest: 40 },
};

type Connecting = {
  readonly sawListVersion?: (region: string, version: bigint) => void;
  readonly timing?: LinkTiming;
};

export function connectRegion(
  region: TestRegion,
  trust: StaticTrust,
  { sawListVersion = () => {}, timing = QUICK_LINK }: Connecting = {},
): PeerClients {
  return createPeerClients({
    ...{ trust, runtime, sawListVersion },
    crls: () => [],
    credentials: () => region.credentials,
    logger: silentLogger,
    timing,
  });
}

export type Pair = {
  readonly running: RunningServer;
  readonly clients: PeerClients;
  readonly serverTrust: StaticTrust;
  readonly clientTrust: StaticTrust;
  readonly close: () => Promise<void>;
};

type Pairing = Serving &
  Connecting & {
    /** Where the caller finds the server, if somebody stands between them. */
    readonly way?: (endpoint: string) => Promise<string>;
    /** Of the trust list that either has. */
    readonly serverVersion?: string;
    readonly clientVersion?: string;
  };

/** Two regions that trust each other, and the first calls the second. */
export async function pairRegions(
  caller: TestRegion,
  called: TestRegion,
  services: Partial<RpcServices>,
  pairing: Pairing = {},
): Promise<Pair> {
  const { way = async (endpoint) => endpoint, serverVersion = "1", clientVersion = "1" } = pairing;
  const serverTrust = new StaticTrust(called.id, []);
  const running = await serveRegion(called, serverTrust, services, pairing);
  const regions = [called.entry(await way(running.endpoint)), caller.entry("127.0.0.1:1")];
  serverTrust.set(regions, serverVersion);
  const clientTrust = new StaticTrust(caller.id, regions, clientVersion);
  const clients = connectRegion(caller, clientTrust, pairing);
  const close = async () => {
    clients.close();
    await running.stop();
  };
  return { running, clients, serverTrust, clientTrust, close };
}

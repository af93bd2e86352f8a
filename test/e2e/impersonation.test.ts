import { once } from "node:events";
import { createServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueLeaf, type RegionCa } from "../../certs/ca.ts";
import { makeCrl } from "../../certs/crl.ts";
import { mintCertificate, newP256Key } from "../../certs/mint.ts";
import { createLeafRenewal } from "../../certs/renewal.ts";
import { parseCertificatePem } from "../../node/identity/certificate.ts";
import { checkPeerCertificate } from "../../node/identity/peer-check.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { peerChainOf, type TlsCredentials } from "../../node/rpc/tls-front.ts";
import {
  dial,
  type Federation,
  firstAnswer,
  goodLeaf,
  HOST,
  NOW,
  newRegion,
  openFront,
  sendPlain,
  strangeLeaf,
  type TestRegion,
} from "./two-regions.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let chengdu: TestRegion;
let chongqing: TestRegion;
/** In no trust list. */
let guiyang: TestRegion;
/** Listed, but suspended. */
let kunming: TestRegion;
/** Listed with an authority that binds itself to nothing. */
let unbound: TestRegion;
/** Listed with an authority that may also speak for another region's trust domain. */
let misbound: TestRegion;
/** Listed, but its authority is revoked by the founders. */
let fallen: TestRegion;
let retired: RegionCa;
let node: Federation;

async function bareAuthority(permitted?: { uriHosts: string[]; hosts: string[] }): Promise<RegionCa> {
  const key = newP256Key();
  const certificatePem = await mintCertificate({
    ...{ commonName: "bare", publicKeyPem: key.publicKeyPem, issuer: { selfKeyPem: key.privateKeyPem } },
    ...{ notBeforeMs: NOW - DAY, notAfterMs: NOW + DAY },
    ca: { pathLength: 0, ...(permitted === undefined ? {} : { permitted }) },
  });
  return { certificatePem, keyPem: key.privateKeyPem };
}

const serialOf = (leaf: TlsCredentials) => parseCertificatePem(leaf.certificatePem)?.serial ?? "";
const fingerprintOf = ({ ca }: TestRegion) => parseCertificatePem(ca.certificatePem)?.fingerprint ?? "";

beforeAll(async () => {
  [chengdu, chongqing, guiyang, kunming, fallen] = (await Promise.all(
    ["510100", "500000", "520100", "530100", "540100"].map((id) => newRegion(id)),
  )) as [TestRegion, TestRegion, TestRegion, TestRegion, TestRegion];
  unbound = await newRegion("610100", { ca: await bareAuthority() });
  misbound = await newRegion("620100", {
    ca: await bareAuthority({ uriHosts: ["r620100.heliu", "r500000.heliu"], hosts: [HOST] }),
  });
  retired = (await newRegion("500000")).ca;
  node = await openFront(chengdu, [chengdu, chongqing, kunming, unbound, misbound, fallen]);
  const revoke = [{ caFingerprint: fingerprintOf(fallen), reason: "stolen key", at: new Date(NOW).toISOString() }];
  await node.change({ suspend: [kunming.entry.id], revoke });
});
afterAll(() => node.close());

/** Connects, and names the one reason for which the front refused it; "accepted" when it answered. */
async function present(leaf: TlsCredentials | undefined, options: object = {}): Promise<object | "accepted"> {
  const before = node.refused.length;
  const socket = dial(node.front.port, leaf, options);
  const answer = await firstAnswer(socket);
  socket.destroy();
  if (answer === "hello") return "accepted";
  expect(answer).toBe("closed");
  const [refused, ...more] = node.refused.slice(before);
  expect(more).toEqual([]);
  return { code: refused?.code, ...refused?.error?.details };
}

const uri = (name: string) => async () => present(await strangeLeaf(chongqing, { uris: [name] }));

describe("a proper leaf of a listed region", () => {
  it("is accepted, as the region that its authority proves", async () => {
    const socket = dial(node.front.port, await goodLeaf(chongqing));
    expect(await firstAnswer(socket)).toBe("hello");
    expect(node.front.connections().map(({ region }) => region)).toEqual(["500000"]);
    socket.destroy();
  });

  it("is accepted while a clock is a minute off", async () => {
    expect(await present(await strangeLeaf(chongqing, { notAfterMs: NOW - 59_000 }))).toBe("accepted");
    expect(await present(await strangeLeaf(chongqing, { notBeforeMs: NOW + 59_000 }))).toBe("accepted");
  });
});

type Case = readonly [what: string, attempt: () => Promise<object | "accepted">, expected: object];

const onCertificates: readonly Case[] = [
  [
    "an expired leaf",
    async () => present(await strangeLeaf(chongqing, { notAfterMs: NOW - HOUR })),
    { code: "tls.expired" },
  ],
  [
    "a leaf that is not yet valid",
    async () => present(await strangeLeaf(chongqing, { notBeforeMs: NOW + HOUR })),
    { code: "tls.not_yet_valid" },
  ],
  ["no client certificate", () => present(undefined), { code: "tls.no_certificate" }],
  [
    "a leaf of an unknown authority under our peer's name",
    async () => present(await strangeLeaf(chongqing, { issuer: guiyang.ca })),
    { code: "identity.wrong_issuer", fault: "unknown_authority", region: "500000" },
  ],
  [
    "our peer's name issued by another listed region's authority",
    async () => present(await strangeLeaf(chongqing, { issuer: misbound.ca })),
    { code: "identity.wrong_issuer", fault: "other_region", issuerRegion: "620100" },
  ],
  [
    "our own name issued by a peer's authority",
    async () => present(await strangeLeaf(chengdu, { issuer: chongqing.ca })),
    { code: "identity.wrong_issuer", fault: "other_region", region: "510100" },
  ],
  ["a self-signed leaf", selfSigned, { code: "identity.wrong_issuer", fault: "self_signed" }],
  [
    "a leaf through an intermediate, beyond path length 0",
    throughIntermediate,
    { code: "identity.wrong_issuer", fault: "path_length" },
  ],
  ["a leaf issued by another leaf", byAnotherLeaf, { code: "identity.wrong_issuer", fault: "path_length" }],
  [
    "a leaf of an authority that was rotated out",
    async () => present(await strangeLeaf(chongqing, { issuer: retired })),
    { code: "identity.wrong_issuer", fault: "unknown_authority" },
  ],
  [
    "an address outside the authority's name constraints",
    async () => present(await strangeLeaf(chongqing, { hosts: ["10.9.8.7"] })),
    { code: "identity.name_constraints", verified: "true" },
  ],
  [
    "a DNS name outside the authority's name constraints",
    async () => present(await strangeLeaf(chongqing, { hosts: ["node.chengdu.example"] })),
    { code: "identity.name_constraints" },
  ],
  [
    "a listed authority without name constraints",
    async () => present(await strangeLeaf(unbound)),
    { code: "identity.name_constraints", region: "610100" },
  ],
  [
    "a listed authority that may speak for another trust domain too",
    async () => present(await strangeLeaf(misbound)),
    { code: "identity.name_constraints", region: "620100" },
  ],
  ["no SPIFFE name", async () => present(await strangeLeaf(chongqing, { uris: [] })), { code: "identity.no_spiffe" }],
  ["a name of another scheme", uri("https://r500000.heliu/node/node"), { code: "identity.no_spiffe" }],
  [
    "two SPIFFE names",
    async () =>
      present(
        await strangeLeaf(chongqing, {
          uris: ["spiffe://r500000.heliu/node/node", "spiffe://r510100.heliu/node/node"],
        }),
      ),
    { code: "identity.many_spiffe" },
  ],
  [
    "a SPIFFE name and another URI",
    async () =>
      present(await strangeLeaf(chongqing, { uris: ["spiffe://r500000.heliu/node/node", "https://r500000.heliu/"] })),
    { code: "identity.many_spiffe" },
  ],
  ["a trust domain in upper case", uri("spiffe://R500000.heliu/node/node"), { code: "identity.malformed" }],
  ["a path in upper case", uri("spiffe://r500000.heliu/node/Node"), { code: "identity.malformed" }],
  ["a scheme in upper case", uri("SPIFFE://r500000.heliu/node/node"), { code: "identity.malformed" }],
  ["a trailing slash", uri("spiffe://r500000.heliu/node/node/"), { code: "identity.malformed" }],
  ["percent-encoding", uri("spiffe://r500000.heliu/node/n%6Fde"), { code: "identity.malformed" }],
  ["a NUL in the name", uri("spiffe://r500000.heliu/node/node\u0000.r510100.heliu"), { code: "identity.malformed" }],
  ["a port", uri("spiffe://r500000.heliu:443/node/node"), { code: "identity.malformed" }],
  ["a query", uri("spiffe://r500000.heliu/node/node?region=510100"), { code: "identity.malformed" }],
  [
    "a user before the trust domain",
    uri("spiffe://r500000.heliu@r510100.heliu/node/node"),
    { code: "identity.malformed" },
  ],
  [
    "an operator's certificate where a node's belongs",
    uri("spiffe://r500000.heliu/operator/wang"),
    { code: "identity.malformed" },
  ],
  [
    "a trust domain that no region has",
    async () => present(await goodLeaf(guiyang)),
    { code: "trust.unknown_region", trustDomain: "r520100.heliu" },
  ],
  [
    "a trust domain below a region's own",
    uri("spiffe://node.r500000.heliu/node/node"),
    { code: "trust.unknown_region" },
  ],
  ["a suspended region", async () => present(await goodLeaf(kunming)), { code: "trust.suspended", region: "530100" }],
  [
    "a revoked authority",
    async () => present(await goodLeaf(fallen)),
    { code: "identity.revoked", reason: "authority: stolen key" },
  ],
  [
    "a leaf without extended key usage",
    async () => present(await strangeLeaf(chongqing, { usages: [] })),
    { code: "identity.key_usage", verified: "true" },
  ],
  [
    "a leaf for servers only",
    async () => present(await strangeLeaf(chongqing, { usages: ["server"] })),
    { code: "identity.key_usage" },
  ],
  ["a leaf that is itself an authority", authorityAsLeaf, { code: "identity.key_usage" }],
  ["TLS 1.2", async () => present(await goodLeaf(chongqing), { maxVersion: "TLSv1.2" }), { code: "tls.version" }],
];

async function selfSigned() {
  const key = newP256Key();
  const own = { publicKeyPem: key.publicKeyPem, issuer: { selfKeyPem: key.privateKeyPem } };
  const { certificatePem } = await strangeLeaf(chongqing, own);
  return present({ certificatePem, keyPem: key.privateKeyPem });
}

async function throughIntermediate() {
  const key = newP256Key();
  const certificatePem = await mintCertificate({
    ...{ commonName: "department", publicKeyPem: key.publicKeyPem, issuer: chongqing.ca },
    ...{ notBeforeMs: NOW - HOUR, notAfterMs: NOW + HOUR, ca: {} },
  });
  const leaf = await strangeLeaf(chongqing, { issuer: { certificatePem, keyPem: key.privateKeyPem } });
  return present({ ...leaf, certificatePem: leaf.certificatePem + certificatePem });
}

async function byAnotherLeaf() {
  const real = await goodLeaf(chongqing);
  const forged = await strangeLeaf(chongqing, { commonName: "admin", issuer: real });
  return present({ ...forged, certificatePem: forged.certificatePem + real.certificatePem });
}

async function authorityAsLeaf() {
  return present(await strangeLeaf(chongqing, { ca: { pathLength: 0 } }));
}

describe("an impostor at the port", () => {
  it.each(onCertificates)("with %s is refused for just that", async (_what, attempt, expected) => {
    expect(await attempt()).toMatchObject(expected);
  });

  it("without TLS is refused as plaintext", async () => {
    const before = node.refused.length;
    await sendPlain(node.front.port, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    expect(node.refused.slice(before)).toMatchObject([{ code: "tls.plaintext", verified: false }]);
  });

  it("never has its region taken for proved before its authority is", () => {
    const proved = node.refused.filter(({ verified }) => verified).map(({ code }) => code);
    expect(new Set(proved)).toEqual(new Set(["identity.name_constraints", "identity.revoked", "identity.key_usage"]));
  });
});

describe("the trust list at the port", () => {
  it("lets nobody in once it has expired, however good the certificate", async () => {
    const late = await openFront(chengdu, [chengdu, chongqing]);
    late.setNow(NOW + 90 * DAY);
    const leaf = await strangeLeaf(chongqing, { notAfterMs: NOW + 91 * DAY });
    const socket = dial(late.front.port, leaf);
    expect(await firstAnswer(socket)).toBe("closed");
    expect(late.refused).toMatchObject([{ code: "trust.expired" }]);
    await late.close();
  });
});

describe("a live stream", () => {
  async function live(leaf: TlsCredentials, federation: Federation) {
    const socket = dial(federation.front.port, leaf);
    expect(await firstAnswer(socket, "up")).toBe("up");
    return socket;
  }

  /** trust.md §3 promises a second; `late` shows how the promise would be broken. */
  async function closesInTime(socket: Awaited<ReturnType<typeof live>>): Promise<"closed" | "late"> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), 1_000);
    });
    const closed = once(socket, "close").then(() => "closed" as const);
    return Promise.race([closed, late]).finally(() => clearTimeout(timer));
  }

  it("is closed within a second when its leaf is revoked, and only that one; the leaf is refused from then on", async () => {
    const federation = await openFront(chengdu, [chengdu, chongqing]);
    const [stolen, honest] = [await goodLeaf(chongqing), await goodLeaf(chongqing)];
    const [bad, good] = [await live(stolen, federation), await live(honest, federation)];
    const closing = closesInTime(bad);
    const revoked = [{ serial: serialOf(stolen), atMs: NOW, reason: "keyCompromise" as const }];
    mustSucceed(
      await federation.trust.crls.accept("500000", await makeCrl(chongqing.ca, { revoked, number: 2n, nowMs: NOW })),
    );
    expect(await closing).toBe("closed");
    expect(await firstAnswer(good, "still")).toBe("still");
    expect(await firstAnswer(dial(federation.front.port, stolen))).toBe("closed");
    expect(federation.refused).toMatchObject([{ code: "identity.revoked", region: "500000", verified: true }]);
    await federation.close();
  });

  it("is closed within a second when founders revoke its serial or suspend its region", async () => {
    const federation = await openFront(chengdu, [chengdu, chongqing, guiyang]);
    const [first, second] = [await goodLeaf(chongqing), await goodLeaf(guiyang)];
    const [bySerial, byRegion] = [await live(first, federation), await live(second, federation)];
    const caFingerprint = fingerprintOf(chongqing);
    const serial = { caFingerprint, leafSerial: serialOf(first), reason: "lost", at: new Date(NOW).toISOString() };
    const closing = Promise.all([closesInTime(bySerial), closesInTime(byRegion)]);
    await federation.change({ revoke: [serial], suspend: ["520100"] });
    expect(await closing).toEqual(["closed", "closed"]);
    await federation.close();
  });

  it("goes on over the renewal of both ends at half-life, and new connections use the new leaf", async () => {
    const federation = await openFront(chengdu, [chengdu, chongqing]);
    let nowMs = NOW;
    let due = { ms: 0, run: () => {} };
    const renewal = createLeafRenewal({
      runtime: { nowMs: () => nowMs, randomBytes: () => new Uint8Array(), failPoint: () => {} },
      scheduler: {
        after: (ms, run) => {
          due = { ms, run };
          return () => {};
        },
      },
      ...{ logger: silentLogger, credentials: await goodLeaf(chengdu), save: async (c) => federation.present(c) },
      names: { uri: "spiffe://r510100.heliu/node/node", hosts: [HOST] },
      requestLeaf: (csr) =>
        issueLeaf(chengdu.ca, csr, { trustDomain: chengdu.trustDomain, nodeName: "node", hosts: [HOST], nowMs }),
    });
    const leaf = await goodLeaf(chongqing);
    const running = await live(leaf, federation);
    renewal.start();
    nowMs += due.ms;
    due.run();
    await renewal.stop();
    const next = await live(await goodLeaf(chongqing), federation);
    expect(next.getPeerX509Certificate()?.serialNumber.toLowerCase()).toBe(serialOf(renewal.current()));
    expect(next.getPeerX509Certificate()?.serialNumber).not.toBe(running.getPeerX509Certificate()?.serialNumber);
    expect(await firstAnswer(running, "same stream")).toBe("same stream");
    // Its own leaf expires too; a new list comes in meanwhile, and everything is looked at again.
    federation.setNow(NOW + 25 * HOUR);
    await federation.change({});
    expect(await firstAnswer(running, "still the same")).toBe("still the same");
    await federation.close();
  });
});

describe("a client", () => {
  it("names the region that answered in place of the one it meant", async () => {
    const { certificatePem: cert, keyPem: key } = await goodLeaf(chongqing);
    const server = createServer({ cert, key, minVersion: "TLSv1.3" }, (socket) => socket.end());
    server.listen(0, HOST);
    await once(server, "listening");
    const address = server.address();
    const socket = dial(typeof address === "object" && address !== null ? address.port : 0);
    await once(socket, "secureConnect");
    const check = {
      chainDer: peerChainOf(socket),
      nowMs: NOW,
      trust: node.trust,
      crls: node.trust.crls.of,
      use: "server" as const,
    };
    expect(checkPeerCertificate({ ...check, expectRegion: "500000" })).toMatchObject({ value: { region: "500000" } });
    expect(checkPeerCertificate({ ...check, expectRegion: "510100" })).toMatchObject({
      error: { code: "identity.wrong_region" },
    });
    socket.destroy();
    server.close();
  });
});

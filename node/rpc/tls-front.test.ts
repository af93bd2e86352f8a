import { connect as connectTcp } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createRegionCa, issueLeaf, type RegionCa } from "../../certs/ca.ts";
import { newP256Key } from "../../certs/mint.ts";
import type { Peer } from "../identity/model.ts";
import { mustSucceed, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { listenTls, type RefusedConnection, type TlsCredentials, type TlsFront } from "./tls-front.ts";

const trustDomain = "r510100.heliu";
const peer: Peer = { region: "510100", spiffeId: "", leafSerial: "01", issuerFingerprint: "", capabilities: [] };
let ca: RegionCa;
let front: TlsFront | undefined;

beforeAll(async () => {
  const endpoints = { rpc: ["127.0.0.1:1"], dsp: [] };
  ca = await createRegionCa({ regionId: "510100", name: "成都市", trustDomain, endpoints, nowMs: Date.now() });
});
afterEach(() => front?.close());

async function newCredentials(): Promise<TlsCredentials> {
  const key = newP256Key();
  const spec = { trustDomain, nodeName: "n1", hosts: ["127.0.0.1"], nowMs: Date.now() };
  return { certificatePem: mustSucceed(await issueLeaf(ca, key.publicKeyPem, spec)), keyPem: key.privateKeyPem };
}

/** A front that echoes, with what it refused. */
async function open(credentials: () => TlsCredentials, check: () => Result<Peer> = () => ok(peer)) {
  let noted: (refused: RefusedConnection) => void = () => {};
  const refused = new Promise<RefusedConnection>((resolve) => {
    noted = resolve;
  });
  const host = "127.0.0.1";
  front = await listenTls({ host, port: 0, credentials, check, onRefused: noted, onSocket: (s) => s.pipe(s) });
  return { port: front.port, refused };
}

function dial(port: number, credentials: TlsCredentials, options: object = {}): TLSSocket {
  const { certificatePem: cert, keyPem: key } = credentials;
  const socket = connect({ port, host: "127.0.0.1", cert, key, rejectUnauthorized: false, ...options });
  return socket.on("error", () => {});
}

function echo(socket: TLSSocket, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.once("close", () => reject(new Error("closed")));
    socket.write(text);
  });
}

describe("the TLS front", () => {
  it("serves new connections with renewed credentials and keeps the running ones", async () => {
    const client = await newCredentials();
    let serving = await newCredentials();
    const { port } = await open(() => serving);
    const before = dial(port, client);
    expect(await echo(before, "one")).toBe("one");
    const oldSerial = before.getPeerX509Certificate()?.serialNumber;
    serving = await newCredentials();
    const after = dial(port, client);
    expect(await echo(after, "two")).toBe("two");
    expect(after.getPeerX509Certificate()?.serialNumber).not.toBe(oldSerial);
    expect(await echo(before, "three")).toBe("three");
  });

  it("closes exactly the live connections it is told to", async () => {
    const credentials = await newCredentials();
    const { port } = await open(() => credentials);
    const socket = dial(port, credentials);
    await echo(socket, "up");
    expect(front?.closeWhere(({ region }) => region === "500000")).toBe(0);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    expect(front?.closeWhere(({ leafSerial }) => leafSerial === "01")).toBe(1);
    await closed;
  });

  it("closes at once, without waiting for who is still shaking hands", async () => {
    const credentials = await newCredentials();
    const { port } = await open(() => credentials);
    const half = connectTcp(port, "127.0.0.1");
    half.on("error", () => {});
    // The second connection is served after the first was accepted.
    await echo(dial(port, credentials), "up");
    const closed = new Promise((resolve) => half.once("close", resolve));
    await front?.close();
    await closed;
  });

  it("sends nothing to a peer that the check refuses, and says why with its region", async () => {
    const credentials = await newCredentials();
    const refuse = refusals({ "identity.revoked": "unauthenticated" });
    const { port, refused } = await open(
      () => credentials,
      () => refuse("identity.revoked", { zh: "", en: "" }, { region: "510100", verified: "true" }),
    );
    await expect(echo(dial(port, credentials), "hello")).rejects.toThrow("closed");
    expect(await refused).toMatchObject({ code: "identity.revoked", region: "510100", verified: true });
  });

  it("never resumes a session, which would skip the certificate", async () => {
    const credentials = await newCredentials();
    const { port } = await open(() => credentials);
    const first = dial(port, credentials);
    const session = new Promise<Buffer>((resolve) => first.once("session", resolve));
    await echo(first, "a");
    const second = dial(port, credentials, { session: await session });
    await echo(second, "b");
    expect(second.isSessionReused()).toBe(false);
  });

  it.each(["GET / HTTP/1.1\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "plain words\n"])(
    "refuses plaintext %j by name",
    async (text) => {
      const credentials = await newCredentials();
      const { port, refused } = await open(() => credentials);
      const socket = connectTcp(port, "127.0.0.1", () => socket.write(text)).on("error", () => {});
      expect(await refused).toMatchObject({ code: "tls.plaintext", verified: false });
    },
  );

  it("refuses TLS 1.2 by name", async () => {
    const credentials = await newCredentials();
    const { port, refused } = await open(() => credentials);
    dial(port, credentials, { maxVersion: "TLSv1.2" });
    expect(await refused).toMatchObject({ code: "tls.version" });
  });
});

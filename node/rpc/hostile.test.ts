import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Peer } from "../identity/model.ts";
import { mustSucceed, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { CallLimits } from "./call-limits.ts";
import { LINK_TIMING } from "./peer-link.ts";
import { protocol } from "./protocol.ts";
import type { RpcServices } from "./services.ts";
import { connectRegion, makeRegion, pairRegions, type RunningServer, type TestRegion } from "./testing/federation.ts";
import { shakeHands } from "./tls-handshake.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Chongqing's link to Chengdu, for calls that no client of ours makes. */
async function connect(services: Partial<RpcServices>, limits: Partial<CallLimits> = {}) {
  // The keepalive of a node: one that notices silence within a tenth of a second gives up while megabytes are read.
  const special = { limits, timing: LINK_TIMING };
  const { clients, running, serverTrust, clientTrust, close } = await pairRegions(
    chongqing,
    chengdu,
    services,
    special,
  );
  open.push(close);
  return { link: mustSucceed(clients.link("510100")), running, serverTrust, clientTrust };
}

/** HTTP/2 by hand, for requests that a gRPC client does not send. */
async function rawSession({ endpoint }: Pick<RunningServer, "endpoint">): Promise<ClientHttp2Session> {
  const [host = "", port = ""] = endpoint.split(":");
  const socket = await shakeHands(connectTcp(Number(port), host), {
    ...{ host, timeoutMs: 5_000, credentials: () => chongqing.credentials },
    check: () => ok({ region: "510100" } as Peer),
  });
  const session = connectHttp2(`https://${endpoint}`, { createConnection: () => socket });
  session.on("error", () => {});
  open.push(() => session.destroy());
  return session;
}

/** Sends a request, or only its beginning; answers the code of the refusal, or the status, once there is one. */
function send(session: ClientHttp2Session, bytes: Buffer, isWhole: boolean): Promise<string> {
  const headers = { ":method": "POST", ":path": Audit.Checkpoint.path, "content-type": "application/grpc" };
  const stream = session.request({ ...headers, te: "trailers" });
  stream.on("error", () => {});
  stream.on("data", () => {});
  if (isWhole) stream.end(bytes);
  else stream.write(bytes);
  return new Promise((resolve) => {
    const look = (fields: IncomingHttpHeaders) => {
      const sent = fields["heliu-error-bin"];
      if (typeof sent === "string") resolve(JSON.parse(Buffer.from(sent, "base64").toString("utf8")).code);
      else if (fields["grpc-status"] !== undefined) resolve(`status ${fields["grpc-status"]}`);
    };
    stream.on("response", look);
    stream.on("trailers", look);
  });
}

const { Settlement, Audit, Trust } = protocol();
const message = { messageId: "01", kind: "Declare", lane: "a", traceId: "", body: Buffer.from("null") };

describe("a refusal that repeats what a peer wrote", () => {
  it("reaches it although a character was cut in half", async () => {
    const { link } = await connect({ outbox: { receive: async () => ok(null) } });
    const kind = `${"a".repeat(39)}😀`;
    expect(await link.unary(Settlement.Declare, { ...message, kind })).toMatchObject({
      error: { code: "MESSAGE_KIND" },
    });
    expect(await link.unary(Settlement.Declare, message)).toMatchObject({ ok: true });
  });

  it.each([1_000, 100_000, 4_000_000])("reaches it by its code when the text is %i characters long", async (length) => {
    const refuse = refusals({ AUDIT_NOT_PARTY: "forbidden" });
    const { link } = await connect({
      audit: {
        ...({} as RpcServices["audit"]),
        proofForPeer: async (_peer, index): Promise<Result<string>> =>
          refuse("AUDIT_NOT_PARTY", { zh: `第 ${index} 条`, en: `leaf ${index}` }, { index }),
      },
    });
    const request = { messageId: "01", index: "9".repeat(length) };
    expect(await link.unary(Audit.Proof, request)).toMatchObject({ error: { code: "AUDIT_NOT_PARTY" } });
    expect(await link.unary(Audit.Proof, { ...request, index: "7" })).toMatchObject({
      error: { code: "AUDIT_NOT_PARTY", details: { index: "7" } },
    });
  });
});

const head = { head: async () => ({ note: "n" }) } as RpcServices["audit"];

/** Announces 16 bytes and sends three. */
const half = Buffer.from([0, 0, 0, 0, 16, 1, 2, 3]);
const whole = Buffer.from([0, 0, 0, 0, 0]);

describe("requests that are never finished", () => {
  it("take the places of their own region for a while, and are then given up by name", async () => {
    const { running } = await connect({ audit: head }, { reading: 2, readMs: 200 });
    const session = await rawSession(running);
    const ended: string[] = [];
    // On one connection, so that the whole one comes when both places are taken.
    const requests = [send(session, half, false), send(session, half, false), send(session, whole, true)];
    await Promise.all(requests.map((request) => request.then((how) => ended.push(how))));
    expect(ended).toEqual(["RPC_REQUEST_UNFINISHED", "RPC_REQUEST_UNFINISHED", "status 0"]);
  });

  it("leave their place when their connection ends", async () => {
    const { running } = await connect({ audit: head }, { reading: 1, readMs: 60_000 });
    const session = await rawSession(running);
    void send(session, half, false);
    void send(session, half, false);
    await vi.waitFor(() => expect(running.server.connections()).toHaveLength(1));
    session.destroy();
    expect(await send(await rawSession(running), whole, true)).toBe("status 0");
  });
});

describe("more than one region may have open", () => {
  it("is refused by name, and taken again when others have ended", async () => {
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const slow = async () => {
      await finished;
      return { note: "n" };
    };
    const { link } = await connect(
      { audit: { ...head, head: slow } as RpcServices["audit"] },
      { calls: 4, streams: 2 },
    );
    const call = () => link.unary(Audit.Checkpoint, { messageId: "01" });
    const stopped = new AbortController();
    const stream = (signal?: AbortSignal) => link.serverStream(Trust.Watch, { messageId: "01" }, signal);
    const standing = stream(stopped.signal);
    // The other one stands till the end: what is taken again is not so only because nothing else is open.
    for (const one of [standing, stream()]) await one.next();
    const tooMany = { error: { kind: "unavailable", code: "RPC_TOO_MANY_CALLS" } };
    await expect(stream().next()).rejects.toMatchObject(tooMany);
    const under = [call(), call()];
    await vi.waitFor(async () => expect(await call()).toMatchObject(tooMany));
    finish();
    for (const answer of await Promise.all(under)) expect(answer).toMatchObject({ ok: true });
    expect(await call()).toMatchObject({ ok: true });
    stopped.abort();
    await standing.return(undefined);
    await vi.waitFor(() => stream().next());
  });

  it("of connections are closed, and the others go on", async () => {
    const { running } = await connect({ audit: head }, { connections: { grpc: 3, data: 0 } });
    const sessions = await Promise.all(Array.from({ length: 3 }, () => rawSession(running)));
    await vi.waitFor(() => expect(running.server.connections()).toHaveLength(3));
    const over = await rawSession(running);
    await vi.waitFor(() => expect(over.closed).toBe(true));
    expect(running.server.connections()).toHaveLength(3);
    expect(sessions.every(({ closed }) => !closed)).toBe(true);
    sessions[0]?.destroy();
    await vi.waitFor(() => expect(running.server.connections()).toHaveLength(2));
    const next = await rawSession(running);
    await vi.waitFor(() => expect(running.server.connections()).toHaveLength(3));
    expect(next.closed).toBe(false);
  });

  it("takes nothing from another region", async () => {
    const { running, serverTrust, clientTrust } = await connect(
      { audit: head },
      {
        ...{ connections: { grpc: 1, data: 0 }, calls: 1, readMs: 60_000 },
      },
    );
    const beijing = await makeRegion("110000");
    serverTrust.set([...serverTrust.current().list.regions, beijing.entry("127.0.0.1:1")], "1");
    const session = await rawSession(running);
    void send(session, half, false);
    expect(await send(session, whole, true)).toBe("RPC_TOO_MANY_CALLS");
    const clients = connectRegion(beijing, clientTrust);
    open.push(clients.close);
    const link = mustSucceed(clients.link("510100"));
    expect(await link.unary(Audit.Checkpoint, { messageId: "01" })).toMatchObject({ ok: true });
  });
});

describe("a trust list that a peer proposes", () => {
  it("is not parsed beyond any size there is, and not checked beyond any number of signatures", async () => {
    const { link, serverTrust } = await connect({});
    const propose = (bytes: Buffer) => link.unary(Trust.ProposeTrustList, { messageId: "01", signedList: bytes });
    const malformed = { error: { kind: "invalid-input", code: "trust.malformed" } };
    expect(await propose(Buffer.alloc(1_048_577, "["))).toMatchObject(malformed);
    const { list } = serverTrust.signed();
    const signatures = Array.from({ length: 201 }, () => ({ founder: "a", keyId: "k", signature: "s" }));
    expect(await propose(Buffer.from(JSON.stringify({ list, signatures })))).toMatchObject(malformed);
    const fewer = { list, signatures: signatures.slice(1) };
    expect(await propose(Buffer.from(JSON.stringify(fewer)))).toMatchObject({ ok: true });
  });
});

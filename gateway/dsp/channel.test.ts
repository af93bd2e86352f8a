import { createServer } from "node:http";
import type { TLSSocket } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Peer } from "../../node/identity/model.ts";
import { checkPeerCertificate } from "../../node/identity/peer-check.ts";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import type { OutboxMessage } from "../../node/outbox/model.ts";
import { makeRegion, StaticTrust, type TestRegion } from "../../node/rpc/testing/federation.ts";
import { listenTls, type TlsFront } from "../../node/rpc/tls-front.ts";
import { openEntry } from "../../test/fixtures/catalog-entries.ts";
import { CONSUMER, openRegion, PROVIDER, type Region } from "../../test/fixtures/two-regions.ts";
import { createDspApp } from "./app.ts";
import { createDspChannel, type DspChannel } from "./channel.ts";

const CONTEXT = "https://w3id.org/dspace/2025/1/context.jsonld";
const PATH = "/dsp/2025-1";

type Handler = (request: Request, peer: Peer | undefined) => Promise<Response> | Response;
type Arrived = { path: string; body: { [key: string]: unknown }; from: string | undefined };

let ours: TestRegion;
let theirs: TestRegion;
let other: TestRegion;
let trust: StaticTrust & { crls: { of: () => [] } };
let fronts: TlsFront[];
let dsp: DspChannel;

beforeAll(async () => {
  [ours, theirs, other] = await Promise.all([makeRegion(PROVIDER), makeRegion(CONSUMER), makeRegion("440100")]);
});
beforeEach(() => {
  trust = Object.assign(new StaticTrust(PROVIDER, []), {
    crls: { accept: async () => ok(true as const), of: (): [] => [] },
  });
  fronts = [];
  dsp = createDspChannel();
});
afterEach(async () => {
  dsp.close();
  await Promise.all(fronts.map((front) => front.close()));
});

/** An HTTPS server behind mutual TLS as a node has it; `as` is whose certificate it shows. */
async function serve(as: TestRegion, handle: Handler): Promise<string> {
  const peers = new WeakMap<object, Peer>();
  const listener = getRequestListener((request, { incoming }) => handle(request, peers.get(incoming.socket)));
  const server = createServer(listener);
  const check = (chainDer: readonly Uint8Array[]) =>
    checkPeerCertificate({ chainDer, nowMs: Date.now(), trust, crls: () => [], use: "client" });
  const front = await listenTls({
    ...{ host: "127.0.0.1", port: 0, credentials: () => as.credentials, check, protocols: ["http/1.1"] },
    onRefused: () => {},
    onSocket: (socket: TLSSocket, peer) => {
      peers.set(socket, peer);
      server.emit("connection", socket);
    },
  });
  fronts.push(front);
  return `https://127.0.0.1:${front.port}${PATH}`;
}

/** A connector that keeps what it is sent and answers with the status the test chooses. */
async function connector(as: TestRegion, arrived: Arrived[], status: (path: string) => number = () => 200) {
  return serve(as, async (request, peer) => {
    const path = new URL(request.url).pathname;
    arrived.push({ path, body: (await request.json()) as Arrived["body"], from: peer?.region });
    const code = status(path);
    const headers = code === 302 ? { location: "https://127.0.0.1:1/" } : {};
    return new Response(null, { status: code, headers });
  });
}

function list(callback: string, own = "127.0.0.1:1"): void {
  const withDsp = (region: TestRegion, address: string) => {
    const entry = region.entry(own);
    return { ...entry, endpoints: { ...entry.endpoints, dsp: address === "" ? [] : [address] } };
  };
  trust.set([withDsp(ours, ""), withDsp(theirs, callback), withDsp(other, "")], "2");
}

function connect(): void {
  dsp.connect({ trust, credentials: () => ours.credentials, runtime: systemRuntime });
}

function message(callbackAddress: string, createdAt = new Date().toISOString()): OutboxMessage {
  const body = {
    "@context": [CONTEXT],
    "@type": "ContractNegotiationEventMessage",
    providerPid: "urn:uuid:p",
    consumerPid: "urn:uuid:c",
  };
  return {
    ...{ id: "01M", peer: CONSUMER, binding: "dsp", callbackAddress, lane: "l", topic: "negotiation", createdAt },
    ...{
      kind: "ContractNegotiationEventMessage",
      body: { ...body, eventType: "FINALIZED", comment: "ours" },
      traceId: "0",
    },
  };
}

describe("a message to a connector", () => {
  it("goes to the address named for it, over mutual TLS, with the same @id on every try", async () => {
    const arrived: Arrived[] = [];
    const address = await connector(theirs, arrived);
    list(address);
    connect();
    mustSucceed(await dsp.channel.deliver(message(`${address}/`)));
    mustSucceed(await dsp.channel.deliver(message(address)));
    const body = { "@id": "urn:heliu:message:01M", "@type": "ContractNegotiationEventMessage", eventType: "FINALIZED" };
    const expected = { path: `${PATH}/negotiations/urn:uuid:c/events`, from: PROVIDER, body };
    expect(arrived).toMatchObject([expected, expected]);
    expect(arrived[0]?.body).not.toHaveProperty("comment");
  });

  it("is not sent where another region answers, however good its certificate", async () => {
    const arrived: Arrived[] = [];
    const address = await connector(other, arrived);
    list(address);
    connect();
    expect(await dsp.channel.deliver(message(address))).toMatchObject({
      error: { kind: "unavailable", code: "DSP_UNREACHABLE" },
    });
    expect(arrived).toEqual([]);
  });

  it("is not sent to an address that the list no longer names, nor after the region was suspended", async () => {
    const arrived: Arrived[] = [];
    const address = await connector(theirs, arrived);
    list("https://127.0.0.1:1/dsp/2025-1");
    connect();
    expect(await dsp.channel.deliver(message(address))).toMatchObject({ error: { code: "DSP_CALLBACK" } });
    expect(arrived).toEqual([]);
  });

  it.each([
    [503, "unavailable"],
    [404, "not-yet"],
    [409, "not-yet"],
    [400, "conflict"],
    [302, "conflict"],
  ])("answered with %i is %s", async (status, kind) => {
    const address = await connector(theirs, [], () => status);
    list(address);
    connect();
    expect(await dsp.channel.deliver(message(address))).toMatchObject({ error: { kind } });
  });

  it("answered with 404 long after it was owed is refused for good", async () => {
    const address = await connector(theirs, [], () => 404);
    list(address);
    connect();
    expect(await dsp.channel.deliver(message(address, "2026-01-01T00:00:00.000Z"))).toMatchObject({
      error: { code: "DSP_REFUSED" },
    });
  });

  it("waits while the node is still starting, or nobody answers", async () => {
    expect(await dsp.channel.deliver(message("https://127.0.0.1:1/"))).toMatchObject({
      error: { code: "DSP_NOT_CONNECTED" },
    });
    list("https://127.0.0.1:1/dsp/2025-1");
    connect();
    expect(await dsp.channel.deliver(message("https://127.0.0.1:1/dsp/2025-1"))).toMatchObject({
      error: { kind: "unavailable" },
    });
  });
});

it("lets a foreign connector reach FINALIZED with a node: request, agreement, verification, over two mutual TLS channels", async () => {
  const entries = new Map([[openEntry().id, openEntry()]]);
  const arrived: Arrived[] = [];
  let seen: (kind: string) => void = () => {};
  const callback = await serve(theirs, async (request, peer) => {
    const body = (await request.json()) as Arrived["body"];
    arrived.push({ path: new URL(request.url).pathname, body, from: peer?.region });
    seen(String(body["@type"]));
    return new Response(null, { status: 200 });
  });
  const until = (kind: string) => new Promise<void>((resolve) => (seen = (type) => type === kind && resolve()));
  const node: Region = openRegion({
    ...{
      id: PROVIDER,
      entries,
      mirrored: entries,
      channel: dsp.channel,
      trust,
      signer: ours.signer,
      nowMs: Date.now(),
    },
  });
  const peers = new WeakMap<object, Peer>();
  const app = createDspApp({
    ...node,
    config: { region: { id: PROVIDER } },
    catalog: { get: async () => ok(openEntry()), list: async () => ({ items: [openEntry()], next: null }) },
    sources: { kindFor: async () => "csv" },
    logger: silentLogger,
    peerOf: (socket) => peers.get(socket),
  });
  const address = await serve(ours, (request, peer) => {
    const socket = {};
    if (peer !== undefined) peers.set(socket, peer);
    return app.fetch(request, { incoming: { socket } });
  });
  list(callback, "127.0.0.1:1");
  connect();
  node.outbox.start();

  // The connector's own messages, by the same client code with the other region's leaf.
  const post = async (path: string, body: object) =>
    (await callAs(theirs, `${address}${path}`, body)) as { [key: string]: string };
  const catalog = (await post("/catalog/request", {
    "@context": [CONTEXT],
    "@type": "CatalogRequestMessage",
  })) as never as {
    dataset: [{ "@id": string; hasPolicy: [object] }];
  };
  const [dataset] = catalog.dataset;
  const offer = { ...dataset.hasPolicy[0], target: dataset["@id"], assigner: `urn:heliu:region:${PROVIDER}` };
  const agreed = until("ContractAgreementMessage");
  const request = {
    "@context": [CONTEXT],
    "@type": "ContractRequestMessage",
    consumerPid: "urn:uuid:c",
    callbackAddress: callback,
    offer,
  };
  const { providerPid = "" } = await post("/negotiations/request", request);
  await agreed;
  const finalized = until("ContractNegotiationEventMessage");
  const verification = {
    "@context": [CONTEXT],
    "@type": "ContractAgreementVerificationMessage",
    providerPid,
    consumerPid: "urn:uuid:c",
  };
  await post(`/negotiations/${providerPid}/agreement/verification`, verification);
  await finalized;
  await node.outbox.stop();

  expect(arrived.map(({ path, from }) => [path.slice(PATH.length), from])).toEqual([
    ["/negotiations/urn:uuid:c/agreement", PROVIDER],
    ["/negotiations/urn:uuid:c/events", PROVIDER],
  ]);
  expect(await node.negotiations.findForPeer(CONSUMER, providerPid)).toMatchObject({
    value: { state: "FINALIZED", mode: "auto" },
  });
});

async function callAs({ credentials }: TestRegion, url: string, body: object): Promise<unknown> {
  const { request } = await import("node:https");
  const { certificatePem: cert, keyPem: key } = credentials;
  return new Promise((resolve, reject) => {
    const call = request(
      url,
      { method: "POST", cert, key, rejectUnauthorized: false, headers: { "content-type": "application/json" } },
      (response) => {
        let text = "";
        response.on("data", (chunk) => (text += chunk));
        response.on("end", () => resolve(JSON.parse(text)));
      },
    );
    call.on("error", reject);
    call.end(JSON.stringify(body));
  });
}

import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import type { Frame, PullControl } from "../transfer/wire.ts";
import type { RpcServices } from "./services.ts";
import {
  connectRegion,
  issueCredentials,
  makeRegion,
  type Pair,
  pairRegions,
  type TestRegion,
} from "./testing/federation.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Chongqing calls Chengdu, which offers `services`. */
async function connect(services: Partial<RpcServices>): Promise<Pair> {
  const pair = await pairRegions(chongqing, chengdu, services);
  open.push(pair.close);
  return pair;
}

const message: OutboxMessage = {
  id: "01JADE",
  peer: "510100",
  binding: "grpc",
  lane: "urn:uuid:1",
  topic: "negotiation",
  kind: "ContractRequestMessage",
  body: { consumerPid: "urn:uuid:1", sender: "110000" },
  createdAt: "2026-10-05T08:00:00.000Z",
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
};

const inbox = (answer: (message: InboundMessage) => Result<Answer>) => ({
  outbox: { receive: async (inbound: InboundMessage) => answer(inbound) },
});

describe("a message to a peer", () => {
  it("arrives under the name of the channel, whatever its body claims", async () => {
    const seen: InboundMessage[] = [];
    const { clients } = await connect(
      inbox((inbound) => {
        seen.push(inbound);
        return ok({ providerPid: "urn:uuid:2" });
      }),
    );
    expect(await clients.peer.deliver(message)).toEqual(ok({ providerPid: "urn:uuid:2" }));
    const { id, kind, body, topic, traceId } = message;
    expect(seen).toEqual([{ id, kind, body, topic, traceId, peer: "500000", binding: "grpc" }]);
  });

  it("brings a refusal back whole", async () => {
    const error = {
      kind: "policy-denied",
      code: "PURPOSE_NOT_ALLOWED",
      text: { zh: "用途不符", en: "purpose" },
      details: { rule: "policy.purpose" },
    } as const;
    const { clients } = await connect(inbox(() => ({ ok: false, error })));
    expect(await clients.peer.deliver(message)).toEqual({ ok: false, error });
  });

  it("learns nothing of a bug at the other side, and is worth another try", async () => {
    const { clients } = await connect(
      inbox(() => {
        throw new Error("secret /var/lib/heliu");
      }),
    );
    const answer = await clients.peer.deliver(message);
    expect(answer).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    expect(JSON.stringify(answer)).not.toContain("secret");
  });

  it("is refused where the trust list does not grant the region that service", async () => {
    const { clients, running, serverTrust } = await connect(inbox(() => ok(null)));
    const silenced = { ...chongqing.entry("127.0.0.1:1"), capabilities: ["catalog"] };
    serverTrust.set([chengdu.entry(running.endpoint), silenced], "2");
    expect(await clients.peer.deliver(message)).toMatchObject({
      error: { code: "authz.capability", details: { capability: "negotiation" } },
    });
  });

  it("that names no kind is refused before anyone looks at its body", async () => {
    const { clients } = await connect(inbox(() => ok(null)));
    expect(await clients.peer.deliver({ ...message, kind: "" })).toMatchObject({
      error: { code: "MESSAGE_MALFORMED", details: { field: "kind" } },
    });
  });
});

describe("a connection", () => {
  it("is not made to a server of another region, and the error says so", async () => {
    const { clients, running, clientTrust } = await connect(inbox(() => ok(null)));
    // The list of the client points 110000 to Chengdu's address.
    const beijing = { ...(await makeRegion("110000")).entry(running.endpoint) };
    clientTrust.set([...clientTrust.current().list.regions, beijing], "1");
    expect(await clients.peer.deliver({ ...message, peer: "110000" })).toMatchObject({
      error: { kind: "unavailable", details: { reason: "identity.wrong_region" } },
    });
  });

  it("of a region that the server does not know is refused by name at the server", async () => {
    const { running, clientTrust } = await connect(inbox(() => ok(null)));
    const clients = connectRegion(await makeRegion("110000"), clientTrust);
    open.push(clients.close);
    expect(await clients.peer.deliver(message)).toMatchObject({ error: { kind: "unavailable" } });
    expect(running.refused[0]).toMatchObject({ code: "trust.unknown_region", verified: false });
  });

  it("presents the leaf that is in force when it is made", async () => {
    const { running, clientTrust } = await connect(inbox(() => ok(null)));
    const renewed = { ...chongqing, credentials: await issueCredentials(chongqing) };
    const node = { ...chongqing };
    const clients = connectRegion(node, clientTrust);
    open.push(clients.close);
    await clients.peer.deliver(message);
    Object.assign(node, { credentials: renewed.credentials });
    await clients.peer.deliver(message);
    clients.catalog.reset("510100");
    await clients.peer.deliver(message);
    const [first, second, ...more] = running.peers.map(({ leafSerial }) => leafSerial);
    expect(more).toEqual([]);
    expect(second).not.toBe(first);
  });

  it("is closed with its streams when the peer is suspended", async () => {
    const { clients, running, serverTrust } = await connect({
      federation: {
        serve: async function* (_peer, _from, signal) {
          yield batch;
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
        snapshot: async function* () {},
      },
    });
    const batches = clients.catalog.subscribe("510100", "0", new AbortController().signal)[Symbol.asyncIterator]();
    expect((await batches.next()).value).toEqual(batch);
    serverTrust.set([chengdu.entry(running.endpoint), { ...chongqing.entry("x:1"), status: "suspended" }], "2");
    running.server.recheck();
    await expect(batches.next()).rejects.toMatchObject({ error: { kind: "unavailable" } });
    expect(running.server.connections()).toEqual([]);
  });

  it("is closed from the calling side too, when the region it called is no longer trusted", async () => {
    const { clients, running } = await connect({
      federation: {
        serve: async function* (_peer, _from, signal) {
          yield batch;
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
        snapshot: async function* () {},
      },
    });
    const batches = clients.catalog.subscribe("510100", "0", new AbortController().signal)[Symbol.asyncIterator]();
    expect((await batches.next()).value).toEqual(batch);
    const asked: string[] = [];
    clients.recheck(({ region }) => {
      asked.push(region);
      return refusals({ "identity.revoked": "forbidden" })("identity.revoked", { zh: "已吊销", en: "revoked" });
    });
    await expect(batches.next()).rejects.toMatchObject({ error: { kind: "unavailable" } });
    expect(asked).toEqual(["510100"]);
    await vi.waitFor(() => expect(running.server.connections()).toEqual([]));
  });

  it("shows both sides each other's trust list version", async () => {
    const followed: [string, bigint][] = [];
    const seen: [string, bigint][] = [];
    const services = inbox(() => ok(null));
    const { clients, close } = await pairRegions(chongqing, chengdu, services, {
      follow: async (region, version) => {
        followed.push([region, version]);
        return ok(true);
      },
      ...{ serverVersion: "4", clientVersion: "7", sawListVersion: (...saw) => seen.push(saw) },
    });
    open.push(close);
    await clients.peer.deliver(message);
    expect(followed).toEqual([["500000", 7n]]);
    expect(seen).toEqual([["510100", 4n]]);
  });
});

const batch = {
  region: "510100",
  previousHead: "0".repeat(64),
  changes: [
    { sequence: "1", change: '{"a":"b"}', salt: "00", hash: "aa" },
    { sequence: "2", change: null, salt: null, hash: "bb" },
  ],
  sequence: "2",
  head: "1".repeat(64),
  at: "2026-10-05T08:00:00.000Z",
  keyId: "ed25519:0",
  signature: "c2ln",
};

describe("a subscription", () => {
  it("tells a hidden change from a visible one, and ends when the reader is told to stop", async () => {
    let aborted = () => {};
    const sourceStopped = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const { clients } = await connect({
      federation: {
        serve: async function* (peer, from, signal) {
          signal.addEventListener("abort", aborted);
          yield { ...batch, region: peer.region, sequence: from };
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
        },
        snapshot: async function* () {},
      },
    });
    const stop = new AbortController();
    const received: unknown[] = [];
    for await (const one of clients.catalog.subscribe("510100", "17", stop.signal)) {
      received.push(one);
      stop.abort();
    }
    expect(received).toEqual([{ ...batch, region: "500000", sequence: "17" }]);
    await sourceStopped;
  });
});

describe("a pull stream", () => {
  it("carries controls one way and frames the other at the same time", async () => {
    const { clients } = await connect({
      transfers: {
        pull: async function* (_peer, controls): AsyncGenerator<Frame> {
          for await (const control of controls) {
            if (control.kind === "cancel") return;
            yield { kind: "data", bytes: Buffer.from(control.kind) };
          }
        },
        invoke: async () => {
          throw new Error("not called");
        },
      },
    });
    const queue: PullControl[] = [
      { kind: "open", transferPid: "urn:uuid:3", fromBatch: "1", consumerKeyId: "k" },
      { kind: "missing", fromSeq: "1" },
      { kind: "cancel" },
    ];
    let give = () => {};
    const controls = (async function* () {
      for (const control of queue) {
        yield control;
        await new Promise<void>((resolve) => {
          give = resolve;
        });
      }
    })();
    const received: string[] = [];
    for await (const frame of clients.data.pull("510100", controls)) {
      if (frame.kind === "data") received.push(Buffer.from(frame.bytes).toString());
      give();
    }
    expect(received).toEqual(["open", "missing"]);
  });

  it("stops the provider when its reader stops", async () => {
    let stopped = () => {};
    const providerStopped = new Promise<void>((resolve) => {
      stopped = resolve;
    });
    const { clients } = await connect({
      transfers: {
        pull: async function* (): AsyncGenerator<Frame> {
          try {
            for (;;) yield { kind: "data", bytes: Buffer.alloc(1_048_576) };
          } finally {
            stopped();
          }
        },
        invoke: async () => {
          throw new Error("not called");
        },
      },
    });
    const controls = (async function* (): AsyncGenerator<PullControl> {
      yield { kind: "open", transferPid: "urn:uuid:3", fromBatch: "1", consumerKeyId: "k" };
      await new Promise(() => {});
    })();
    for await (const _frame of clients.data.pull("510100", controls)) break;
    await providerStopped;
  });
});

describe("a region with several addresses", () => {
  it("is reached at whichever answers", async () => {
    const { clients, running, clientTrust } = await connect(inbox(() => ok("here")));
    const moved = {
      ...chengdu.entry(running.endpoint),
      endpoints: { rpc: ["127.0.0.1:1", running.endpoint], dsp: [] },
    };
    clientTrust.set([moved, chongqing.entry("127.0.0.1:1")], "1");
    expect(await clients.peer.deliver(message)).toMatchObject({ error: { kind: "unavailable" } });
    expect(await clients.peer.deliver(message)).toEqual(ok("here"));
    expect(await clients.peer.deliver(message)).toEqual(ok("here"));
  });
});

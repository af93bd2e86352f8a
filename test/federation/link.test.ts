import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { createFederation } from "../../node/federation/service.ts";
import { sourceRegion } from "../../node/federation/testing/source-region.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import { systemRuntime } from "../../node/kernel/runtime.ts";
import { systemScheduler } from "../../node/kernel/scheduler.ts";
import type { OutboxMessage } from "../../node/outbox/model.ts";
import { checkPeer } from "../../node/rpc/check-peer.ts";
import {
  connectRegion,
  makeRegion,
  StaticTrust,
  serveRegion,
  type TestRegion,
} from "../../node/rpc/testing/federation.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";
import { startFaultProxy } from "../../scripts/soak/fault-proxy.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Chongqing reaches Chengdu through a link that can be made bad; Chengdu's catalogue is `source`. */
async function connect() {
  const source = sourceRegion("510100", { seed: 51 });
  const serverTrust = new StaticTrust("510100", []);
  const served: string[] = [];
  const running = await serveRegion(chengdu, serverTrust, {
    federation: {
      serve: (_peer, from, signal) => {
        served.push(from);
        return source.serve(from, signal, systemScheduler, 50);
      },
      snapshot: async function* () {},
    },
    outbox: { receive: async ({ kind }) => ok(kind) },
  });
  const proxy = await startFaultProxy({ host: "127.0.0.1", port: running.front.port });
  const regions = [chengdu.entry(proxy.endpoint), chongqing.entry("127.0.0.1:1")];
  serverTrust.set(regions, "1");
  const trust = new StaticTrust("500000", regions);
  const clients = connectRegion(chongqing, trust);
  open.push(running.stop, proxy.close, clients.close);
  return { source, proxy, clients, trust, served };
}

type Connected = Awaited<ReturnType<typeof connect>>;

function mirror({ clients, trust }: Connected, staleAfterMs = 10_000) {
  const federation = createFederation({
    ...{ store: openMemoryStore(), runtime: systemRuntime, scheduler: systemScheduler },
    ...{ logger: silentLogger, metrics: noMetrics, region: "500000", trust, staleAfterMs },
    catalog: sourceRegion("500000").catalog,
    channel: clients.catalog,
  });
  federation.start();
  open.push(federation.stop);
  const has = (id: string) =>
    new Promise<void>((resolve) => {
      const look = async () => {
        if (!(await federation.entry("510100", id)).ok) return;
        stop();
        resolve();
      };
      const stop = federation.onChange(() => void look());
      void look();
    });
  return { federation, has };
}

const message: OutboxMessage = {
  ...{ id: "01JADE", peer: "510100", binding: "grpc", lane: "l", topic: "negotiation", kind: "ContractRequestMessage" },
  ...{ body: {}, createdAt: "2026-10-05T08:00:00.000Z", traceId: "4bf92f3577b34da6a3ce929d0e0e4736" },
};

describe("a mirror over a real link", () => {
  it("catches up after the link was cut, from where it stood", async () => {
    const connected = await connect();
    const { source, proxy, served } = connected;
    await source.publish("a");
    const { has } = mirror(connected);
    await has("a");
    proxy.cut();
    await source.publish("b");
    proxy.resume();
    await has("b");
    expect(served[0]).toBe("0");
    expect(new Set(served.slice(1))).toEqual(new Set(["1"]));
  });

  it("notices a half-open link and catches up once it is whole", async () => {
    const connected = await connect();
    const { source, proxy, clients } = connected;
    await source.publish("a");
    const { has } = mirror(connected);
    await has("a");
    proxy.halfOpen();
    await source.publish("b");
    // The call would hang for ever if nobody noticed that nothing comes back.
    expect(await clients.peer.deliver(message)).toMatchObject({ ok: false, error: { kind: "unavailable" } });
    proxy.resume();
    await has("b");
  });
});

describe("the walk to a peer", () => {
  const walk = ({ clients, trust }: Connected) =>
    checkPeer({ trust, clients, credentials: () => chongqing.credentials, timeoutMs: 500 }, "510100");

  it("names every step that holds", async () => {
    const connected = await connect();
    await connected.source.publish("a");
    const steps = await walk(connected);
    expect(steps).toMatchObject({ ok: true });
    if (!steps.ok) return;
    expect(steps.value.map(({ step, ok: holds }) => [step, holds])).toEqual([
      ["name", true],
      ["tcp", true],
      ["tls", true],
      ["identity", true],
      ["version", true],
      ["catalogue", true],
    ]);
    expect(steps.value[3]?.detail).toBe("spiffe://r510100.heliu/node/main");
  });

  it("names the step that fails and takes none after it", async () => {
    const connected = await connect();
    connected.proxy.halfOpen();
    const silent = await walk(connected);
    expect(silent).toMatchObject({ value: [{ step: "name" }, { step: "tcp", ok: true }, { step: "tls", ok: false }] });
    await connected.proxy.close();
    const gone = await walk(connected);
    expect(gone).toMatchObject({ value: [{ step: "name" }, { step: "tcp", ok: false }] });
  });

  it("says that it is another region's node that answers", async () => {
    const connected = await connect();
    const { trust, proxy } = connected;
    // The list gives 510100 to whoever holds the authority of 110000; Chengdu's node answers at its address.
    const other = (await makeRegion("110000")).entry(proxy.endpoint);
    trust.set([{ ...other, id: "510100" }, chongqing.entry("127.0.0.1:1")], "2");
    const steps = await walk(connected);
    expect(steps).toMatchObject({ value: [{}, {}, { step: "tls", ok: true }, { step: "identity", ok: false }] });
  });
});

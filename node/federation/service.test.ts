import { afterEach, describe, expect, it } from "vitest";
import type { TrustedRegion } from "../identity/model.ts";
import { silentLogger } from "../kernel/logger.ts";
import { noMetrics } from "../kernel/metrics.ts";
import { systemRuntime } from "../kernel/runtime.ts";
import { type Scheduler, systemScheduler } from "../kernel/scheduler.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { CatalogChannel } from "./model.ts";
import { createFederation, type Federation } from "./service.ts";
import { peerOf, sourceRegion } from "./testing/source-region.ts";

type Source = ReturnType<typeof sourceRegion>;

/** Retries come at once; silence is never noticed by time, only where a test says so. */
const eager: Scheduler = {
  after: (ms, run) => (ms > 5_000 ? () => {} : systemScheduler.after(0, run)),
};

const running: Federation[] = [];
afterEach(async () => {
  for (const federation of running.splice(0)) await federation.stop();
});

/** Chongqing mirrors what `sources` serve; `sources` may be replaced to play a peer that was restored from a backup. */
function mirrorOf(sources: Map<string, Source>, channel?: CatalogChannel, scheduler: Scheduler = eager) {
  const region = (id: string) => ({ id, name: `region ${id}`, status: "active" }) as TrustedRegion;
  const federation = createFederation({
    ...{ store: openMemoryStore(), runtime: systemRuntime, logger: silentLogger, metrics: noMetrics, scheduler },
    region: "500000",
    trust: {
      current: () => undefined,
      region,
      statementKey: (id, keyId) => sources.get(id)?.statementKey(id, keyId),
      peers: () => [...sources.keys()].map(region),
    },
    catalog: sourceRegion("500000").catalog,
    channel: channel ?? {
      subscribe: (id, from, signal) => (sources.get(id) as Source).serve(from, signal, systemScheduler),
    },
    staleAfterMs: 6_000,
  });
  federation.start();
  running.push(federation);
  return federation;
}

/** Resolves once the mirror of 510100 holds exactly these entries, by their names. */
function holds(federation: Federation, names: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const look = async () => {
      const found: string[] = [];
      for await (const { entry } of federation.entries()) found.push(entry.name);
      if (JSON.stringify(found.sort()) === JSON.stringify([...names].sort())) {
        stop();
        resolve();
      }
    };
    const stop = federation.onChange(() => void look());
    void look();
  });
}

async function publishAll(source: Source, names: readonly string[]): Promise<void> {
  for (const name of names) await source.publish(name);
}

describe("a mirror", () => {
  it("takes what is there and then each change as it comes", async () => {
    const chengdu = sourceRegion("510100");
    await publishAll(chengdu, ["a", "b"]);
    const federation = mirrorOf(new Map([["510100", chengdu]]));
    await holds(federation, ["a", "b"]);
    await chengdu.publish("c");
    await chengdu.withdraw("a");
    await holds(federation, ["b", "c"]);
    expect(await federation.entry("510100", "a")).toMatchObject({ error: { code: "ENTRY_NOT_FOUND" } });
    expect(await federation.entry("510100", "c")).toMatchObject({ value: { name: "c" } });
    expect(await federation.freshness()).toMatchObject([
      { region: "510100", state: "live", sequence: "4", reason: null },
    ]);
  });

  it("is not held up by a change it may not see", async () => {
    const chengdu = sourceRegion("510100");
    await chengdu.publish("a");
    await chengdu.hide("secret");
    await chengdu.publish("b");
    await holds(mirrorOf(new Map([["510100", chengdu]])), ["a", "b"]);
  });

  it("tells its followers each entry once, in order, from any position", async () => {
    const chengdu = sourceRegion("510100");
    await publishAll(chengdu, ["a", "b", "c"]);
    await chengdu.publish("a", "a again");
    await chengdu.withdraw("b");
    const federation = mirrorOf(new Map([["510100", chengdu]]));
    await holds(federation, ["c", "a again"]);
    const changes = await federation.changesAfter("510100", "0", 10);
    expect(changes.map(({ position, id, entry }) => [position, id, entry?.name])).toEqual([
      ["3", "c", "c"],
      ["4", "a", "a again"],
      ["5", "b", undefined],
    ]);
    expect(await federation.changesAfter("510100", "4", 10)).toMatchObject([{ id: "b", entry: null }]);
    expect(await federation.positions()).toEqual({ "510100": "5" });
  });

  it("is rebuilt from the beginning when the peer's history has changed, and says why", async () => {
    const sources = new Map([["510100", sourceRegion("510100")]]);
    let link = new AbortController();
    const federation = mirrorOf(sources, {
      subscribe: (id, from, signal) => {
        link = new AbortController();
        return (sources.get(id) as Source).serve(from, AbortSignal.any([signal, link.signal]), systemScheduler);
      },
    });
    await publishAll(sources.get("510100") as Source, ["a", "b", "c"]);
    await holds(federation, ["a", "b", "c"]);
    const before = await federation.changesAfter("510100", "0", 10);

    const restored = sourceRegion("510100");
    await publishAll(restored, ["a", "x", "y", "z"]);
    sources.set("510100", restored);
    link.abort();
    await holds(federation, ["a", "x", "y", "z"]);

    const after = await federation.changesAfter("510100", "3", 10);
    expect(before.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    // What is the same in both histories is no change to a follower.
    expect(after.map(({ id, entry }) => [id, entry !== null])).toEqual([
      ["x", true],
      ["y", true],
      ["z", true],
      ["b", false],
      ["c", false],
    ]);
  });

  it("is rebuilt when the peer has fewer changes than it had", async () => {
    const sources = new Map([["510100", sourceRegion("510100")]]);
    let link = new AbortController();
    const federation = mirrorOf(sources, {
      subscribe: (id, from, signal) => {
        link = new AbortController();
        return (sources.get(id) as Source).serve(from, AbortSignal.any([signal, link.signal]), systemScheduler);
      },
    });
    await publishAll(sources.get("510100") as Source, ["a", "b"]);
    await holds(federation, ["a", "b"]);
    sources.set("510100", sourceRegion("510100"));
    link.abort();
    await holds(federation, []);
  });

  it("keeps what it has and names the reason when a batch is forged", async () => {
    const chengdu = sourceRegion("510100");
    const forger = sourceRegion("510100", { seed: 9 });
    await chengdu.publish("a");
    await publishAll(forger, ["forged", "forged too"]);
    let isForged = false;
    let refusedAgain = () => {};
    const twice = new Promise<void>((resolve) => {
      refusedAgain = resolve;
    });
    let attempts = 0;
    let link = new AbortController();
    const federation = mirrorOf(new Map([["510100", chengdu]]), {
      subscribe: (_id, from, signal) => {
        link = new AbortController();
        if (isForged && ++attempts === 2) refusedAgain();
        return (isForged ? forger : chengdu).serve(from, AbortSignal.any([signal, link.signal]), systemScheduler);
      },
    });
    await holds(federation, ["a"]);
    isForged = true;
    link.abort();
    await twice;
    await holds(federation, ["a"]);
    expect(await federation.freshness()).toMatchObject([{ state: "stale", reason: { code: "FED_UNKNOWN_KEY" } }]);
  });

  it("gives up a link on which nothing is heard, and connects anew", async () => {
    const chengdu = sourceRegion("510100");
    await chengdu.publish("a");
    const resets: string[] = [];
    let attempts = 0;
    const federation = mirrorOf(
      new Map([["510100", chengdu]]),
      {
        async *subscribe(_id, from, signal) {
          attempts += 1;
          if (attempts === 1) await new Promise((resolve) => signal.addEventListener("abort", resolve));
          else yield* chengdu.serve(from, signal, systemScheduler);
        },
        reset: (region) => resets.push(region),
      },
      // The first timer is the silence of the first attempt; from then on silence never comes.
      { after: (ms, run) => (ms > 5_000 && attempts > 0 ? () => {} : systemScheduler.after(0, run)) },
    );
    await holds(federation, ["a"]);
    expect(resets).toEqual(["510100"]);
  });
});

describe("a feed", () => {
  it("begins with the signed head when there is nothing to send, so that the subscriber knows it is live", async () => {
    const chengdu = sourceRegion("510100");
    const stop = new AbortController();
    const batches = chengdu.serve("0", stop.signal, systemScheduler);
    expect((await batches.next()).value).toMatchObject({ sequence: "0", changes: [] });
    stop.abort();
    expect((await batches.next()).done).toBe(true);
  });

  it("of a snapshot ends at the head", async () => {
    const chengdu = sourceRegion("510100");
    await publishAll(chengdu, ["a", "b"]);
    const federation = createFederation({
      ...{ store: openMemoryStore(), runtime: systemRuntime, logger: silentLogger, metrics: noMetrics },
      ...{ scheduler: systemScheduler, region: "510100", catalog: chengdu.catalog },
      trust: { current: () => undefined, region: () => undefined, statementKey: () => undefined, peers: () => [] },
      channel: { subscribe: async function* () {} },
    });
    const sizes: number[] = [];
    for await (const { changes } of federation.snapshot(peerOf("500000"), new AbortController().signal)) {
      sizes.push(changes.length);
    }
    expect(sizes).toEqual([2, 0]);
  });
});

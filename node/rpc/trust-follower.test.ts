import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { err, ok, type Result } from "../kernel/exchange-error.ts";
import { silentLogger } from "../kernel/logger.ts";
import { systemScheduler } from "../kernel/scheduler.ts";
import { makeRegion, pairRegions, StaticTrust, type TestRegion } from "./testing/federation.ts";
import { createTrustFollower } from "./trust-follower.ts";

let chengdu: TestRegion;
let chongqing: TestRegion;
beforeAll(async () => {
  [chengdu, chongqing] = await Promise.all([makeRegion("510100"), makeRegion("500000")]);
});

const open: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** Chongqing follows the trust of Chengdu, whose server it can reach. */
async function follow() {
  const { clients, serverTrust: theirs, clientTrust: ours, close } = await pairRegions(chongqing, chengdu, {});
  const { regions } = theirs.current().list;
  const deps = { trust: ours, channel: clients.trust, scheduler: systemScheduler, logger: silentLogger };
  const follower = createTrustFollower(deps);
  open.push(close, follower.stop);
  return { theirs, ours, follower, regions };
}

const reaches = (trust: StaticTrust, version: string) =>
  new Promise<void>((resolve) => {
    const look = () => {
      if (trust.current().list.version === version) resolve();
    };
    trust.onChange(look);
    look();
  });

describe("the trust follower", () => {
  it("fetches the list of a peer that shows a higher version", async () => {
    const { theirs, ours, follower, regions } = await follow();
    theirs.set(regions, "3");
    expect(await follower.follow("510100", 3n)).toEqual(ok(true));
    expect(ours.current().list.version).toBe("3");
  });

  it("asks nobody about a version it has already", async () => {
    const { follower } = await follow();
    expect(await follower.follow("999999", 1n)).toEqual(ok(true));
  });

  it("refuses to go on with a peer whose higher version it cannot get", async () => {
    const { follower } = await follow();
    expect(await follower.follow("510100", 9n)).toMatchObject({ error: { kind: "unavailable", code: "trust.behind" } });
  });

  it("hears of a suspension and of revoked leaves by itself", async () => {
    const { theirs, ours, follower, regions } = await follow();
    theirs.crl = Buffer.from("crl");
    follower.start();
    theirs.set([...regions, { ...(await makeRegion("110000")).entry("127.0.0.1:1"), status: "suspended" }], "2");
    await reaches(ours, "2");
    expect(ours.region("110000")?.status).toBe("suspended");
    expect(ours.heardCrls[0]?.[0]).toBe("510100");
    expect(ours.heardCrls[0]?.[1]).toContain(Buffer.from("crl").toString("base64"));
  });
});

describe("a trust follower whose store fails", () => {
  const failing = async () => {
    const trust = new StaticTrust("500000", [chengdu.entry("127.0.0.1:1"), chongqing.entry("127.0.0.1:1")]);
    let heard = 0;
    const channel = {
      list: () => Promise.reject(new Error("the disk is full")),
      async *watch() {
        heard += 1;
        yield { listVersion: 0n, crl: Buffer.from("crl") };
      },
    };
    const full = Object.assign(Object.create(trust), {
      crls: { accept: () => Promise.reject(new Error("the disk is full")) },
    });
    const waits: (() => void)[] = [];
    const scheduler = {
      after: (_ms: number, run: () => void) => {
        waits.push(run);
        return () => {};
      },
    };
    const follower = createTrustFollower({ trust: full, channel, scheduler, logger: silentLogger });
    open.push(follower.stop);
    return { follower, heard: () => heard, again: () => waits.shift()?.() };
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("says so to who asked for the newer list, and leaves no rejection that would end the process", async () => {
    const { follower } = await failing();
    expect(await follower.follow("510100", 9n)).toMatchObject({ error: { code: "trust.behind" } });
  });

  it("goes on listening to the peer", async () => {
    const { follower, heard, again } = await failing();
    follower.start();
    await turn();
    again();
    await turn();
    expect(heard()).toBe(2);
  });
});

describe("a stream of a caller with a newer trust list", () => {
  const subscribe = async (followed: Result<unknown>) => {
    const services = {
      federation: {
        serve: async function* () {
          yield* [];
        },
        snapshot: async function* () {},
      },
    };
    const { clients, close } = await pairRegions(chongqing, chengdu, services, {
      ...{ follow: async () => followed, clientVersion: "2" },
    });
    open.push(close);
    for await (const _batch of clients.catalog.subscribe("510100", "0", new AbortController().signal)) return;
  };

  it("starts once the server has fetched it", async () => {
    await subscribe(ok(true));
  });

  it("does not start while the server cannot get it", async () => {
    const behind = err({ kind: "unavailable", code: "trust.behind", text: { zh: "", en: "" } });
    await expect(subscribe(behind)).rejects.toMatchObject({ error: { code: "trust.behind" } });
  });
});

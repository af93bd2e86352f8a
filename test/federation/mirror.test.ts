import { afterEach, describe, expect, it } from "vitest";
import { type Harness, sampleEntries, startRegions, until } from "./harness.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const [first, second, third] = sampleEntries(CHENGDU);
if (first === undefined || second === undefined || third === undefined) throw new Error("too few sample entries");

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

async function start(options: Partial<Parameters<typeof startRegions>[0]> = {}): Promise<Harness> {
  harness = await startRegions({ regions: [CHENGDU, CHONGQING], faults: true, ...options });
  return harness;
}

/** Resolves once Chongqing's own search shows the entry as Chengdu's. */
function isFound({ region }: Harness, entry: { readonly id: string; readonly name: string }) {
  return until(async () => {
    const { items } = await region(CHONGQING).node().search.query({ q: entry.name, limit: 20 });
    return items.find((item) => item.region === CHENGDU && item.id === entry.id);
  });
}

const stateOf = (regions: Harness) => regions.freshness(CHONGQING, CHENGDU);

describe("what one region publishes", () => {
  it("is pushed to the other and found there", async () => {
    const regions = await start({ faults: false });
    await regions.region(CHENGDU).publish([first]);
    const hit = await isFound(regions, first);
    expect(hit).toMatchObject({ region: CHENGDU, name: first.name });
    expect(await stateOf(regions)).toMatchObject({ state: "live", sequence: "1", reason: null });
  });

  it("is gone at the other once it is withdrawn", async () => {
    const regions = await start({ faults: false });
    const chengdu = regions.region(CHENGDU);
    await chengdu.publish([first, second]);
    await isFound(regions, first);
    await chengdu.node().catalog.withdraw(chengdu.as("approver"), first.id, "重复发布");
    await until(async () => !(await regions.region(CHONGQING).node().federation.entry(CHENGDU, first.id)).ok);
    await isFound(regions, second);
  });

  it("waits behind a cut link and arrives when it heals", async () => {
    const regions = await start();
    await regions.region(CHENGDU).publish([first]);
    await isFound(regions, first);
    regions.region(CHENGDU).proxy().cut();
    await regions.region(CHENGDU).publish([second]);
    await until(async () => (await stateOf(regions))?.state === "stale");
    regions.region(CHENGDU).proxy().resume();
    await isFound(regions, second);
    expect(await stateOf(regions)).toMatchObject({ state: "live", sequence: "2" });
  });

  it("is still there after both regions were stopped and started again", async () => {
    const regions = await start();
    await regions.region(CHENGDU).publish([first]);
    await isFound(regions, first);
    await Promise.all([CHENGDU, CHONGQING].map((id) => regions.region(id).stop()));
    await regions.region(CHONGQING).start();
    await isFound(regions, first);
    await regions.region(CHENGDU).start();
    await regions.region(CHENGDU).publish([second]);
    await isFound(regions, second);
  });
});

describe("a link that went silent", () => {
  it("is noticed, named, and used again once it is whole", async () => {
    const regions = await start();
    await regions.region(CHENGDU).publish([first]);
    await isFound(regions, first);
    regions.region(CHENGDU).proxy().halfOpen();
    const stale = await until(async () => {
      const state = await stateOf(regions);
      return state?.state === "stale" ? state : undefined;
    });
    expect(stale.reason?.code).toMatch(/^(FED_SILENT|PEER_UNAVAILABLE)$/);
    await regions.region(CHENGDU).publish([second]);
    regions.region(CHENGDU).proxy().resume();
    await isFound(regions, second);
  }, 20_000);
});

describe("a search while a region is down", () => {
  it("answers from the mirror and says how old it is", async () => {
    const regions = await start();
    await regions.region(CHENGDU).publish([first]);
    await isFound(regions, first);
    await regions.region(CHENGDU).stop();
    await until(async () => (await stateOf(regions))?.state === "stale");
    const answer = await regions.region(CHONGQING).node().search.query({ q: first.name, limit: 20 });
    expect(answer.items[0]).toMatchObject({ region: CHENGDU, id: first.id });
    expect(await stateOf(regions)).toMatchObject({ state: "stale", reason: { code: expect.any(String) } });
  });
});

describe("a suspension that only one region was told of", () => {
  it("reaches the others through their watch and closes the suspended region's way in", async () => {
    const regions = await start({ regions: [CHENGDU, CHONGQING, "520100"] });
    await regions.region(CHENGDU).publish([third]);
    await isFound(regions, third);
    await regions.changeTrust({ suspend: ["520100"] }, [CHENGDU]);
    await until(async () => regions.region(CHONGQING).node().trust.region("520100")?.status === "suspended");
    await until(async () => {
      const links = await regions.region("520100").node().federation.freshness();
      return links.every(({ state }) => state !== "live");
    });
  }, 20_000);
});

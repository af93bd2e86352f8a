import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { CatalogEntry } from "../../node/catalog/model.ts";
import { type Harness, type HarnessRegion, sampleEntries, startRegions, until } from "./harness.ts";

const [CHENGDU, CHONGQING, BEIJING] = ["510100", "500000", "110000"] as const;
const [first, second, third] = sampleEntries(CHENGDU) as [CatalogEntry, CatalogEntry, CatalogEntry];

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

const witnessed = (log: HarnessRegion, by: HarnessRegion) =>
  until(async () => {
    await log.node().audit.sequenceNow();
    return (await log.node().audit.head()).witnessedBy.includes(by.id);
  });

const findingsAt = async (region: HarnessRegion, kind: string) =>
  (await region.node().audit.findings()).filter((one) => one.kind === kind);

/** The liar's folder twice: each copy of its store goes on with other entries and is shown to one peer only. */
async function splitView(liar: HarnessRegion, toOne: HarnessRegion, toOther: HarnessRegion) {
  const store = join(liar.dir, "store");
  await liar.stop();
  cpSync(store, `${store}-fork`, { recursive: true });

  toOther.proxy().cut();
  await liar.start();
  await liar.publish([second]);
  await witnessed(liar, toOne);
  await liar.stop();

  rmSync(store, { recursive: true });
  cpSync(`${store}-fork`, store, { recursive: true });
  toOther.proxy().resume();
  toOne.proxy().cut();
  await liar.start();
  await liar.publish([third, first]);
  await witnessed(liar, toOther);
}

it("a log that shows two peers different histories is found out when they compare, and named", async () => {
  harness = await startRegions({ regions: [CHENGDU, CHONGQING, BEIJING], faults: true });
  const [liar, chongqing, beijing] = [CHENGDU, CHONGQING, BEIJING].map(harness.region) as [
    HarnessRegion,
    HarnessRegion,
    HarnessRegion,
  ];
  await liar.publish([first]);
  for (const peer of [chongqing, beijing]) await witnessed(liar, peer);
  await splitView(liar, chongqing, beijing);
  expect(await findingsAt(beijing, "equivocation")).toEqual([]);

  chongqing.proxy().resume();
  // Either peer may be the first to be shown the other's view; the one that found it is the one that raises the alarm.
  const { found, finder } = await until(async () => {
    for (const peer of [chongqing, beijing]) {
      const [found] = await peer.node().audit.findings();
      if (found !== undefined) return { found, finder: peer };
    }
    return false;
  });
  expect(found).toMatchObject({ region: CHENGDU, origin: `main/${CHENGDU}/log` });
  expect(found.notes[0]).not.toBe(found.notes[1]);
  for (const note of found.notes) expect(note).toContain(`\u2014 main/${CHENGDU}/log `);
  expect([CHONGQING, BEIJING, CHENGDU, null]).toContain(found.heardFrom);
  await until(async () =>
    /audit_(equivocations|rollbacks)_total\{[^}]*\} [1-9]/.test(await finder.node().renderMetrics()),
  );
}, 60_000);

import { afterEach, describe, expect, it } from "vitest";
import type { Freshness } from "../../node/federation/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { type Harness, startRegions, until } from "./harness.ts";
import { AUTHORISATIONS, agreeOnTable, bindSources, chengduEntry, PRODUCT, startTransfer, TABLE } from "./trade.ts";

const CHENGDU = "510100";
const CHONGQING = "500000";
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

let harness: Harness | undefined;
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
});

/** Chengdu's clock is right; Chongqing's goes off by so much once both are up. */
async function startWithClockOff(offMs: number): Promise<Harness> {
  let off = 0;
  const clock: Runtime = { ...systemRuntime, nowMs: () => Date.now() + off };
  const settings = { catalog: { authorisations: AUTHORISATIONS } };
  harness = await startRegions({ regions: [CHENGDU, CHONGQING], runtimes: { [CHONGQING]: clock }, settings });
  off = offMs;
  return harness;
}

/** Resolves once one region gives this reason for how it sees the other. */
function reasonAt(regions: Harness, at: string, of: string, code: RegExp): Promise<Freshness> {
  return until(async () => {
    const seen = await regions.freshness(at, of);
    return seen !== undefined && code.test(seen.reason?.code ?? "") ? seen : undefined;
  });
}

describe("a clock minutes off its peer's", () => {
  it.each([3 * MINUTE_MS, -3 * MINUTE_MS])(
    "is named at both regions, which agree but sign no receipt (%i ms)",
    async (offMs) => {
      const regions = await startWithClockOff(offMs);
      const [chengdu, chongqing] = [regions.region(CHENGDU), regions.region(CHONGQING)];
      await chengdu.publish([TABLE, "cd-scjg-0001", PRODUCT].map(chengduEntry));
      const seenThere = await reasonAt(regions, CHENGDU, CHONGQING, /^FED_CLOCK_SKEW$/);
      expect(seenThere).toMatchObject({ state: "live" });
      expect(seenThere.reason?.text.zh).toMatch(offMs > 0 ? /快 1(79|80|81) 秒/ : /慢 1(79|80|81) 秒/);
      const seenHere = await reasonAt(regions, CHONGQING, CHENGDU, /^FED_CLOCK_SKEW$/);
      expect(seenHere).toMatchObject({ state: "live" });

      await bindSources(chengdu, 20);
      const agreement = await agreeOnTable(
        { region: chengdu, node: chengdu.node },
        { region: chongqing, node: chongqing.node },
      );
      const consumer = { region: chongqing, node: chongqing.node };
      const { id } = await startTransfer(consumer, agreement);
      const ended = await until(async () => {
        const now = mustSucceed(await chongqing.node().transfers.get(id));
        return now.state === "TERMINATED" && now;
      });
      expect(ended.reason?.code).toBe("RECEIPT_CLOCK");
      const { items } = await chengdu.node().metering.receipts({ agreement: agreement.id, limit: 10 });
      expect(items.filter(({ consumerSignature }) => consumerSignature !== null)).toEqual([]);
    },
    20_000,
  );
});

describe("a clock days off its peer's", () => {
  it("is refused by certificate, named at both regions, and nothing is agreed on", async () => {
    const regions = await startWithClockOff(2 * DAY_MS);
    await regions.region(CHONGQING).stop();
    await regions.region(CHONGQING).start();
    const here = await reasonAt(regions, CHENGDU, CHONGQING, /^tls\.not_yet_valid$/);
    const there = await reasonAt(regions, CHONGQING, CHENGDU, /^tls\.expired$/);
    expect([here, there].map(({ reason }) => reason?.text.en)).toEqual([
      expect.stringMatching(/^Region 500000 cannot be reached: .*check both clocks/),
      expect.stringMatching(/^Region 510100 cannot be reached: .*both clocks/),
    ]);
    expect([here, there].map(({ state }) => state)).not.toContain("live");
    await regions.region(CHENGDU).publish([chengduEntry(TABLE)]);
    const steps = await regions.region(CHENGDU).node().checkPeer(CHONGQING);
    expect(steps.ok && steps.value.find(({ ok }) => !ok)).toMatchObject({ detail: expect.stringContaining("clock") });
    expect(await regions.region(CHONGQING).node().federation.entry(CHENGDU, TABLE)).toMatchObject({ ok: false });
  });
});

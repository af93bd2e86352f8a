import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { bundledCalendar, bundledPacks } from "../../node/rules/bundled.ts";
import { loadRules } from "../../node/rules/service.ts";
import { closeBoth, viewOf } from "./settled-world.ts";
import { CONSUMER, finance, holdBoth, OCTOBER, PROVIDER, receiptChain, twoRegions } from "./two-regions.ts";

const rulesOf = (region: string) => ({ rules: loadRules(bundledPacks(region), bundledCalendar()) });
const evidence = [{ name: "log.csv", sha256: "a".repeat(64) }];

async function opened() {
  const world = await twoRegions({ provider: rulesOf(PROVIDER), consumer: rulesOf(CONSUMER) });
  const chain = receiptChain("AGR-7", OCTOBER);
  await holdBoth(world, chain);
  const receiptIds = [chain[1]?.core.receiptId ?? ""];
  const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds, reason: "行数与日志不符", evidence };
  const dispute = mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), about));
  return { world, dispute };
}

describe("a dispute, as people see it", () => {
  it("reaches the other region with reason and evidence, under the same id, and says whose turn it is", async () => {
    const { world, dispute } = await opened();
    expect((await world.provider().settlements.disputes("2026-10"))[0]).toMatchObject({
      ...{ parked: false, settled: false, overdue: false },
      // Nobody there has it before him yet, so nobody is late.
      ...{ deadline: null, standing: { code: "DISPUTE_WAITS_FOR_CLOSE", turn: null, until: null } },
    });
    expect(await world.consumer().settlements.disputes()).toEqual([]);
    world.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    expect(await world.provider().settlements.waiting(finance(PROVIDER))).toEqual([]);
    await closeBoth(world);
    const answerUntil = {
      rule: expect.stringMatching(/settlement\.objectionDays$/),
      // Ten working days from Tuesday 1 December, when it was parked, to the end of that day in China.
      until: "2026-12-15T16:00:00.000Z",
    };
    expect((await world.provider().settlements.disputes("2026-10"))[0]?.standing).toMatchObject({
      ...{ code: "DISPUTE_WAITS_FOR_ANSWER", turn: { region: CONSUMER, role: "finance" } },
      ...answerUntil,
    });
    const theirs = mustSucceed(await world.consumer().settlements.dispute("2026-10", dispute.id));
    expect(theirs).toMatchObject({ reason: "行数与日志不符", evidence, openedBy: PROVIDER, parked: true });
    expect(theirs.standing).toMatchObject({
      ...{ code: "DISPUTE_WAITS_FOR_US", turn: { region: CONSUMER } },
      ...answerUntil,
    });
    const waiting = await world.consumer().settlements.waiting(finance(CONSUMER));
    expect(waiting).toMatchObject([{ periodId: "2026-10", reason: { code: "DISPUTE_WAITS_FOR_US" } }]);
  });

  it("is handed to a person at both ends after its deadline, and decided by nobody else", async () => {
    const { world, dispute } = await opened();
    await closeBoth(world);
    world.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    for (const { region, settlements } of world.regions.values()) {
      await settlements.tend();
      expect(mustSucceed(await settlements.dispute("2026-10", dispute.id))).toMatchObject({
        ...{ state: "open", overdue: true },
        standing: { code: "DISPUTE_OVERDUE", turn: { region, role: "finance" } },
      });
      expect(await settlements.waiting(finance(region))).toMatchObject([{ reason: { code: "DISPUTE_OVERDUE" } }]);
    }
  });

  it("that both have raised over the same receipts is for both to decide", async () => {
    const { world, dispute } = await opened();
    const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds: dispute.receiptIds, reason: "也不认可" };
    mustSucceed(await world.consumer().settlements.openDispute(finance(CONSUMER), about));
    await closeBoth(world);
    for (const { region, settlements } of world.regions.values()) {
      expect(await settlements.disputes("2026-10")).toMatchObject([
        { openedBy: region, standing: { code: "DISPUTE_WAITS_FOR_US", turn: { region, role: "finance" } } },
      ]);
      expect(await settlements.waiting(finance(region))).toMatchObject([{ reason: { code: "DISPUTE_WAITS_FOR_US" } }]);
    }
  });

  it("waits for nobody once a region has answered, until the next closing compares", async () => {
    const { world, dispute } = await opened();
    await closeBoth(world);
    world.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    const regions = [...world.regions.values()];
    const say = (region: string, outcome: "upheld" | "rejected") =>
      regions.find((one) => one.region === region)?.settlements.resolveDispute(finance(region), dispute.id, outcome);
    await say(PROVIDER, "upheld");
    await say(CONSUMER, "rejected");
    const standing = async () =>
      Promise.all(regions.map(async ({ settlements }) => (await settlements.disputes("2026-10"))[0]?.standing?.code));
    const waiting = async () =>
      Promise.all(regions.map(async ({ region, settlements }) => (await settlements.waiting(finance(region))).length));
    expect([await standing(), await waiting()]).toEqual([
      ["DISPUTE_ANSWERED", "DISPUTE_ANSWERED"],
      [0, 0],
    ]);
    // They differ, which both see after the closing that compared them, and each may think again.
    await closeBoth(world, "2026-11", { declarations: {} });
    expect([await standing(), await waiting()]).toEqual([
      ["DISPUTE_OUTCOMES_DIFFER", "DISPUTE_OUTCOMES_DIFFER"],
      [1, 1],
    ]);
    await say(PROVIDER, "rejected");
    expect((await standing())[regions.findIndex(({ region }) => region === PROVIDER)]).toBe("DISPUTE_ANSWERED");
    world.clock.nowMs = Date.parse("2027-01-01T02:00:00.000Z");
    await closeBoth(world, "2026-12", { declarations: {} });
    expect([await standing(), await waiting()]).toEqual([
      [undefined, undefined],
      [0, 0],
    ]);
  });

  it("shows what the other region said to the one that has not answered", async () => {
    const { world, dispute } = await opened();
    await closeBoth(world);
    mustSucceed(await world.consumer().settlements.resolveDispute(finance(CONSUMER), dispute.id, "upheld"));
    world.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    const [ours] = await world.provider().settlements.disputes("2026-10");
    expect(ours?.standing?.text.zh).toContain(`${CONSUMER} 的结论:成立。`);
    expect(ours?.standing?.turn).toEqual({ region: PROVIDER, role: "finance" });
  });

  it("needs a reason, and is not found under another period", async () => {
    const { world, dispute } = await opened();
    const { settlements } = world.provider();
    const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds: dispute.receiptIds };
    expect(await settlements.openDispute(finance(PROVIDER), { ...about, reason: " " })).toMatchObject({
      error: { code: "DISPUTE_REASON" },
    });
    expect(await settlements.dispute("2026-09", dispute.id)).toMatchObject({ error: { code: "DISPUTE_NOT_FOUND" } });
  });
});

describe("what blocks closing", () => {
  it("names who has to act, since when, until when and where; past that, finance here follows it up", async () => {
    const world = await twoRegions({ provider: rulesOf(PROVIDER), consumer: rulesOf(CONSUMER) });
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const { settlements } = world.provider();
    const closed = mustSucceed(await settlements.close(finance(PROVIDER), "2026-10"));
    expect(closed.settlements).toHaveLength(1);
    await world.quiet();
    const [block] = (await viewOf(world.provider())).blocking;
    expect(block).toMatchObject({
      ...{ agreementId: "AGR-7", code: "SETTLEMENT_WAITS_FOR_CLOSE", turn: { region: CONSUMER, role: "finance" } },
      ...{ until: "2026-11-17T16:00:00.000Z", overdue: false, link: "/console/settlements/2026-10/AGR-7" },
    });
    expect(await settlements.waiting(finance(PROVIDER))).toEqual([]);
    world.clock.nowMs = Date.parse("2026-11-18T02:00:00.000Z");
    expect((await viewOf(world.provider())).blocking).toMatchObject([{ overdue: true }]);
    expect(await settlements.waiting(finance(PROVIDER))).toMatchObject([
      { reason: { turn: { region: CONSUMER }, until: "2026-11-17T16:00:00.000Z" } },
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { addUsage, usageTotalsRefs } from "../../node/metering/usage.ts";
import type { Agreement } from "../../node/negotiation/model.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { alertReason, alertTitle } from "../../node/settlement/insight/alert-words.ts";
import type { Alert } from "../../node/settlement/insight/budget-model.ts";
import { transact } from "../../node/storage/transact.ts";
import { insightOf } from "./insight-of.ts";
import { leavesOf } from "./settled-world.ts";
import {
  AGR_7,
  agreementOf,
  CONSUMER,
  finance,
  hold,
  PROVIDER,
  receiptChain,
  twoRegions,
  type World,
} from "./two-regions.ts";

/** Forty fen a call. */
const TERMS: SettlementTerms = {
  agreementId: "AGR-7",
  parties: AGR_7.parties,
  products: [{ productId: "elevator-1", metric: "calls", unitPriceMicro: "400000", capPriceMicro: null }],
  scheme: AGR_7.scheme,
};

async function world(): Promise<World> {
  const both = await twoRegions({ terms: [TERMS] });
  both.wire.intercept = async (message, pass) => {
    if (message.kind !== "Budget") return pass();
    const nothing = { receive: pass, delivered: async () => {}, refused: async () => {} };
    return insightOf(both, both.provider())
      .withBudgets(nothing)
      .receive({ ...message, peer: CONSUMER });
  };
  return both;
}

const sides = (both: World) => [both.provider(), both.consumer()];

async function use(both: World, calls: string, at = "2026-11-02T08:00:00.000Z") {
  for (const region of sides(both)) {
    await hold(region, receiptChain("AGR-7", [{ productId: "elevator-1", usage: { calls }, at }]));
    const counted = { count: BigInt(calls), month: at.slice(0, 7), purposeClass: "commercial" };
    await transact(region.store, usageTotalsRefs("AGR-7"), (tx) => ok(addUsage(tx, "AGR-7", { calls: counted })));
  }
}

async function budget(both: World, fen: string | null, hardStop: boolean) {
  both.clock.nowMs += 1;
  const set = await insightOf(both, both.consumer()).setBudget(finance(CONSUMER), "AGR-7", { fen, hardStop });
  await both.quiet();
  return set;
}

async function end(both: World, change: Partial<Agreement>) {
  for (const [region, role] of [
    [both.provider(), "provider"],
    [both.consumer(), "consumer"],
  ] as const) {
    const before = agreementOf(TERMS, role);
    await transact(region.store, [], (tx) => ok(putAgreement(tx, before, { ...before, ...change, revision: 2 })));
  }
}

describe("a budget that stops", () => {
  it("tells both sides once that use has stopped, as soon as what is left pays for no further call", async () => {
    const both = await world();
    mustSucceed(await budget(both, "290", true));
    await use(both, "7");
    for (const region of sides(both)) {
      const insight = insightOf(both, region);
      await insight.look();
      await insight.look();
      const waiting: readonly Alert[] = await insight.waiting(finance(region.region));
      expect(waiting).toMatchObject([{ threshold: 100, used: "280", limit: "290", stopped: true }]);
      const [alert] = waiting as [Alert];
      expect(alertTitle(alert).zh).toBe("本月预算不够再用,计费使用已停");
      expect(alertReason(alert).text.zh).toContain("2.80");
      expect((await leavesOf(region, "usage.alert")).map(({ detail }) => detail)).toMatchObject([
        ...[{ threshold: "50" }, { threshold: "80" }, { threshold: "90" }],
        { threshold: "100", used: "280", limit: "290", stopped: "true" },
      ]);
      expect(mustSucceed(await insight.usage("AGR-7")).budget).toMatchObject({ leftFen: "10", isStopped: true });
    }
    // Where it only warns there is nothing that has stopped, and where it was raised neither.
    for (const [fen, hardStop] of [
      ["290", false],
      ["400", true],
    ] as const) {
      mustSucceed(await budget(both, fen, hardStop));
      for (const region of sides(both)) {
        const insight = insightOf(both, region);
        await insight.look();
        const stopped = (await insight.waiting(finance(region.region))).filter((alert) => alert.stopped);
        expect(stopped).toEqual([]);
        const usage = mustSucceed(await insight.usage("AGR-7"));
        expect(usage.budget).toMatchObject({ isStopped: false });
        expect(usage.alerts.filter((alert) => alert.stopped)).toEqual([]);
      }
    }
  });

  it("says nothing while one more call is paid for", async () => {
    const both = await world();
    mustSucceed(await budget(both, "320", true));
    await use(both, "7");
    const insight = insightOf(both, both.provider());
    await insight.look();
    expect(await insight.waiting(finance(PROVIDER))).toMatchObject([{ threshold: 80 }]);
    expect(mustSucceed(await insight.usage("AGR-7")).budget).toMatchObject({ leftFen: "40", isStopped: false });
  });
});

describe("a budget of a month", () => {
  it("measures no month that was over when it was set", async () => {
    const both = await world();
    await use(both, "308");
    both.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    mustSucceed(await budget(both, "290", false));
    const insight = insightOf(both, both.consumer());
    await insight.look();
    expect(mustSucceed(await insight.usage("AGR-7", "2026-11"))).toMatchObject({ budget: null, gauges: [] });
    expect(mustSucceed(await insight.usage("AGR-7", "2026-12"))).toMatchObject({
      gauges: [{ measure: "budget", used: "0", limit: "290" }],
    });
    expect(await insight.waiting(finance(CONSUMER))).toEqual([]);
  });

  it.each(["terminated", "expired"] as const)("is refused where the agreement is %s", async (status) => {
    const both = await world();
    await end(both, { status });
    expect(await budget(both, "290", false)).toMatchObject({ error: { code: "BUDGET_ENDED" } });
  });
});

describe("the outlook of a month", () => {
  const forecast = async (both: World, terms = {}) =>
    mustSucceed(await insightOf(both, both.provider(), terms).forecast(finance(PROVIDER), "AGR-7"));

  it("adds nothing to an agreement that has ended, and no day after its last one", async () => {
    const both = await world();
    await use(both, "10");
    both.clock.nowMs = Date.parse("2026-11-02T16:00:00.000Z");
    // Two days are over, of five calls in the mean; twenty-eight are left.
    expect((await forecast(both)).usage).toMatchObject([{ soFar: "10", expected: "150" }]);
    const short = await forecast(both, { validTo: "2026-11-04T16:00:00.000Z" });
    expect(short).toMatchObject({ daysLeft: 2, usage: [{ soFar: "10", expected: "20" }] });
    expect((await forecast(both, { validTo: "2026-11-04T15:00:00.000Z" })).daysLeft).toBe(2);
    await end(both, { status: "terminated" });
    const over = await forecast(both);
    expect(over).toMatchObject({ daysLeft: 0, usage: [{ soFar: "10", low: "10", expected: "10", high: "10" }] });
    expect(over.amountFen).toEqual({ soFar: "400", low: "400", expected: "400", high: "400" });
    expect(over.text.zh).toContain("不再增加");
  });

  it("goes no further than a budget that stops, and not by one that only warns", async () => {
    const both = await world();
    await use(both, "10");
    both.clock.nowMs = Date.parse("2026-11-02T16:00:00.000Z");
    mustSucceed(await budget(both, "900", false));
    expect((await forecast(both)).amountFen).toMatchObject({ soFar: "400", expected: "6000" });
    mustSucceed(await budget(both, "900", true));
    const stopped = await forecast(both);
    expect(stopped.usage).toMatchObject([{ soFar: "10", expected: "22", high: "22" }]);
    expect(stopped.amountFen).toMatchObject({ soFar: "400", expected: "880", high: "880" });
    mustSucceed(await budget(both, "100", true));
    expect((await forecast(both)).amountFen).toMatchObject({ soFar: "400", expected: "400", high: "400" });
  });
});

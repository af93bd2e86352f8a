import { describe, expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { numberIn, unsignedReceipts } from "../../node/metering/store.ts";
import { addUsage, usageTotalsRefs } from "../../node/metering/usage.ts";
import type { Insight } from "../../node/settlement/insight/service.ts";
import { receiptsIn } from "../../node/settlement/sources.ts";
import { list, transact } from "../../node/storage/transact.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { insightOf, requester } from "./insight-of.ts";
import { closeBoth, leavesOf, statementOf, viewOf } from "./settled-world.ts";
import {
  AGR_7,
  CONSUMER,
  finance,
  hold,
  holdBoth,
  OCTOBER,
  PROVIDER,
  receiptChain,
  twoRegions,
  type Used,
  type World,
} from "./two-regions.ts";

async function settledOctober(world: World): Promise<Insight> {
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  await closeBoth(world);
  return insightOf(world, world.provider());
}

/** A late call of October, and the first one of November. */
const LATE_AND_NEXT: readonly Used[] = [
  { productId: "elevator-1", usage: { calls: "10" }, at: "2026-10-31T08:00:00.000Z" },
  { productId: "elevator-1", usage: { calls: "90" }, at: "2026-11-02T08:00:00.000Z" },
];

describe("the equation of a statement", () => {
  it("accounts for every unit, receipt and fen of the worked example, on both sides alike", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const [equation] = await insight.equations("2026-10");
    expect(equation).toMatchObject({
      basis: "statement",
      isBalanced: true,
      delivered: { receipts: "3" },
      terms: {
        charged: { receipts: "1", fen: "200000" },
        capped: { receipts: "1", fen: `${162_538 - 156_036 + 6_036}` },
        waived: { receipts: "1", fen: "25000" },
        freeQuota: { receipts: "0", fen: "0" },
        exceptions: { receipts: "0", fen: "0" },
      },
      exceptions: [],
    });
    expect(await insightOf(world, world.consumer()).equations("2026-10")).toEqual([equation]);
  });

  it("does not read what earlier statements settled", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", [...OCTOBER, ...LATE_AND_NEXT]);
    await holdBoth(world, chain.slice(0, OCTOBER.length));
    await closeBoth(world);
    await holdBoth(world, chain.slice(OCTOBER.length));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    const { store } = world.provider();
    const insight = insightOf(world, world.provider());
    const keys = readsOf(store);
    const read = async (periodId: string) => {
      keys.length = 0;
      const [equation] = await insight.equations(periodId, "AGR-7");
      const seen = keys.filter((key) => key.startsWith("receipt/")).map(numberIn);
      return [equation?.basis, equation?.delivered.receipts, seen.join()];
    };
    expect(await read("2026-11")).toEqual(["receipts", "2", "4,5"]);
    await closeBoth(world, "2026-11", { declarations: {} });
    expect(await read("2026-11")).toEqual(["statement", "2", "4,5"]);
    expect(await read("2026-10")).toEqual(["statement", "3", "1,2,3"]);
  });

  it("lists under a line what it charges for, without what came too late for it", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", [...OCTOBER, ...LATE_AND_NEXT]);
    await holdBoth(world, chain.slice(0, OCTOBER.length));
    await closeBoth(world);
    await holdBoth(world, chain.slice(OCTOBER.length));
    const insight = insightOf(world, world.provider());
    const placed = async (filter: object) =>
      mustSucceed(await insight.receipts("2026-10", "AGR-7", { limit: 9, ...filter })).items.map(
        ({ receipt: { core }, bin }) => `${core.seq} ${bin}`,
      );
    expect(await placed({})).toEqual(["1 charged", "2 charged", "3 waived", "4 late"]);
    expect(await placed({ line: "AGR-7/elevator-1/2026-10" })).toEqual(["1 charged", "3 waived"]);
  });

  it("names what lacks a signature, with its owner, as blocking", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await holdBoth(world, chain.slice(0, 2));
    const [, , last] = chain;
    if (last === undefined) throw new Error("three receipts");
    await hold(world.provider(), [{ ...last, consumerSignature: null }]);
    const insight = insightOf(world, world.provider());
    expect(await insight.exceptions("AGR-7", "2026-10")).toMatchObject([
      { kind: "unsigned", quantity: "2000", receipts: "1", fen: "0", owner: { region: CONSUMER }, blocks: true },
    ]);
    const page = mustSucceed(await insight.receipts("2026-10", "AGR-7", { bin: "unsigned", limit: 10 }));
    expect(page.items.map(({ receipt }) => receipt.core.receiptId)).toEqual([last.core.receiptId]);
    let waiting = 0;
    for await (const _ of list(world.provider().store, unsignedReceipts, ["AGR-7"])) waiting++;
    expect(waiting).toBe(1);
  });

  it("lists the receipts behind each term, a page at a time", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const first = mustSucceed(await insight.receipts("2026-10", "AGR-7", { limit: 2 }));
    const rest = mustSucceed(await insight.receipts("2026-10", "AGR-7", { limit: 2, cursor: first.next ?? "" }));
    expect([...first.items, ...rest.items].map(({ bin, quantity }) => [bin, quantity])).toEqual([
      ["charged", "13003"],
      ["charged", "333333"],
      ["waived", "2000"],
    ]);
    expect(rest.next).toBeNull();
  });
});

describe("a party's derivation", () => {
  it("leads from its fen to lines, prices and the odd fen, and adds up", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const all = mustSucceed(await insight.derivation("2026-10", "AGR-7"));
    const { statement } = await statementOf(world.provider());
    for (const { partyId, fen, parts, adjustment } of all) {
      const sum = parts.reduce((total, part) => total + BigInt(part.fen), BigInt(adjustment?.fen ?? "0"));
      expect([partyId, sum.toString()]).toEqual([partyId, fen]);
    }
    expect(all.map(({ partyId, fen }) => ({ partyId, fen }))).toEqual(statement?.result.totals);
    const [provider] = mustSucceed(await insight.derivation("2026-10", "AGR-7", "510100:provider"));
    const [elevator] = provider?.parts ?? [];
    expect(elevator?.steps.map(({ step, value }) => [step, value])).toEqual([
      ["quantity", "15003"],
      ["price", "120000"],
      ["amount", "156036"],
      ["deferred", "4571"],
      ["kept", "151465"],
      ["fund", "7573"],
      ["compensation", "4200"],
      ["cost", "30000"],
      ["base", "109692"],
    ]);
    const shares = elevator?.split?.parts.map((part) => [part.partyId, part.exactFen, part.hasOddFen]);
    // 109 692 by 70 : 5 : 25 is 76 784.4, 5 484.6 and 27 423: one fen is left, for the largest remainder.
    expect(shares).toEqual([
      ["510100:provider", "383922/5", false],
      ["500000:storage", "27423/5", true],
      ["510100:operator", "27423", false],
    ]);
    expect(elevator?.split?.text.zh).toContain("500000:storage");
    expect(await insight.derivation("2026-10", "AGR-7", "nobody")).toMatchObject({ error: { code: "PARTY_UNKNOWN" } });
  });
});

describe("what if", () => {
  it("shows the quarter under other terms, before what was signed, and stores nothing", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const before = world.provider().disk.contents.values.size;
    const same = mustSucceed(await insight.whatIf("AGR-7", undefined, {}));
    expect(same.parties.every(({ deltaFen }) => deltaFen === "0")).toBe(true);
    const cheaper = mustSucceed(
      await insight.whatIf("AGR-7", ["2026-10"], {
        products: [{ productId: "elevator-1", unitPriceMicro: "100000" }],
        fund: null,
        guarantee: null,
        scheme: { kind: "fixed", weights: [{ partyId: "510100:provider", weight: "1" }] },
      }),
    );
    expect([cheaper.amountBeforeFen, cheaper.amountAfterFen]).toEqual(["206036", "180030"]);
    expect(cheaper.parties.map(({ partyId, afterFen }) => [partyId, afterFen])).toEqual([
      ["500000:storage", "4200"],
      ["510100:fund", "0"],
      ["510100:operator", "30000"],
      ["510100:provider", "145830"],
    ]);
    expect(cheaper.periods[0]?.derivation.length).toBeGreaterThan(0);
    expect(world.provider().disk.contents.values.size).toBe(before);
    const wrong = { scheme: { kind: "fixed" as const, weights: [{ partyId: "a stranger", weight: "1" }] } };
    expect(await insight.whatIf("AGR-7", undefined, wrong)).toMatchObject({ error: { code: "WHATIF_CHANGE" } });
  });

  it("tells a unit what each registered scheme would have given it", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const view = mustSucceed(await insight.supplier("510100:provider", "2026", { metered: [], covers: [] }));
    expect(view.receivedFen).toBe("110379");
    expect(view.schemes.map(({ scheme, refusal }) => [scheme, refusal])).toEqual([
      ["fixed", null],
      ["contribution", null],
      ["tiers", null],
      ["shapley", null],
    ]);
    const agreed = view.schemes.find(({ isAgreed }) => isAgreed);
    expect([agreed?.scheme, agreed?.wouldReceiveFen, agreed?.deltaFen]).toEqual(["fixed", "110379", "0"]);
    expect(view.withAddition[0]?.deltaFen).toBe("0");
  });
});

const NOVEMBER: readonly Used[] = [
  { productId: "elevator-1", usage: { calls: "100" }, at: "2026-11-01T08:00:00.000Z" },
  { productId: "elevator-1", usage: { calls: "120" }, at: "2026-11-02T03:00:00.000Z" },
];

describe("before and while data is used", () => {
  it("shows both sides the same usage, and what is not signed for", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", NOVEMBER);
    await hold(world.provider(), chain.slice(0, 1));
    await hold(
      world.provider(),
      chain.slice(1).map((receipt) => ({ ...receipt, consumerSignature: null })),
    );
    const { store } = world.provider();
    const keys = readsOf(store);
    expect(await receiptsIn(store).completeness("AGR-7", "2026-11")).toEqual({
      through: { forward: "1", reverse: "0" },
      missing: 1,
    });
    // What lacks a signature is named by its number, so that it is one read; the last is the head of the chain.
    expect(keys.map((key) => key.split("/")[0])).toEqual(["receipt-unsigned", "receipt", "receipt-head"]);
    keys.length = 0;
    const usage = mustSucceed(await insightOf(world, world.provider()).usage("AGR-7", "2026-11"));
    expect(keys.filter((key) => key.startsWith("receipt-place/"))).toEqual([]);
    expect(usage).toMatchObject({
      amountFen: "2640",
      unsigned: { receipts: "1", fen: "1440", quantity: { calls: "120" } },
    });
    expect(usage.lines[0]?.days).toEqual([
      { date: "2026-11-01", quantity: "100" },
      { date: "2026-11-02", quantity: "120" },
    ]);
    await hold(world.consumer(), chain);
    const other = mustSucceed(await insightOf(world, world.consumer()).usage("AGR-7", "2026-11"));
    expect(other.lines).toEqual(usage.lines);
  });

  it("says each threshold of a budget once, on both sides, also after a crash between", async () => {
    const world = await twoRegions();
    const told: unknown[] = [];
    const provider = insightOf(world, world.provider());
    world.wire.intercept = async (message, pass) => {
      if (message.kind !== "Budget") return pass();
      told.push(message.body);
      const inbound = { ...message, peer: CONSUMER };
      const nothing = { receive: pass, delivered: async () => {}, refused: async () => {} };
      return provider.withBudgets(nothing).receive(inbound);
    };
    const consumer = insightOf(world, world.consumer());
    const set = { fen: "3000", hardStop: true };
    expect(await consumer.setBudget(requester(CONSUMER), "AGR-7", set)).toMatchObject({
      error: { code: "ROLE_REQUIRED" },
    });
    expect(await provider.setBudget(finance(PROVIDER), "AGR-7", set)).toMatchObject({
      error: { code: "BUDGET_NOT_CONSUMER" },
    });
    mustSucceed(await consumer.setBudget(finance(CONSUMER), "AGR-7", set));
    await world.quiet();
    expect(told).toHaveLength(1);
    expect(mustSucceed(await provider.budget("AGR-7"))).toMatchObject({ fen: "3000", setBy: CONSUMER });
    for (const region of [world.provider(), world.consumer()]) {
      await hold(region, receiptChain("AGR-7", NOVEMBER));
      await transact(region.store, usageTotalsRefs("AGR-7"), (tx) =>
        ok(addUsage(tx, "AGR-7", { calls: { count: 220n, month: "2026-11", purposeClass: "commercial" } })),
      );
      // A node that starts again, and one that looks twice at once, say nothing twice.
      await insightOf(world, region).look();
      await Promise.all([insightOf(world, region).look(), insightOf(world, region).look()]);
      expect((await leavesOf(region, "usage.alert")).map(({ detail }) => detail)).toMatchObject([
        { month: "2026-11", measure: "budget", threshold: "50", used: "2640", limit: "3000" },
        { threshold: "80" },
      ]);
      expect(await insightOf(world, region).waiting(finance(region.region))).toMatchObject([{ threshold: 80 }]);
    }
    mustSucceed(await consumer.acknowledge(finance(CONSUMER), "AGR-7", "2026-11.budget.80"));
    // Also of the lower one, which would come up in its place.
    expect(await consumer.waiting(finance(CONSUMER))).toEqual([]);
    const usage = mustSucceed(await provider.usage("AGR-7", "2026-11"));
    expect(usage.budget).toMatchObject({ spentFen: "2640", leftFen: "360" });
  });

  it("says of a budget that was changed what there is to say of the new one, and nothing of the old one", async () => {
    const world = await twoRegions();
    const consumer = insightOf(world, world.consumer());
    const waiting = () => consumer.waiting(finance(CONSUMER));
    await hold(world.consumer(), receiptChain("AGR-7", NOVEMBER));
    await transact(world.consumer().store, usageTotalsRefs("AGR-7"), (tx) =>
      ok(addUsage(tx, "AGR-7", { calls: { count: 220n, month: "2026-11", purposeClass: "commercial" } })),
    );
    const set = async (fen: string) => {
      mustSucceed(await consumer.setBudget(finance(CONSUMER), "AGR-7", { fen, hardStop: false }));
      await consumer.look();
    };
    await set("2640");
    expect(await waiting()).toMatchObject([{ threshold: 100, limit: "2640" }]);
    mustSucceed(await consumer.setBudget(finance(CONSUMER), "AGR-7", { fen: "9000", hardStop: false }));
    expect(await waiting()).toEqual([]);
    expect(mustSucceed(await consumer.usage("AGR-7", "2026-11")).alerts).toEqual([]);
    await set("3000");
    await consumer.look();
    expect(await waiting()).toMatchObject([{ threshold: 80, used: "2640", limit: "3000" }]);
    expect(mustSucceed(await consumer.usage("AGR-7", "2026-11")).alerts).toMatchObject([
      { threshold: 50, limit: "3000" },
      { threshold: 80, limit: "3000" },
    ]);
    expect((await leavesOf(world.consumer(), "usage.alert")).map(({ detail }) => detail)).toMatchObject([
      ...[{ limit: "2640" }, { limit: "2640" }, { limit: "2640" }, { limit: "2640" }],
      ...[{ limit: "3000" }, { limit: "3000" }],
    ]);
  });

  it("forecasts the running month with method and range", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", NOVEMBER));
    const insight = insightOf(world, world.provider());
    // Two days are over, a hundred and a hundred and twenty calls; twenty-eight are left.
    world.clock.nowMs = Date.parse("2026-11-02T16:00:00.000Z");
    const forecast = mustSucceed(await insight.forecast(finance(PROVIDER), "AGR-7"));
    expect(forecast).toMatchObject({ daysOver: 2, daysLeft: 28, method: { name: "daily-mean-90" } });
    expect(forecast.usage[0]).toMatchObject({ soFar: "220", expected: "3300", low: "3212", high: "3388" });
    expect(forecast.amountFen).toMatchObject({ soFar: "2640", expected: "39600" });
    expect(forecast.parties.length).toBeGreaterThan(1);
    // Days before the agreement came into force were no days without use.
    const young = insightOf(world, world.provider(), { validFrom: "2026-11-01T16:00:00.000Z" });
    const byOneDay = mustSucceed(await young.forecast(finance(PROVIDER), "AGR-7"));
    expect(byOneDay).toMatchObject({ daysSeen: 1, usage: [{ soFar: "220", expected: String(220 + 28 * 120) }] });
    const newborn = insightOf(world, world.provider(), { validFrom: "2026-11-02T16:00:00.000Z" });
    expect(await newborn.forecast(finance(PROVIDER), "AGR-7")).toMatchObject({ error: { code: "FORECAST_NOTHING" } });
    // What the month will cost, and nothing of what each party will get: as in the report.
    const asked = mustSucceed(await insight.forecast(requester(PROVIDER), "AGR-7"));
    expect(asked).toEqual({ ...forecast, parties: [] });
  });
});

describe("the yearly disclosure", () => {
  it("sums the signed statements, and says what is missing", async () => {
    const world = await twoRegions();
    const insight = await settledOctober(world);
    const disclosure = await insight.disclosure("2026");
    expect(disclosure).toMatchObject({
      dueOn: "2027-03-31",
      isOverdue: false,
      object: [{ operator: "成都市公共数据运营机构" }],
      incomeFen: "206036",
      months: ["2026-10"],
    });
    const elevator = disclosure.products.find(({ productId }) => productId === "elevator-1");
    expect(elevator).toMatchObject({
      authorisation: "AUTH-1",
      quantity: "15003",
      chargedQuantity: "13003",
      freeQuantity: "2000",
      incomeFen: "156036",
      chargedPricesMicro: ["120000"],
    });
    const shared = disclosure.distribution.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
    expect(shared.toString()).toBe("200000");
    expect((await viewOf(world.provider())).matched).toBe(true);
    expect(AGR_7.products).toHaveLength(2);
  });
});

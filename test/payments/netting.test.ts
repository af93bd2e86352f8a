import { describe, expect, it } from "vitest";
import { sha256 } from "../../node/kernel/digest.ts";
import { err, mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { createPayments } from "../../node/payments/service.ts";
import { loadRules } from "../../node/rules/service.ts";
import { booksOf, closeBoth } from "../settlement/settled-world.ts";
import {
  CONSUMER,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  receiptChain,
  signerOf,
  twoRegions,
} from "../settlement/two-regions.ts";
import { type PayingWorld, PERIOD, payingRegions, person, sign, signedStatement } from "./paying-regions.ts";

const [CD, CQ, GY] = ["510100", "500000", "520100"] as const;

async function netAll(world: PayingWorld, regions: readonly string[]): Promise<void> {
  for (const region of regions) mustSucceed(await world.at(region).payments.net(person(`${region}-asks`), PERIOD));
  await world.quiet();
  for (const region of regions) {
    mustSucceed(await world.at(region).payments.approveNet(person(`${region}-approves`, "approver"), PERIOD));
  }
  await world.quiet();
}

const lastPlan = async (world: PayingWorld, region: string) => {
  const { items } = mustSucceed(await world.at(region).payments.plans(PERIOD));
  return items[items.length - 1];
};

function threeRegions(): PayingWorld {
  const world = payingRegions([CD, CQ, GY]);
  sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000", "520100:storage": "200" }));
  sign(world, signedStatement("AGR-2", CQ, GY, { "500000:provider": "700" }));
  sign(world, signedStatement("AGR-3", GY, CD, { "520100:provider": "300" }));
  return world;
}

describe("netting a period", () => {
  it("arrives at the same plan in three regions, each of which sees only its own statements, and all sign it", async () => {
    const world = threeRegions();
    await netAll(world, [CD, CQ, GY]);
    const plans = await Promise.all([CD, CQ, GY].map((region) => lastPlan(world, region)));
    expect(new Set(plans.map((plan) => plan?.document)).size).toBe(1);
    expect(plans[0]).toMatchObject({ state: "agreed", regions: [CQ, CD, GY], leftOut: [] });
    // 510100: +1000 −300; 500000: −1200 +700; 520100: +200 −700 +300.
    expect(plans[0]?.positions).toEqual([
      { regionId: CQ, fen: "-500" },
      { regionId: CD, fen: "700" },
      { regionId: GY, fen: "-200" },
    ]);
    expect(plans[0]?.payments).toMatchObject([
      { from: CQ, to: CD, fen: "500" },
      { from: GY, to: CD, fen: "200" },
    ]);
    for (const plan of plans) expect(plan?.signatures.map(({ region }) => region)).toEqual([CQ, CD, GY]);
  });

  it("holds regions together that have no dealings with each other but with one between them", async () => {
    const world = payingRegions([CD, CQ, GY]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    sign(world, signedStatement("AGR-2", CQ, GY, { "500000:provider": "700" }));
    await netAll(world, [GY, CQ, CD]);
    for (const region of [CD, CQ, GY]) {
      expect(await lastPlan(world, region)).toMatchObject({ state: "agreed", round: "1", regions: [CQ, CD, GY] });
    }
  });

  it("lets nobody sign the plan they asked for, and nothing be signed without a second person", async () => {
    const world = threeRegions();
    for (const region of [CD, CQ, GY]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
    await world.quiet();
    const { payments } = world.at(CD);
    expect(await payments.approveNet(person("one"), PERIOD)).toMatchObject({ error: { code: "SELF_APPROVAL" } });
    expect(await payments.approveNet(person("two", "auditor"), PERIOD)).toMatchObject({
      error: { code: "ROLE_REQUIRED" },
    });
    expect(await lastPlan(world, CD)).toMatchObject({
      state: "calculated",
      signatures: [],
      reason: { code: "NETTING_WAITS_FOR_APPROVAL" },
    });
    expect(await payments.waiting(person("one"))).toEqual([]);
    expect(await payments.waiting(person("two"))).toMatchObject([{ periodId: PERIOD }]);
  });

  it("signs a small plan without a person where the agreements say so", async () => {
    const world = payingRegions([CD, CQ]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }, { autoSignUpToFen: "1000" }));
    mustSucceed(await world.at(CD).payments.net(person("one"), PERIOD));
    await world.quiet();
    expect(await lastPlan(world, CQ)).toMatchObject({ state: "agreed" });
  });

  it("names the two regions' figures when they state different obligations, and signs nothing", async () => {
    const world = payingRegions([CD, CQ]);
    world.at(CD).statements.push(signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    world.at(CQ).statements.push(signedStatement("AGR-1", CD, CQ, { "510100:provider": "999" }));
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
    await world.quiet();
    const plan = await lastPlan(world, CD);
    expect(plan).toMatchObject({ state: "differs", signatures: [], reason: { code: "NETTING_ENTRIES_DIFFER" } });
    expect(plan?.reason?.text.en).toMatch(/1000.*999|999.*1000/);
  });

  it("believes no plan that was signed for another digest", async () => {
    const world = payingRegions([CD, CQ]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    world.wire = async (message, pass) => {
      if (message.kind !== "NetSign" || message.peer !== CD) return pass();
      const body = { ...(message.body as object), digest: `sha256:${"0".repeat(64)}` };
      return world.at(CD).outbox.receive({ ...message, body, peer: CQ });
    };
    await netAll(world, [CD, CQ]);
    expect(await lastPlan(world, CD)).toMatchObject({ state: "differs", reason: { code: "NETTING_PLAN_DIFFERS" } });
  });

  it("believes no signature in a spelling that whoever verifies it offline would refuse", async () => {
    const world = payingRegions([CD, CQ]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    world.wire = async (message, pass) => {
      if (message.kind !== "NetSign" || message.peer !== CD) return pass();
      const { signature, ...rest } = message.body as { readonly signature: string };
      return world.at(CD).outbox.receive({ ...message, body: { ...rest, signature: `${signature}\n` }, peer: CQ });
    };
    await netAll(world, [CD, CQ]);
    expect(await lastPlan(world, CD)).toMatchObject({ state: "differs", reason: { code: "NETTING_SIGNATURE" } });
  });

  it("takes no statement from a region that is no party to it", async () => {
    const world = payingRegions([CD, CQ, GY]);
    world.at(GY).statements.push(signedStatement("AGR-9", GY, CD, { "520100:provider": "5" }));
    world.wire = async (message, pass) => {
      if (message.kind !== "NetTable" || message.peer !== CD) return pass();
      const text = JSON.stringify(message.body).replaceAll(`"provider":"${GY}"`, `"provider":"${CQ}"`);
      return world.at(CD).outbox.receive({ ...message, body: JSON.parse(text), peer: GY });
    };
    mustSucceed(await world.at(GY).payments.net(person("one"), PERIOD));
    await world.quiet();
    expect(await lastPlan(world, GY)).toMatchObject({ state: "differs", reason: { code: "NETTING_NOT_PARTY" } });
    expect(await world.at(CD).payments.plans(PERIOD)).toMatchObject({ error: { code: "NETTING_NOT_FOUND" } });
  });

  it("is not begun, moved on or signed by a region that has no part in it", async () => {
    const world = payingRegions([CD, CQ, GY]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
    await world.quiet();
    let count = 0;
    const say = (kind: "NetTable" | "NetSign", round: string, peer: string = GY) => {
      const signature = { digest: `sha256:${"0".repeat(64)}`, keyId: "k", signature: "s" };
      const body = { periodId: PERIOD, round, ...(kind === "NetSign" ? signature : { table: { entries: [] } }) };
      const message = { id: `M-${count++}`, peer, kind, body, traceId: "" };
      return world.at(CD).outbox.receive({ ...message, binding: "grpc", topic: "netting" });
    };
    for (const round of ["1", "2", "999"]) {
      expect(await say("NetTable", round)).toMatchObject({ error: { code: "NETTING_NOT_CALCULATED" } });
      expect(await say("NetSign", round)).toMatchObject({ error: { code: "NETTING_NOT_CALCULATED" } });
    }
    // Not even a region that has may have the others go through rounds without end.
    expect(await say("NetTable", "1000", CQ)).toMatchObject({ error: { code: "NETTING_MESSAGE" } });
    await world.quiet();
    expect(mustSucceed(await world.at(CD).payments.plans(PERIOD)).items).toMatchObject([
      { round: "1", state: "calculated" },
    ]);
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
    await world.quiet();
    expect(await lastPlan(world, CD)).toMatchObject({ round: "1", state: "agreed" });
  });

  it("takes what was signed later into a later round, and a region that joins late is met there", async () => {
    const world = payingRegions([CD, CQ, GY]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    await netAll(world, [CD, CQ]);
    expect(await lastPlan(world, CD)).toMatchObject({ round: "1", state: "agreed" });
    sign(world, signedStatement("AGR-3", GY, CD, { "520100:provider": "300" }));
    // Knows no round before, and asks for the first.
    mustSucceed(await world.at(GY).payments.net(person("one"), PERIOD));
    await world.quiet();
    mustSucceed(await world.at(CD).payments.net(person("one"), PERIOD));
    await world.quiet();
    for (const region of [CD, GY]) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
    await world.quiet();
    expect(await lastPlan(world, GY)).toMatchObject({ round: "2", state: "agreed", regions: [CD, GY] });
    expect(await lastPlan(world, CD)).toMatchObject({
      round: "2",
      statements: [{ agreementId: "AGR-3" }],
      payments: [{ from: CD, to: GY, fen: "300" }],
    });
  });

  it("leaves what only one side has signed yet for a later round, and says so", async () => {
    const world = payingRegions([CD, CQ]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    world.at(CD).statements.push(signedStatement("AGR-2", CD, CQ, { "510100:provider": "50" }));
    await netAll(world, [CD, CQ]);
    expect(await lastPlan(world, CD)).toMatchObject({ state: "agreed", leftOut: ["AGR-2"] });
  });

  it("loses nothing when messages fail and nodes restart between any two steps", async () => {
    const world = threeRegions();
    let attempts = 0;
    const lost = err({ kind: "unavailable", code: "RPC_UNAVAILABLE", text: { zh: "不可用", en: "Unavailable." } });
    world.wire = async (_message, pass) => {
      attempts += 1;
      if (attempts % 3 === 0) return lost;
      const answer = await pass();
      // Taken in, but the sender does not hear of it.
      return attempts % 3 === 1 ? lost : answer;
    };
    for (const region of [CD, CQ, GY]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
    await world.quiet();
    for (const region of [CD, CQ, GY]) {
      const { outbox, payments, disk } = world.at(region);
      await outbox.stop();
      await payments.stop();
      world.open(region, {}, disk);
    }
    await world.quiet();
    for (const region of [CD, CQ, GY]) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
    await world.quiet();
    for (const region of [CD, CQ, GY])
      expect(await lastPlan(world, region)).toMatchObject({ state: "agreed", round: "1" });
  });
});

describe("after a real settlement", () => {
  it("nets what both regions signed, the deferred money included", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const rules = loadRules([], undefined);
    let random = 0;
    const opened = [world.provider(), world.consumer()].map(({ region, store, outbox, settlements }) => {
      const payments = createPayments({
        ...{ store, region, rules, logger: silentLogger, signer: signerOf(region) },
        runtime: {
          nowMs: () => world.clock.nowMs,
          randomBytes: (size) => sha256(`${region} ${random++}`).subarray(0, size),
          failPoint: () => {},
        },
        trust: { statementKey: keyOf, region: () => undefined },
        signed: settlements.signed,
      });
      outbox.register("netting", payments.handler);
      return payments;
    });
    const quiet = async () => {
      for (let i = 0; i < 5; i++) {
        await world.quiet();
        for (const payments of opened) await payments.idle();
      }
    };
    for (const payments of opened) mustSucceed(await payments.net(person("one"), PERIOD));
    await quiet();
    for (const payments of opened) mustSucceed(await payments.approveNet(person("two"), PERIOD));
    await quiet();
    for (const payments of opened) {
      expect(mustSucceed(await payments.plans(PERIOD)).items).toMatchObject([
        { state: "agreed", payments: [{ from: CONSUMER, to: PROVIDER, fen: "193836", dueAt: null }] },
      ]);
    }
    expect((await booksOf(world.provider())).net["500000:payer/receivable/CNY"]).toBe("206036");
  });
});

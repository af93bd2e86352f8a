import { describe, expect, it } from "vitest";
import { err, mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { FRESH_CARRY } from "../../node/settlement/model.ts";
import { NO_RANGES } from "../../node/settlement/seq-ranges.ts";
import { agreementBooks } from "../../node/settlement/store.ts";
import { transact } from "../../node/storage/transact.ts";
import { booksOf, statementOf } from "./settled-world.ts";
import { AGR_7, CONSUMER, finance, holdBoth, PROVIDER, type Region, receiptChain, twoRegions } from "./two-regions.ts";

const { fund: _fund, guarantee: _guarantee, compensation: _compensation, ...plain } = AGR_7;
const TERMS = { ...plain, maxRevenueFen: null, costs: [], carryUnpaidCosts: false };
const calls = (at: string) => ({ productId: "elevator-1", usage: { calls: "1000" }, at });
const OCTOBER = calls("2026-10-05T08:00:00.000Z");
const NOVEMBER = calls("2026-11-05T08:00:00.000Z");

async function twoMonths() {
  const world = await twoRegions({ terms: [TERMS] });
  await holdBoth(world, receiptChain("AGR-7", [OCTOBER, NOVEMBER]));
  world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
  const close = async ({ region, settlements }: Region, periodId: string) =>
    mustSucceed(await settlements.close(finance(region), periodId));
  return { world, close };
}

let messages = 0;
function declared({ outbox }: Region, periodId: string, round = "1") {
  const figures = { resources: [], costs: [], maxRevenueFen: null, caps: [], activeDays: [] };
  const body = {
    ...{ agreementId: "AGR-7", periodId, round, step: "figures", figures, through: { forward: "2", reverse: "0" } },
    ...{ disputedReceiptIds: [], resolutions: [] },
  };
  const envelope = { binding: "grpc", topic: "settlement", kind: "Declare", traceId: "t", peer: PROVIDER } as const;
  return outbox.receive({ ...envelope, id: `order-${messages++}`, body });
}

describe("two periods of an agreement", () => {
  it("go one after the other, also when each region begins with another one", async () => {
    const { world, close } = await twoMonths();
    await close(world.provider(), "2026-10");
    await close(world.provider(), "2026-11");
    await world.quiet();
    const [waits] = (await world.provider().settlements.status("2026-11")).blocking;
    expect(waits).toMatchObject({ code: "PERIOD_ORDER" });
    await close(world.consumer(), "2026-10");
    await close(world.consumer(), "2026-11");
    await world.quiet();
    for (const region of world.regions.values()) {
      for (const periodId of ["2026-10", "2026-11"]) {
        expect(await statementOf(region, periodId)).toMatchObject({ matched: true, statement: { receiptCount: "1" } });
      }
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("24000");
    }
  });

  it("have a named outcome when a peer declares one that is settled, overtaken, closed or before the agreement", async () => {
    const { world, close } = await twoMonths();
    const consumer = world.consumer();
    expect(await declared(consumer, "2026-08")).toMatchObject({ error: { code: "PERIOD_BEFORE_AGREEMENT" } });
    expect(await declared(consumer, "2027-02")).toMatchObject({ error: { code: "PERIOD_FUTURE" } });
    for (const region of [world.provider(), consumer]) await close(region, "2026-10");
    await world.quiet();
    expect((await statementOf(consumer, "2026-10")).matched).toBe(true);
    expect(await declared(consumer, "2026-09")).toMatchObject({ error: { code: "PERIOD_ORDER" } });
    // Settled already: it gets what was signed, again.
    expect(await declared(consumer, "2026-10", "2")).toMatchObject({ value: { state: "agreed", reason: null } });
    await world.quiet();
    expect((await booksOf(consumer)).net["500000:payer/receivable/CNY"]).toBe("12000");
  });

  it("concludes no statement that was built before another period was signed, though nothing was carried", async () => {
    const { world, close } = await twoMonths();
    const consumer = world.consumer();
    const notYet = err({ kind: "not-yet", code: "WAIT", text: { zh: "稍候", en: "Wait." } });
    let isHeld = true;
    world.wire.intercept = async ({ kind, peer }, pass) =>
      kind === "Sign" && peer === CONSUMER && isHeld ? notYet : pass();
    for (const region of [world.provider(), consumer]) await close(region, "2026-10");
    for (let i = 0; i < 8; i++) {
      for (const { outbox, settlements } of world.regions.values()) {
        await outbox.idle();
        await settlements.idle();
      }
    }
    expect(await statementOf(consumer, "2026-10")).toMatchObject({ state: "calculated", matched: false });
    // As another replica leaves the books that began September between two reads of this one.
    const signed = {
      agreementId: "AGR-7",
      lastPeriod: "2026-09",
      settled: NO_RANGES,
      parkedReceiptIds: [],
      parked: [],
    };
    await transact(consumer.store, [], (tx) =>
      ok(tx.put(agreementBooks.at("AGR-7"), { ...signed, carry: FRESH_CARRY })),
    );
    isHeld = false;
    await world.quiet();
    expect(await statementOf(consumer, "2026-10")).toMatchObject({
      ...{ state: "differs", matched: false },
      reason: { code: "STATEMENT_CARRY_DIFFERS" },
    });
    expect((await booksOf(consumer)).net).toEqual({});
  });

  it("takes a declaration that came too early, waits, and says for what", async () => {
    const { world, close } = await twoMonths();
    const consumer = world.consumer();
    await close(consumer, "2026-10");
    expect(await declared(consumer, "2026-11")).toMatchObject({ ok: true });
    await close(consumer, "2026-11");
    await world.quiet();
    expect((await consumer.settlements.status("2026-11")).blocking).toMatchObject([
      { code: "PERIOD_ORDER", turn: { region: PROVIDER } },
    ]);
    for (const periodId of ["2026-10", "2026-11"]) await close(world.provider(), periodId);
    await world.quiet();
    expect([CONSUMER, PROVIDER]).toContain(consumer.region);
    expect((await statementOf(consumer, "2026-11")).matched).toBe(true);
  });
});

import { describe, expect, it } from "vitest";
import { createEvents } from "../../node/events/service.ts";
import { err, mustSucceed } from "../../node/kernel/exchange-error.ts";
import { systemScheduler } from "../../node/kernel/scheduler.ts";
import { receipts as heldReceipts } from "../../node/metering/store.ts";
import { list } from "../../node/storage/transact.ts";
import { booksOf, closeBoth, statementOf } from "./settled-world.ts";
import {
  AGR_7,
  CONSUMER,
  finance,
  holdBoth,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  twoRegions,
  type Used,
  type World,
} from "./two-regions.ts";

/** What can move without time passing. */
async function rounds({ regions }: World): Promise<void> {
  for (let i = 0; i < 8; i++) {
    for (const { outbox, settlements } of regions.values()) {
      await outbox.idle();
      await settlements.idle();
    }
  }
}

const textsOf = (document: unknown) => (document as { postings: { text: string }[] }).postings.map(({ text }) => text);

describe("a dispute", () => {
  /** October with the weather receipt in dispute, opened by the provider before anybody closed. */
  async function disputed() {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await holdBoth(world, chain);
    const receiptId = chain[1]?.core.receiptId ?? "";
    const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds: [receiptId], reason: "行数与日志不符" };
    const opened = mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), about));
    await closeBoth(world);
    return { world, receiptId, about, opened };
  }
  const dispute = "AGR-7/dispute/CNY";

  it("parks what it is about, while the rest settles on time, and shows itself to the other region", async () => {
    const { world, receiptId, about } = await disputed();
    const view = await statementOf(world.consumer());
    expect(view).toMatchObject({ matched: true, statement: { receiptCount: "3", disputedReceiptIds: [receiptId] } });
    expect(view.statement?.result).toMatchObject({ amountFen: "156036", disputedFen: "50000" });
    for (const region of [world.provider(), world.consumer()]) {
      expect((await booksOf(region)).net).toMatchObject({
        [dispute]: "-50000",
        "500000:payer/receivable/CNY": "206036",
      });
    }
    expect(await world.consumer().settlements.disputes()).toMatchObject([{ state: "open", openedBy: PROVIDER }]);
    const marks: boolean[] = [];
    for await (const { settledIn } of list(world.provider().store, heldReceipts)) marks.push(settledIn !== null);
    expect(marks).toEqual([true, false, true]);
    const { settlements } = world.provider();
    expect(await settlements.openDispute(finance(PROVIDER), about)).toMatchObject({
      error: { code: "DISPUTE_EXISTS" },
    });
  });

  it("ends when both regions say so: what stands comes in late, and nothing stays parked", async () => {
    const { world, opened } = await disputed();
    mustSucceed(await world.provider().settlements.resolveDispute(finance(PROVIDER), opened.id, "withdrawn"));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    // Only one region has spoken.
    expect((await booksOf(world.provider())).net[dispute]).toBe("-50000");
    const [theirs] = await world.consumer().settlements.disputes();
    mustSucceed(await world.consumer().settlements.resolveDispute(finance(CONSUMER), theirs?.id ?? "", "rejected"));
    world.clock.nowMs = Date.parse("2027-01-03T02:00:00.000Z");
    await closeBoth(world, "2026-12", { declarations: {} });
    const late = (await statementOf(world.consumer(), "2026-12")).statement?.result.lines[0];
    expect(late).toMatchObject({ lineId: "AGR-7/weather-2/2026-10", amountFen: "50000", disputedFen: "0" });
    for (const region of [world.provider(), world.consumer()]) {
      expect((await booksOf(region)).net).toMatchObject({ [dispute]: "0", "500000:payer/receivable/CNY": "206036" });
    }
    // Whoever follows the feed sees it among the statement's postings.
    const { store } = world.consumer();
    const events = createEvents({ store, scheduler: systemScheduler, origin: "log" });
    const { items } = mustSucceed(await events.read(["auditor"], { limit: 50, kind: "statement.signed" }));
    expect(items.map(({ document }) => textsOf(document).includes("AGR-7 dispute released"))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("upheld by both voids the receipt: nobody pays for it", async () => {
    const { world, opened } = await disputed();
    const [theirs] = await world.consumer().settlements.disputes();
    mustSucceed(await world.provider().settlements.resolveDispute(finance(PROVIDER), opened.id, "upheld"));
    mustSucceed(await world.consumer().settlements.resolveDispute(finance(CONSUMER), theirs?.id ?? "", "upheld"));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    expect((await booksOf(world.consumer())).net).toMatchObject({
      [dispute]: "0",
      "500000:payer/receivable/CNY": "156036",
    });
  });

  it("parks a receipt once, also when the period it was used in is tried again after a later one has begun", async () => {
    const { fund: _fund, guarantee: _guarantee, compensation: _compensation, ...plain } = AGR_7;
    const world = await twoRegions({ terms: [{ ...plain, maxRevenueFen: null, costs: [], carryUnpaidCosts: false }] });
    const calls = (at: string) => ({ productId: "elevator-1", usage: { calls: "1000" }, at });
    const chain = receiptChain("AGR-7", [calls("2026-09-05T08:00:00.000Z"), calls("2026-10-05T08:00:00.000Z")]);
    await holdBoth(world, chain.slice(0, 1));
    await closeBoth(world, "2026-09", { declarations: {} });
    await closeBoth(world, "2026-10", { declarations: {} });
    // It came after October was closed: November takes it in, and then October is tried again.
    await holdBoth(world, chain.slice(1));
    const receiptIds = [chain[1]?.core.receiptId ?? ""];
    const about = { agreementId: "AGR-7", periodId: "2026-10", receiptIds, reason: "行数与日志不符" };
    mustSucceed(await world.provider().settlements.openDispute(finance(PROVIDER), about));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    const notYet = err({ kind: "not-yet", code: "WAIT", text: { zh: "稍候", en: "Wait." } });
    let isHeld = true;
    world.wire.intercept = async ({ kind }, pass) => (kind === "Sign" && isHeld ? notYet : pass());
    for (const periodId of ["2026-11", "2026-10"]) {
      for (const { region, settlements } of world.regions.values()) await settlements.close(finance(region), periodId);
      await rounds(world);
    }
    expect((await world.consumer().settlements.status("2026-10")).settlements).toEqual([]);
    isHeld = false;
    await world.quiet();
    expect((await statementOf(world.consumer(), "2026-11")).matched).toBe(true);
    for (const region of world.regions.values()) {
      expect((await booksOf(region)).net).toMatchObject({ [dispute]: "-12000" });
    }
  });

  it("keeps its id, whatever the peer calls its own", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await holdBoth(world, chain);
    const [, theirs, ours] = chain.map(({ core }) => core.receiptId);
    const open = async (region: string, receiptId = "") =>
      mustSucceed(
        await (world.regions.get(region) as Region).settlements.openDispute(finance(region), {
          ...{ agreementId: "AGR-7", periodId: "2026-10", receiptIds: [receiptId], reason: `说明 ${region}` },
        }),
      );
    const { id } = await open(CONSUMER, ours);
    await open(PROVIDER, theirs);
    world.wire.intercept = async (message, pass) => {
      const { disputes = [] } = message.body as { readonly disputes?: readonly { id: string }[] };
      if (message.peer === CONSUMER) for (const told of disputes) told.id = id;
      return pass();
    };
    await closeBoth(world);
    expect((await statementOf(world.consumer())).matched).toBe(true);
    const held = await world.consumer().settlements.disputes();
    expect(held).toHaveLength(2);
    expect(held.find((one) => one.id === id)).toMatchObject({ openedBy: CONSUMER, receiptIds: [ours] });
    expect(held.find((one) => one.id !== id)).toMatchObject({ openedBy: PROVIDER, receiptIds: [theirs] });
  });

  it("is opened once over a receipt, also by two at the same instant", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await holdBoth(world, chain);
    const about = {
      agreementId: "AGR-7",
      periodId: "2026-10",
      receiptIds: [chain[1]?.core.receiptId ?? ""],
      reason: "x",
    };
    const { settlements } = world.provider();
    const answers = await Promise.all([1, 2].map(() => settlements.openDispute(finance(PROVIDER), about)));
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(await settlements.disputes()).toHaveLength(1);
  });

  it("is too late after our own signature, whatever period it names", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await holdBoth(world, chain);
    const notYet = err({ kind: "not-yet", code: "WAIT", text: { zh: "稍候", en: "Wait." } });
    world.wire.intercept = async ({ kind }, pass) => (kind === "Sign" ? notYet : pass());
    for (const { region, settlements } of world.regions.values()) await settlements.close(finance(region), "2026-10");
    await rounds(world);
    const about = { agreementId: "AGR-7", receiptIds: [chain[1]?.core.receiptId ?? ""], reason: "x" };
    for (const periodId of ["2026-10", "2026-11"]) {
      expect(await world.provider().settlements.openDispute(finance(PROVIDER), { ...about, periodId })).toMatchObject({
        error: { code: "STATEMENT_SIGNED" },
      });
    }
  });

  it("over what came too late for a signed period is opened where it is going to be settled", async () => {
    const world = await twoRegions();
    const late: Used = { productId: "elevator-1", usage: { calls: "10" }, at: "2026-10-31T08:00:00.000Z" };
    const chain = receiptChain("AGR-7", [...OCTOBER, late]);
    await holdBoth(world, chain.slice(0, OCTOBER.length));
    await closeBoth(world);
    await holdBoth(world, chain.slice(OCTOBER.length));
    const about = { agreementId: "AGR-7", receiptIds: [chain.at(-1)?.core.receiptId ?? ""], reason: "次数不符" };
    const { settlements } = world.consumer();
    const opened = mustSucceed(await settlements.openDispute(finance(CONSUMER), { ...about, periodId: "2026-10" }));
    expect(opened.periodId).toBe("2026-11");
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    expect((await settlements.disputes("2026-11"))[0]).toMatchObject({ id: opened.id, parked: true });
  });

  it("is too late once the receipt is settled, and needs a receipt that exists", async () => {
    const { world } = await disputed();
    const [elevator] = receiptChain("AGR-7", OCTOBER);
    const { settlements } = world.provider();
    const open = (receiptId: string) =>
      settlements.openDispute(finance(PROVIDER), {
        agreementId: "AGR-7",
        periodId: "2026-10",
        receiptIds: [receiptId],
        reason: "x",
      });
    expect(await open(elevator?.core.receiptId ?? "")).toMatchObject({ error: { code: "DISPUTE_SETTLED" } });
    expect(await open("0".repeat(64))).toMatchObject({ error: { code: "DISPUTE_NOT_FOUND" } });
  });
});

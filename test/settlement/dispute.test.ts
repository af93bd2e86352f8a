import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { receipts as heldReceipts } from "../../node/metering/store.ts";
import { list } from "../../node/storage/transact.ts";
import { booksOf, closeBoth, statementOf } from "./settled-world.ts";
import { CONSUMER, finance, holdBoth, OCTOBER, PROVIDER, receiptChain, twoRegions } from "./two-regions.ts";

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

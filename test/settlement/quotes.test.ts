import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { numberIn } from "../../node/metering/store.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { insightOf, requester } from "./insight-of.ts";
import { CONSUMER, holdBoth, OCTOBER, receiptChain, twoRegions, type Used } from "./two-regions.ts";

const NOVEMBER: readonly Used[] = [
  { productId: "elevator-1", usage: { calls: "100" }, at: "2026-11-01T08:00:00.000Z" },
  { productId: "elevator-1", usage: { calls: "120" }, at: "2026-11-02T03:00:00.000Z" },
];

describe("a quote", () => {
  it("is an upper bound, and compared with what was charged", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const consumer = insightOf(world, world.consumer());
    world.clock.nowMs = Date.parse("2026-11-01T06:00:00.000Z");
    const quote = mustSucceed(await consumer.quote(requester(CONSUMER), "AGR-7", { calls: "220" }));
    expect(quote).toMatchObject({ upperBoundFen: "2641", validUntil: "2026-11-30T16:00:00.000Z" });
    expect(quote.text.zh).toMatch(/^220 次至多 26\.41 元\(每次 0\.\d{6} 元/);
    expect(quote.text.en).toMatch(/^220 calls cost at most CNY 26\.41 \(CNY 0\.\d{6} each/);
    await holdBoth(world, receiptChain("AGR-7", [...OCTOBER, ...NOVEMBER]).slice(3));
    world.clock.nowMs = Date.parse("2026-11-03T06:00:00.000Z");
    const [compared] = mustSucceed(await consumer.quotes("AGR-7", { periodId: "2026-11" }));
    expect(compared?.actual).toMatchObject({ quantity: "220", fen: "2640", beyond: "0", isWithin: true });
    expect(await consumer.quote(requester(CONSUMER), "AGR-7", {})).toMatchObject({
      error: { code: "QUOTE_UNBOUNDED" },
    });
  });

  it("reads the month once for all its quotes, and no other", async () => {
    const world = await twoRegions();
    const made = [...OCTOBER, ...NOVEMBER];
    const later = [
      { productId: "elevator-1", usage: { calls: "7" }, at: "2026-11-09T03:00:00.000Z" },
      { productId: "elevator-1", usage: { calls: "90" }, at: "2026-12-02T03:00:00.000Z" },
    ];
    const chain = receiptChain("AGR-7", [...made, ...later]);
    const consumer = insightOf(world, world.consumer());
    const quoteAt = async (day: string, calls: string) => {
      world.clock.nowMs = Date.parse(`2026-11-${day}T06:00:00.000Z`);
      mustSucceed(await consumer.quote(requester(CONSUMER), "AGR-7", { calls }));
    };
    await holdBoth(world, chain.slice(0, 4));
    await quoteAt("01", "120");
    await holdBoth(world, chain.slice(4, 5));
    await quoteAt("02", "7");
    await holdBoth(world, chain.slice(5));
    const keys = readsOf(world.consumer().store);
    const quotes = mustSucceed(await consumer.quotes("AGR-7", {}));
    expect(quotes.map(({ actual }) => [actual.quantity, actual.receipts, actual.fen])).toEqual([
      ["7", "1", "84"],
      ["120", "1", "1440"],
    ]);
    const numbers = keys.filter((key) => key.startsWith("receipt/")).map((key) => Number(numberIn(key)));
    // Those of November after the first quote; then the whole chain once, as long as its sums are not kept.
    expect(numbers).toEqual([5, 6, ...chain.map((_, i) => i + 1)]);
  });
});

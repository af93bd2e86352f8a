import { describe, expect, it } from "vitest";
import { refusals } from "../../node/kernel/exchange-error.ts";
import { ExchangeFault } from "../../node/kernel/exchange-fault.ts";
import { closeBoth, statementOf, viewOf } from "./settled-world.ts";
import { CONSUMER, hold, OCTOBER, PROVIDER, receiptChain, twoRegions } from "./two-regions.ts";

const lost = refusals({ LOST: "unavailable" })("LOST", { zh: "断", en: "lost" });

describe("an exception blocks closing", () => {
  it("names calls without a receipt, whose node has to close their window, before and after closing, until it does", async () => {
    let open = 3;
    const openCalls = async () => open;
    const world = await twoRegions({ provider: { openCalls } });
    for (const region of [world.provider(), world.consumer()]) await hold(region, receiptChain("AGR-7", OCTOBER));
    const block = {
      ...{ code: "SETTLEMENT_CALLS_UNRECEIPTED", agreementId: "AGR-7" },
      turn: { region: PROVIDER, role: "admin" },
    };
    expect((await viewOf(world.provider())).blocking).toMatchObject([block]);
    await closeBoth(world);
    const blocked = await viewOf(world.provider());
    expect(blocked.matched).toBe(false);
    expect(blocked.blocking).toMatchObject([block]);

    open = 0;
    await world.provider().settlements.tend();
    await world.quiet();
    expect(await viewOf(world.provider())).toMatchObject({ matched: true, blocking: [] });
  });

  it("names receipts without the consumer's signature before anybody closes, and closes without them early", async () => {
    const world = await twoRegions();
    world.wire.receipt = () => {
      throw new ExchangeFault(lost.error);
    };
    const chain = receiptChain("AGR-7", OCTOBER);
    await hold(world.consumer(), chain);
    await hold(
      world.provider(),
      chain.map((receipt, i) => (i === 2 ? { ...receipt, consumerSignature: null } : receipt)),
    );
    const block = { code: "SETTLEMENT_RECEIPTS_INCOMPLETE", turn: { region: CONSUMER, role: "admin" } };
    expect((await viewOf(world.provider())).blocking).toMatchObject([block]);
    await closeBoth(world);
    expect((await viewOf(world.provider())).blocking).toMatchObject([block]);
    await closeBoth(world, "2026-10", { early: true, reason: "不再等待" });
    expect((await viewOf(world.provider())).blocking).toEqual([]);
    expect(await statementOf(world.provider())).toMatchObject({ matched: true, statement: { receiptCount: "2" } });
  });
});

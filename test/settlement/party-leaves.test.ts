import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { partyEnds } from "../../node/metering/party-end.ts";
import type { InboundMessage } from "../../node/outbox/model.ts";
import { read } from "../../node/storage/transact.ts";
import { closeBoth, leavesOf, statementOf } from "./settled-world.ts";
import { CONSUMER, finance, holdBoth, OCTOBER, PROVIDER, receiptChain, twoRegions } from "./two-regions.ts";

const OPERATOR = "510100:operator";
const november = OCTOBER.map((used) => ({ ...used, at: used.at.replace("-10-", "-11-") }));

describe("a party that leaves in the middle of a month", () => {
  it("is announced by its own region under its signature, and paid for the days on which it took part", async () => {
    const world = await twoRegions();
    const { settlements } = world.provider();
    const leave = { partyId: OPERATOR, lastDay: "2026-11-15" };
    const told = mustSucceed(await settlements.announceLeave(finance(PROVIDER), "AGR-7", leave));
    expect(mustSucceed(await settlements.announceLeave(finance(PROVIDER), "AGR-7", leave))).toEqual(told);
    await world.quiet();
    for (const region of [world.provider(), world.consumer()]) {
      expect(await read(region.store, partyEnds.at("AGR-7"))).toEqual([told]);
      expect(await leavesOf(region)).toMatchObject([
        { kind: "declaration.signed", detail: { ...leave, agreementSeq: "1" } },
      ]);
    }

    await holdBoth(world, receiptChain("AGR-7", november));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    const [ours, theirs] = [
      await statementOf(world.provider(), "2026-11"),
      await statementOf(world.consumer(), "2026-11"),
    ];
    expect(ours.matched).toBe(true);
    expect(ours.digest).toBe(theirs.digest);
    expect(ours.declaration?.activeDays).toEqual([{ partyId: OPERATOR, days: "15" }]);
    // 70 : 5 : 25 × 15/30 of what is left after fund and compensation.
    const shares = (ours.statement?.result.lines ?? []).flatMap(({ shares }) => shares);
    const benefit = (partyId: string) =>
      shares
        .filter((one) => one.partyId === partyId && one.kind === "benefit")
        .reduce((sum, { fen }) => sum + Number(fen), 0);
    expect(benefit(OPERATOR) / benefit("510100:provider")).toBeCloseTo(12.5 / 70, 3);
  });

  it("is not announced by another region, for a day that is over, or for another day than before", async () => {
    const world = await twoRegions();
    const announce = (lastDay: string, region = PROVIDER) =>
      (region === PROVIDER ? world.provider() : world.consumer()).settlements.announceLeave(finance(region), "AGR-7", {
        ...{ partyId: OPERATOR, lastDay },
      });
    expect(await announce("2026-11-15", CONSUMER)).toMatchObject({ error: { code: "SETTLEMENT_NOT_PARTY" } });
    expect(await announce("2026-11-02")).toMatchObject({ error: { code: "SETTLEMENT_FIGURES" } });
    mustSucceed(await announce("2026-11-15"));
    expect(await announce("2026-11-20")).toMatchObject({ error: { code: "SETTLEMENT_FIGURES" } });
    await world.quiet();
    const notice = { partyId: "510100:provider", lastDay: "2026-11-20", keyId: "x", signature: "" };
    const message: InboundMessage = {
      ...{ id: "M-1", peer: PROVIDER, traceId: "", body: { agreementId: "AGR-7", notice } },
      ...({ binding: "grpc", topic: "settlement", kind: "Declare" } as const),
    };
    const forged = await world.consumer().outbox.receive(message);
    expect(forged).toMatchObject({ error: { code: "STATEMENT_SIGNATURE" } });
  });
});

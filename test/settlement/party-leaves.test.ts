import { describe, expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { partyEnds } from "../../node/metering/party-end.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { InboundMessage } from "../../node/outbox/model.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { recompute } from "../../node/settlement/recompute.ts";
import { read, transact } from "../../node/storage/transact.ts";
import { insightOf } from "./insight-of.ts";
import { closeBoth, leavesOf, statementOf } from "./settled-world.ts";
import {
  AGR_7,
  agreementOf,
  CONSUMER,
  finance,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  receiptChain,
  THIRD,
  twoRegions,
  type World,
} from "./two-regions.ts";

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

const STORAGE = "500000:storage";
const SPLIT: SettlementTerms = {
  agreementId: "AGR-7",
  parties: AGR_7.parties,
  products: AGR_7.products,
  scheme: AGR_7.scheme,
};

const calls = (month: string, day: string) => ({
  productId: "elevator-1",
  usage: { calls: "1000" },
  at: `${month}-${day}T04:00:00.000Z`,
});

/** October, November with some of October, December with some of both; each as it comes. */
const [october, ...later] = receiptChain("AGR-7", [
  calls("2026-10", "20"),
  ...[calls("2026-10", "21"), calls("2026-11", "10")],
  ...[calls("2026-10", "22"), calls("2026-11", "11"), calls("2026-12", "10")],
]);
const MONTHS = [
  { periodId: "2026-10", at: "2026-11-03", comes: october === undefined ? [] : [october] },
  { periodId: "2026-11", at: "2026-12-03", comes: later.slice(0, 2) },
  { periodId: "2026-12", at: "2027-01-03", comes: later.slice(2) },
];

async function leaveInNovember(world: World) {
  const { settlements } = world.provider();
  mustSucceed(
    await settlements.announceLeave(finance(PROVIDER), "AGR-7", { partyId: OPERATOR, lastDay: "2026-11-15" }),
  );
  const other = world.consumer().settlements;
  mustSucceed(await other.announceLeave(finance(CONSUMER), "AGR-7", { partyId: STORAGE, lastDay: "2026-11-30" }));
  await world.quiet();
}

async function quarter(world: World, close: (periodId: string) => Promise<unknown>) {
  for (const { periodId, at, comes } of MONTHS) {
    world.clock.nowMs = Date.parse(`${at}T02:00:00.000Z`);
    await holdBoth(world, comes);
    await close(periodId);
    await world.quiet();
    if (periodId === "2026-10") await leaveInNovember(world);
  }
}

const FULL = { "510100:provider": "8400", [STORAGE]: "600", [OPERATOR]: "3000" };
const HALF = { "510100:provider": "9600", [STORAGE]: "686", [OPERATOR]: "1714" };
const ALONE = { "510100:provider": "12000" };

async function expectShares(world: World) {
  for (const region of [world.provider(), world.consumer()]) {
    for (const [periodId, lines] of [
      ["2026-11", { "2026-10": FULL, "2026-11": HALF }],
      ["2026-12", { "2026-10": FULL, "2026-11": HALF, "2026-12": ALONE }],
    ] as const) {
      const { matched, statement } = await statementOf(region, periodId);
      expect(matched).toBe(true);
      const shared = (statement?.result.lines ?? []).map(({ lineId, shares }) => [
        lineId.split("/")[2],
        Object.fromEntries(shares.map(({ partyId, fen }) => [partyId, fen])),
      ]);
      expect(Object.fromEntries(shared)).toEqual(lines);
      const bundle = JSON.parse(JSON.stringify(mustSucceed(await region.settlements.bundle("AGR-7", periodId))));
      expect(mustSucceed(recompute(bundle, keyOf)).digest).toBe((await statementOf(region, periodId)).digest);
      mustSucceed(await insightOf(world, region).derivation(periodId, "AGR-7"));
    }
  }
}

describe("a party that has left", () => {
  it("gets nothing of later months, and all that is its own of months before", async () => {
    const world = await twoRegions({ terms: [SPLIT] });
    await quarter(world, (periodId) => closeBoth(world, periodId, { declarations: {} }));
    expect((await statementOf(world.provider(), "2026-12")).declaration?.activeDays).toEqual([
      { partyId: STORAGE, days: "0" },
      { partyId: OPERATOR, days: "0" },
    ]);
    await expectShares(world);
  });

  it("is left out too where a region signs without anybody who closes", async () => {
    const world = await twoRegions({ terms: [{ ...SPLIT, autoSignUpToFen: "1000000" }] });
    await quarter(world, (periodId) =>
      world.provider().settlements.close(finance(PROVIDER), periodId, { declarations: {} }),
    );
    await expectShares(world);
  });

  it("is left out by what its own region says, also when that is a third one", async () => {
    const parties = AGR_7.parties.map((one) => (one.partyId === STORAGE ? { ...one, regionId: THIRD } : one));
    const terms: SettlementTerms = { ...SPLIT, parties };
    const world = await twoRegions({ terms: [terms] });
    const third = await world.open(THIRD);
    const copy = { ...agreementOf(terms, "provider"), role: "witness-party", peer: PROVIDER } as const;
    await transact(third.store, [], (tx) => ok(putAgreement(tx, undefined, copy)));
    for (const { periodId, at, comes } of MONTHS) {
      world.clock.nowMs = Date.parse(`${at}T02:00:00.000Z`);
      await holdBoth(world, comes);
      mustSucceed(await third.settlements.close(finance(THIRD), periodId, { declarations: { "AGR-7": {} } }));
      await closeBoth(world, periodId, { declarations: {} });
      if (periodId !== "2026-10") continue;
      const leave = { partyId: STORAGE, lastDay: "2026-11-15" };
      mustSucceed(await third.settlements.announceLeave(finance(THIRD), "AGR-7", leave));
    }
    for (const region of [world.provider(), world.consumer(), third]) {
      const { matched, statement } = await statementOf(region, "2026-12");
      expect(matched).toBe(true);
      // Of October's late line and of November's by its days; of December nothing.
      expect(statement?.result.totals).toContainEqual({ partyId: STORAGE, fen: String(600 + 308) });
    }
  });

  it("is not announced under a scheme that would go on paying it", async () => {
    const weights = ["510100:provider", OPERATOR].map((partyId) => ({ partyId, weight: "1" }));
    const v = { kind: "pairwise", single: ["1", "1"], pairs: [] } as const;
    for (const [scheme, isRefused] of [
      [{ kind: "tiers", brackets: [{ upToFen: null, weights }] }, true],
      [{ kind: "shapley", parties: weights.map(({ partyId }) => partyId), v }, true],
      [{ kind: "contribution", parties: [OPERATOR], components: [], fallback: weights }, true],
      [{ kind: "contribution", parties: [OPERATOR], components: [] }, false],
    ] as const) {
      const world = await twoRegions({ terms: [JSON.parse(JSON.stringify({ ...SPLIT, scheme }))] });
      const leave = { partyId: OPERATOR, lastDay: "2026-11-15" };
      const said = await world.provider().settlements.announceLeave(finance(PROVIDER), "AGR-7", leave);
      if (isRefused) expect(said).toMatchObject({ error: { code: "PARTY_STAYS_IN_SCHEME" } });
      else mustSucceed(said);
    }
  });
});

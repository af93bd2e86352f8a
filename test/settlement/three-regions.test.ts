import { describe, expect, it } from "vitest";
import { canonicalText } from "../../node/kernel/canonical-json.ts";
import { err, mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { receipts } from "../../node/metering/store.ts";
import { putAgreement } from "../../node/negotiation/store.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { readEquation } from "../../node/settlement/insight/read-equation.ts";
import { net } from "../../node/settlement/netting.ts";
import { obligationsOf } from "../../node/settlement/obligations.ts";
import { STATEMENT_PREFIX, signText } from "../../node/settlement/process.ts";
import { examine } from "../../node/settlement/recompute.ts";
import type { SettlementDeps } from "../../node/settlement/service.ts";
import { agreementsIn, receiptsIn } from "../../node/settlement/sources.ts";
import type { MemoryDisk } from "../../node/storage/memory.ts";
import { page, transact } from "../../node/storage/transact.ts";
import { booksOf, leavesOf, statementOf } from "./settled-world.ts";
import {
  AGR_7,
  agreementOf,
  CONSUMER,
  finance,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  signerOf,
  THIRD,
  twoRegions,
  type World,
} from "./two-regions.ts";

/** The worked example with its storage centre and its fund in a third region. */
const TERMS: SettlementTerms = JSON.parse(
  JSON.stringify(AGR_7).replaceAll('"500000:storage"', '"440100:storage"').replaceAll('"510100:fund"', '"440100:fund"'),
);
const parties = TERMS.parties.map((one) => (one.partyId === "440100:storage" ? { ...one, regionId: THIRD } : one));
const AGREED: SettlementTerms = { ...TERMS, parties };

const cleaning = { costs: [{ costId: "cleaning", declaredFen: "36000" }] };
const storage = { resources: [{ partyId: "440100:storage", resource: "gb-month", quantity: "120" }] };
const away = err({ kind: "unavailable", code: "RPC_UNAVAILABLE", text: { zh: "不可用", en: "Unavailable." } });

async function open(world: World, disk?: MemoryDisk, more: Partial<SettlementDeps> = {}): Promise<Region> {
  const third = await world.open(THIRD, disk, more);
  if (disk !== undefined) return third;
  const agreement = { ...agreementOf(AGREED, "provider"), role: "witness-party", peer: PROVIDER } as const;
  await transact(third.store, [], (tx) => ok(putAgreement(tx, undefined, agreement)));
  return third;
}

async function threeRegions(): Promise<World> {
  const world = await twoRegions({ terms: [AGREED] });
  await open(world);
  return world;
}

const third = (world: World) => world.regions.get(THIRD) as Region;
const all = (world: World) => [world.provider(), world.consumer(), third(world)];

async function close({ settlements, region }: Region, declared: object = {}, periodId = "2026-10") {
  const declarations = { "AGR-7": declared };
  return settlements.close(
    finance(region),
    periodId,
    Object.keys(declared).length === 0 ? {} : ({ declarations } as object),
  );
}

async function closeAll(world: World) {
  mustSucceed(await close(third(world), storage));
  mustSucceed(await close(world.provider(), cleaning));
  mustSucceed(await close(world.consumer()));
  await world.quiet();
}

/** October is signed; November is over, with usage of its own and some of October that came late. */
async function uptoNovember(world: World) {
  const november = [
    { productId: "elevator-1", usage: { calls: "10" }, at: "2026-10-31T08:00:00.000Z" },
    { productId: "elevator-1", usage: { calls: "90" }, at: "2026-11-02T08:00:00.000Z" },
  ];
  const chain = receiptChain("AGR-7", [...OCTOBER, ...november]);
  await holdBoth(world, chain.slice(0, OCTOBER.length));
  await closeAll(world);
  await holdBoth(world, chain.slice(OCTOBER.length));
  world.clock.nowMs = Date.parse("2026-12-02T02:00:00.000Z");
}

describe("settling an agreement that pays a third region's parties", () => {
  it("is declared, computed and signed by all three, and posted once in each of three ledgers", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeAll(world);
    const views = await Promise.all(all(world).map((region) => statementOf(region)));
    for (const view of views) {
      expect(view).toMatchObject({ state: "agreed", matched: true, reason: null, digest: views[0]?.digest });
      expect(view.signatures.map(({ region }) => region)).toEqual([THIRD, CONSUMER, PROVIDER]);
      expect(view.signatures).toEqual(views[0]?.signatures);
      expect(view.declarationSignatures).toEqual(views[0]?.declarationSignatures);
      expect(view.declarationSignatures).toHaveLength(3);
      expect(view.statement?.result.totals).toEqual([
        { partyId: "440100:fund", fen: "8000" },
        { partyId: "440100:storage", fen: "12200" },
        { partyId: "510100:operator", fen: "69421" },
        { partyId: "510100:provider", fen: "110379" },
      ]);
    }
    const books = await Promise.all(all(world).map((region) => booksOf(region)));
    expect(books[2]?.net).toEqual({
      "500000:payer/receivable/CNY": "206036",
      "AGR-7/clearing/CNY": "0",
      "AGR-7/deferred/CNY": "-6036",
      "440100:storage/payable/CNY": "-12200",
      "440100:fund/payable/CNY": "-8000",
      "510100:operator/payable/CNY": "-69421",
      "510100:provider/payable/CNY": "-110379",
    });
    expect(books.map(({ net }) => net)).toEqual([books[2]?.net, books[2]?.net, books[2]?.net]);
    for (const region of all(world)) {
      expect(await leavesOf(region, "statement.signed")).toHaveLength(1);
      expect(await leavesOf(region, "declaration.signed")).toHaveLength(1);
    }
    // It has seen sums of usage, and no receipt.
    const { store } = third(world);
    expect(await page(store, receipts, [], {})).toEqual([]);
    const sources = { store, agreements: agreementsIn(store), receipts: receiptsIn(store) };
    expect(await readEquation(sources, "AGR-7", "2026-10")).toBeUndefined();
  });

  it("owes each region its parties' totals, and all three find the same plan", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeAll(world);
    const { statement } = await statementOf(third(world));
    if (statement === null) throw new Error("it is signed");
    const owed = obligationsOf({ statement, terms: AGREED, provider: PROVIDER, consumer: CONSUMER });
    expect(owed.map(({ from, to, fen }) => [from, to, fen.toString()])).toEqual([
      [CONSUMER, THIRD, "8000"],
      [CONSUMER, THIRD, "12200"],
      [CONSUMER, PROVIDER, "69421"],
      [CONSUMER, PROVIDER, "110379"],
      [CONSUMER, PROVIDER, "6036"],
    ]);
    const signed = await Promise.all(all(world).map(({ settlements }) => settlements.signed("2026-10")));
    const plans = signed.map((one) => net(mustSucceed(one).flatMap(obligationsOf)).payments);
    expect(plans).toEqual(
      all(world).map(() => [
        { from: CONSUMER, to: PROVIDER, fen: 185_836n },
        { from: CONSUMER, to: THIRD, fen: 20_200n },
      ]),
    );
  });

  it("is recomputed offline from what a side exports, and not without the third region's signatures", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeAll(world);
    const exported = mustSucceed(await world.provider().settlements.bundle("AGR-7", "2026-10"));
    const isTheirs = ({ region }: { readonly region: string }) => region === THIRD;
    const document = { ...JSON.parse(exported.agreement.document), provider: PROVIDER, consumer: CONSUMER };
    const bundle = { ...exported, agreement: { ...exported.agreement, document: canonicalText(document) } };
    const faultsOf = (given: typeof bundle) =>
      examine(given, keyOf).faults.map(({ code, details }) => [code, details?.region]);
    const unsigned = { ...bundle, signatures: bundle.signatures.filter((one) => !isTheirs(one)) };
    const undeclared = bundle.declarationSignatures.filter((one) => !isTheirs(one));
    expect(faultsOf(unsigned)).toContainEqual(["STATEMENT_SIGNATURE", THIRD]);
    expect(faultsOf(bundle)).not.toContainEqual(["STATEMENT_SIGNATURE", THIRD]);
    // The agreement of this fixture is signed by nobody, so that fault is there in any case.
    const missing = (given: typeof bundle) =>
      faultsOf(given).filter(([code, of]) => code === "BUNDLE_SIGNATURE" && of === THIRD);
    expect(missing({ ...bundle, declarationSignatures: undeclared })).toHaveLength(missing(bundle).length + 1);
  });

  it("goes on over several months, with late usage and what was carried", async () => {
    const world = await threeRegions();
    await uptoNovember(world);
    for (const region of all(world)) mustSucceed(await close(region, {}, "2026-11"));
    await world.quiet();
    const views = await Promise.all(all(world).map((region) => statementOf(region, "2026-11")));
    expect(views.map(({ state }) => state)).toEqual(["agreed", "agreed", "agreed"]);
    expect(new Set(views.map(({ digest }) => digest)).size).toBe(1);
    expect(views[2]?.statement?.result.lines.map(({ lineId }) => lineId)).toEqual([
      "AGR-7/elevator-1/2026-10",
      "AGR-7/elevator-1/2026-11",
      "AGR-7/~deferred/2026-11",
    ]);
    const books = await Promise.all(all(world).map((region) => booksOf(region)));
    expect(books.map(({ net }) => net)).toEqual(books.map(() => books[0]?.net));
  });

  it("pays a party that left within the month by its days, as its region declared", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    mustSucceed(await close(third(world), { ...storage, activeDays: [{ partyId: "440100:storage", days: "10" }] }));
    mustSucceed(await close(world.provider(), cleaning));
    mustSucceed(await close(world.consumer()));
    await world.quiet();
    const views = await Promise.all(all(world).map((region) => statementOf(region)));
    expect(new Set(views.map(({ digest }) => digest)).size).toBe(1);
    expect(views[0]).toMatchObject({ state: "agreed", declaration: { activeDays: [{ days: "10" }] } });
    // Weight 5 × 10/31 instead of 5 gives 2,634, above the floor of ⌊8,000 × 10/31⌋; and 4,200 for the storage.
    const total = views[0]?.statement?.result.totals.find(({ partyId }) => partyId === "440100:storage");
    expect(total?.fen).toBe("6834");
  });
});

describe("a third region that is slow, or says something else", () => {
  it("is waited for with its own reason at both sides, and needs no second close", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    mustSucceed(await close(world.provider(), cleaning));
    mustSucceed(await close(world.consumer()));
    await world.quiet();
    for (const region of [world.provider(), world.consumer()]) {
      expect(await statementOf(region)).toMatchObject({
        state: "open",
        reason: { code: "SETTLEMENT_WAITS_FOR_CLOSE", turn: { region: THIRD, role: "finance" } },
      });
    }
    expect((await third(world).settlements.waiting(finance(THIRD))).map(({ periodId }) => periodId)).toEqual([
      "2026-10",
    ]);
    mustSucceed(await close(third(world), storage));
    await world.quiet();
    expect((await statementOf(world.provider())).state).toBe("agreed");
    expect((await statementOf(third(world))).state).toBe("agreed");
  });

  it.each(Array.from({ length: 14 }, (_, cut) => cut))(
    "is down from message %i on and comes back: one posting each, equal digests",
    async (cut) => {
      const world = await threeRegions();
      await holdBoth(world, receiptChain("AGR-7", OCTOBER));
      let seen = 0;
      let isBack = false;
      world.wire.intercept = async (message, pass) => {
        const isTheirs = message.peer === THIRD || (message.body as { party?: string }).party === THIRD;
        return isTheirs && seen++ >= cut && !isBack ? away : pass();
      };
      mustSucceed(await close(third(world), storage));
      mustSucceed(await close(world.provider(), cleaning));
      mustSucceed(await close(world.consumer()));
      for (let i = 0; i < 3; i++) {
        for (const { settlements } of all(world)) await settlements.idle();
        world.passTime();
      }
      // Its process dies there; a new one begins on what was durable.
      const { outbox, settlements, disk } = third(world);
      await Promise.all([outbox.stop(), settlements.stop()]);
      isBack = true;
      await open(world, disk);
      await world.quiet();
      const views = await Promise.all(all(world).map((region) => statementOf(region)));
      expect(views.map(({ state }) => state)).toEqual(["agreed", "agreed", "agreed"]);
      expect(new Set(views.map(({ digest }) => digest)).size).toBe(1);
      const books = await Promise.all(all(world).map((region) => booksOf(region)));
      expect(books.map(({ net }) => net)).toEqual(books.map(() => books[0]?.net));
    },
  );

  it("takes every message twice and in any order without a second effect", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    world.wire.intercept = async (_message, pass) => {
      await pass();
      return pass();
    };
    await closeAll(world);
    const books = await Promise.all(all(world).map((region) => booksOf(region)));
    expect(books.map(({ net }) => net["440100:storage/payable/CNY"])).toEqual(["-12200", "-12200", "-12200"]);
  });

  it("cannot be spoken for: a forged signature of it concludes nothing, its own then does", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const forger = { signer: signerOf(CONSUMER) };
    let forged = 0;
    world.wire.intercept = async (message, pass) => {
      const body = message.body as { party?: string; digest?: string };
      if (message.kind !== "Sign" || body.party !== THIRD || message.peer === THIRD) return pass();
      forged++;
      const { settlements, outbox } = world.regions.get(message.peer) as Region;
      const { statement } = mustSucceed(await settlements.statement("AGR-7", "2026-10"));
      const lie = { ...body, ...signText(forger, STATEMENT_PREFIX, JSON.stringify(statement)) };
      await outbox.receive({ ...message, id: `${message.id}x`, peer: THIRD, body: lie as never });
      await settlements.idle();
      const view = mustSucceed(await settlements.statement("AGR-7", "2026-10"));
      expect(view).toMatchObject({ state: "differs", reason: { code: "STATEMENT_SIGNATURE" } });
      return pass();
    };
    await closeAll(world);
    expect(forged).toBe(2);
    expect((await Promise.all(all(world).map((region) => statementOf(region)))).map(({ state }) => state)).toEqual([
      "agreed",
      "agreed",
      "agreed",
    ]);
  });

  it("does not sign a declaration that says something else of its parties, and both sides see why", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    // The provider, too, says what the storage of the third region was; the third region lays down nothing.
    mustSucceed(await close(world.provider(), { ...cleaning, ...storage }));
    mustSucceed(await close(world.consumer()));
    mustSucceed(await close(third(world)));
    await world.quiet();
    const views = await Promise.all(all(world).map((region) => statementOf(region)));
    expect(views[2]).toMatchObject({ state: "differs", reason: { code: "STATEMENT_INPUTS_DIFFER" } });
    for (const view of views.slice(0, 2)) {
      expect(view).toMatchObject({ reason: { code: "STATEMENT_INPUTS_DIFFER", turn: { region: THIRD } } });
    }
    // Finance there looks, agrees with the figure and closes again: a new round for all three.
    mustSucceed(await close(third(world), storage));
    await world.quiet();
    const after = await Promise.all(all(world).map((region) => statementOf(region)));
    expect(after.map(({ state }) => state)).toEqual(["agreed", "agreed", "agreed"]);
  });

  it("may declare nothing of other regions' parties, nor of the agreement as a whole", async () => {
    const world = await threeRegions();
    for (const figures of [
      cleaning,
      { maxRevenueFen: "1" },
      { caps: [{ productId: "weather-2", capPriceMicro: "1" }] },
    ]) {
      expect(await close(third(world), figures)).toMatchObject({ error: { code: "SETTLEMENT_FIGURES" } });
    }
  });

  it("begins nothing in a period before the agreement, which would keep the books open", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const answers: unknown[] = [];
    world.wire.intercept = async (message, pass) => {
      const body = message.body as { party?: string };
      if (body.party === THIRD && message.peer === PROVIDER && answers.length === 0) {
        const early = { ...message, id: `${message.id}x`, peer: THIRD, body: { ...body, periodId: "2026-08" } };
        answers.push(await world.provider().outbox.receive(early as never));
      }
      return pass();
    };
    await closeAll(world);
    expect(answers).toMatchObject([{ error: { code: "PERIOD_BEFORE_AGREEMENT" } }]);
    expect(await world.provider().settlements.periods()).toEqual(["2026-10"]);
    expect((await world.provider().settlements.status("2026-10")).ledger).toEqual({ closed: true, reason: null });
  });

  it.each([
    ["the month", false, "priorQuantity"],
    ["the month, for free", false, "priorFreeQuantity"],
    ["a month before, come late", true, "priorQuantity"],
    ["a month before, come late and for free", true, "priorFreeQuantity"],
  ] as const)("finds for itself what was settled before usage of %s", async (_what, isLate, field) => {
    const world = await threeRegions();
    await uptoNovember(world);
    let changed = 0;
    world.wire.intercept = async (message, pass) => {
      const { rows } = message.body as { rows?: { usage: Record<string, string | null>[] } };
      // One more or less changes no amount here.
      for (const row of rows?.usage.filter((one) => (one.usagePeriodId != null) === isLate) ?? []) {
        row[field] = String(BigInt(row[field] ?? "0") + 1n);
        changed++;
      }
      return pass();
    };
    for (const region of all(world)) mustSucceed(await close(region, {}, "2026-11"));
    await world.quiet();
    expect(changed).toBeGreaterThan(0);
    const { state, reason } = await statementOf(third(world), "2026-11");
    expect([state, reason?.code]).toEqual(["differs", "STATEMENT_INPUTS_DIFFER"]);
  });

  it("computes for itself: sums that do not give the statement are not signed", async () => {
    const world = await threeRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    world.wire.intercept = async (message, pass) => {
      const body = message.body as { rows?: { usage: { quantity: string }[] } };
      for (const row of body.rows?.usage ?? []) row.quantity = "1000000";
      return pass();
    };
    await closeAll(world);
    expect(await statementOf(third(world))).toMatchObject({
      state: "differs",
      reason: { code: "STATEMENT_RESULT_DIFFERS" },
    });
    expect((await booksOf(third(world))).transfers).toBe(0);
    expect((await statementOf(world.provider())).state).not.toBe("agreed");
  });
});

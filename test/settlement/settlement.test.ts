import { describe, expect, it } from "vitest";
import { err, mustSucceed } from "../../node/kernel/exchange-error.ts";
import { receipts as heldReceipts } from "../../node/metering/store.ts";
import { net } from "../../node/settlement/netting.ts";
import { obligationsOf } from "../../node/settlement/obligations.ts";
import { recompute } from "../../node/settlement/recompute.ts";
import { list } from "../../node/storage/transact.ts";
import { booksOf, closeBoth, figures, leavesOf, statementOf, storage, viewOf } from "./settled-world.ts";
import {
  AGR_7,
  CONSUMER,
  finance,
  holdBoth,
  keyOf,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  twoRegions,
} from "./two-regions.ts";

const lost = err({ kind: "unavailable", code: "RPC_UNAVAILABLE", text: { zh: "不可用", en: "Unavailable." } });

describe("settling a period", () => {
  it("agrees on the worked example of the specification, signs it and posts it in both regions", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const [ours, theirs] = [await statementOf(world.provider()), await statementOf(world.consumer())];
    expect(ours).toMatchObject({ state: "agreed", matched: true, reason: null });
    expect(ours.statement).toEqual(theirs.statement);
    expect(ours.signatures).toEqual(theirs.signatures);
    expect(ours.signatures.map(({ region }) => region)).toEqual([CONSUMER, PROVIDER]);
    expect(ours.statement?.result.totals).toEqual([
      { partyId: "500000:storage", fen: "12200" },
      { partyId: "510100:fund", fen: "8000" },
      { partyId: "510100:operator", fen: "69421" },
      { partyId: "510100:provider", fen: "110379" },
    ]);
    expect(ours.statement?.result.carry).toEqual({
      year: "2026",
      cumulativeFen: "157800",
      deferredFen: "6036",
      unpaidCosts: [{ costId: "cleaning", fen: "6000" }],
    });
    for (const region of [world.provider(), world.consumer()]) {
      expect((await booksOf(region)).net).toEqual({
        "500000:payer/receivable/CNY": "206036",
        "AGR-7/clearing/CNY": "0",
        "AGR-7/deferred/CNY": "-6036",
        "500000:storage/payable/CNY": "-12200",
        "510100:fund/payable/CNY": "-8000",
        "510100:operator/payable/CNY": "-69421",
        "510100:provider/payable/CNY": "-110379",
      });
      expect((await leavesOf(region)).map(({ kind }) => kind)).toEqual([
        "period.closed",
        "declaration.signed",
        "statement.signed",
        "agreement.head",
        "ledger.closed",
      ]);
    }
    const [own, other] = [await viewOf(world.provider()), await viewOf(world.consumer())];
    expect(own.digests[PROVIDER]).toBe(own.digests[CONSUMER]);
    expect(own.digests).toEqual(other.digests);
    expect(own).toMatchObject({ matched: true, lines: 2, grossFen: "206036", blocking: [] });
  });

  it("marks the receipts, and settles none of them again in the next period", async () => {
    const world = await twoRegions();
    const november = { productId: "elevator-1", usage: { calls: "10" }, at: "2026-11-02T08:00:00.000Z" };
    await holdBoth(world, receiptChain("AGR-7", [...OCTOBER, november]));
    await closeBoth(world);
    const { digest } = await statementOf(world.provider());
    const marks: (string | null)[] = [];
    for await (const { settledIn } of list(world.provider().store, heldReceipts)) marks.push(settledIn);
    expect(marks).toEqual([digest, digest, digest, null]);
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    const next = await statementOf(world.consumer(), "2026-11");
    expect(next).toMatchObject({ matched: true, statement: { receiptCount: "1" } });
    // 10 calls at 12 fen, and all that was deferred.
    expect(next.statement?.result.deferred).toMatchObject({ openingFen: "6036", releasedFen: "6036", closingFen: "0" });
    expect((await booksOf(world.consumer())).net["AGR-7/clearing/CNY"]).toBe("0");
  });

  it("waits for the other region's finance and says so at both ends, then goes on by itself", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    mustSucceed(await world.provider().settlements.close(finance(PROVIDER), "2026-10"));
    await world.quiet();
    const reason = { code: "SETTLEMENT_WAITS_FOR_CLOSE", turn: { region: CONSUMER, role: "finance" } };
    expect((await viewOf(world.provider())).blocking).toMatchObject([reason]);
    expect((await viewOf(world.consumer())).blocking).toMatchObject([reason]);
    expect(await world.consumer().settlements.waiting(finance(CONSUMER))).toMatchObject([
      { periodId: "2026-10", reason },
    ]);
    expect(await world.provider().settlements.waiting(finance(PROVIDER))).toEqual([]);
    mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10"));
    await world.quiet();
    expect([await statementOf(world.provider()), await statementOf(world.consumer())]).toMatchObject([
      { matched: true },
      { matched: true },
    ]);
  });

  it("signs a small statement without a person where the agreement says so, and not a large one", async () => {
    const small = await twoRegions({ terms: [{ ...AGR_7, autoSignUpToFen: "206036" }] });
    await holdBoth(small, receiptChain("AGR-7", OCTOBER));
    mustSucceed(await small.provider().settlements.close(finance(PROVIDER), "2026-10"));
    await small.quiet();
    expect(await statementOf(small.provider())).toMatchObject({ matched: true });
    for (const [region, actor] of [
      [small.provider(), "finance"],
      [small.consumer(), "node"],
    ] as const) {
      const signed = await leavesOf(region, "statement.signed");
      expect(signed).toMatchObject([{ actor }]);
    }

    const large = await twoRegions({ terms: [{ ...AGR_7, autoSignUpToFen: "206035" }] });
    await holdBoth(large, receiptChain("AGR-7", OCTOBER));
    mustSucceed(await large.provider().settlements.close(finance(PROVIDER), "2026-10"));
    await large.quiet();
    expect(await statementOf(large.consumer())).toMatchObject({
      state: "calculated",
      reason: { code: "SETTLEMENT_WAITS_FOR_SIGNATURE", turn: { region: CONSUMER, role: "finance" } },
    });
    mustSucceed(await large.consumer().settlements.sign(finance(CONSUMER), "2026-10", "AGR-7"));
    await large.quiet();
    expect(await statementOf(large.provider())).toMatchObject({ matched: true });
  });

  it("lets no peer begin a period that has not begun, even where small statements are signed without a person", async () => {
    const world = await twoRegions({ terms: [{ ...AGR_7, autoSignUpToFen: "999999999" }] });
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const { outbox, settlements } = world.consumer();
    const figures = { resources: [], costs: [], maxRevenueFen: null, caps: [], activeDays: [] };
    const answer = await outbox.receive({
      ...{ id: "m-1", peer: PROVIDER, binding: "grpc", topic: "settlement", kind: "Declare", traceId: "t" },
      body: {
        ...{ agreementId: "AGR-7", periodId: "2031-01", round: "1", step: "figures", figures },
        ...{ through: { forward: "3", reverse: "0" }, disputedReceiptIds: [], resolutions: [] },
      },
    });
    await world.quiet();
    expect(answer).toMatchObject({ ok: false, error: { code: "PERIOD_FUTURE" } });
    expect(await settlements.periods()).toEqual([]);
  });

  it("closes early only with a reason; what follows in that month comes late into the next statement", async () => {
    const world = await twoRegions();
    world.clock.nowMs = Date.parse("2026-10-21T02:00:00.000Z");
    const late = { productId: "elevator-1", usage: { calls: "1" }, at: "2026-10-25T08:00:00.000Z" };
    const chain = receiptChain("AGR-7", [...OCTOBER, late]);
    await holdBoth(world, chain.slice(0, 3));
    const { settlements } = world.provider();
    expect(await settlements.close(finance(PROVIDER), "2026-10")).toMatchObject({ error: { code: "PERIOD_NOT_OVER" } });
    expect(await settlements.close(finance(PROVIDER), "2026-10", { early: true })).toMatchObject({
      error: { code: "EARLY_REASON" },
    });
    expect(await settlements.close(finance(PROVIDER), "2026-11", { early: true, reason: "x" })).toMatchObject({
      error: { code: "PERIOD_FUTURE" },
    });
    await closeBoth(world, "2026-10", { early: true, reason: "年度审计" });
    expect((await statementOf(world.provider())).matched).toBe(true);
    await holdBoth(world, chain.slice(3));
    world.clock.nowMs = Date.parse("2026-12-01T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    const next = await statementOf(world.consumer(), "2026-11");
    expect(next.matched).toBe(true);
    expect(next.statement?.result.lines[0]).toMatchObject({ lineId: "AGR-7/elevator-1/2026-10", amountFen: "12" });
  });

  it("refuses to settle a period before the one in front of it", async () => {
    const world = await twoRegions();
    const november = { productId: "elevator-1", usage: { calls: "10" }, at: "2026-11-02T08:00:00.000Z" };
    await holdBoth(world, receiptChain("AGR-7", [...OCTOBER, november]));
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    const { settlements } = world.provider();
    expect(await settlements.close(finance(PROVIDER), "2026-11")).toMatchObject({
      error: { code: "PERIOD_ORDER", details: { earlier: "2026-10" } },
    });
    mustSucceed(await settlements.close(finance(PROVIDER), "2026-10"));
    await world.quiet();
    // On its way, but not signed by both: the next one waits for it, and goes on by itself.
    mustSucceed(await settlements.close(finance(PROVIDER), "2026-11"));
    await world.quiet();
    expect((await viewOf(world.provider(), "2026-11")).blocking).toMatchObject([{ code: "PERIOD_ORDER" }]);
    for (const periodId of ["2026-10", "2026-11"]) {
      mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), periodId));
    }
    await world.quiet();
    for (const periodId of ["2026-10", "2026-11"]) {
      expect((await statementOf(world.provider(), periodId)).matched, periodId).toBe(true);
    }
  });

  it("lets only finance close", async () => {
    const { settlements } = (await twoRegions()).provider();
    const auditor = { ...finance(PROVIDER), roles: ["auditor", "approver"] as const };
    expect(await settlements.close(auditor, "2026-10")).toMatchObject({ error: { code: "ROLE_REQUIRED" } });
  });
});

describe("a statement that the regions do not agree on", () => {
  it("stops at figures that contradict each other, and goes on in a new round when one side corrects them", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const say = (declaredFen: string) => ({
      declarations: { "AGR-7": { costs: [{ costId: "cleaning", declaredFen }] } },
    });
    mustSucceed(await world.provider().settlements.close(finance(PROVIDER), "2026-10", say("36000")));
    mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10", say("35000")));
    await world.quiet();
    for (const region of [world.provider(), world.consumer()]) {
      expect(await statementOf(region)).toMatchObject({
        state: "differs",
        reason: { code: "STATEMENT_INPUTS_DIFFER" },
      });
    }
    mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10", say("36000")));
    await world.quiet();
    expect(await statementOf(world.provider())).toMatchObject({ matched: true, round: "2" });
    expect(await statementOf(world.consumer())).toMatchObject({ matched: true, round: "2" });
  });
});

describe("what the wire may do", () => {
  it("delivers twice, late and crosswise: one statement, one posting", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    world.wire.intercept = async (_message, pass) => {
      await pass();
      return pass();
    };
    await Promise.all([
      world.provider().settlements.close(finance(PROVIDER), "2026-10", { declarations: figures }),
      world.consumer().settlements.close(finance(CONSUMER), "2026-10", { declarations: storage }),
    ]);
    await world.quiet();
    expect((await statementOf(world.provider())).digest).toBe((await statementOf(world.consumer())).digest);
    for (const region of [world.provider(), world.consumer()]) {
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("206036");
    }
  });

  it("loses answers after the peer has acted, and messages before it: the same end", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    let n = 0;
    world.wire.intercept = async (_message, pass) => {
      n++;
      if (n % 3 === 0) return lost;
      const answer = await pass();
      return n % 3 === 1 ? lost : answer;
    };
    await closeBoth(world);
    expect((await statementOf(world.provider())).matched && (await statementOf(world.consumer())).matched).toBe(true);
    expect((await booksOf(world.provider())).net).toEqual((await booksOf(world.consumer())).net);
  });

  it("ends the same when a node dies at any of its commits and comes back from its disk", async () => {
    const whole = await twoRegions();
    await holdBoth(whole, receiptChain("AGR-7", OCTOBER));
    await closeBoth(whole);
    const expected = (await booksOf(whole.provider())).net;
    for (const dies of ["receiver", "sender"] as const) {
      for (let deadAt = 1; deadAt <= 8; deadAt++) {
        const world = await twoRegions();
        await holdBoth(world, receiptChain("AGR-7", OCTOBER));
        let n = 0;
        world.wire.intercept = async (message, pass) => {
          n++;
          if (n !== deadAt) return pass();
          // The receiver dies when it has committed the message, before it computes; the sender before it learns so.
          const answer = dies === "receiver" ? await pass() : lost;
          const region = dies === "receiver" ? message.peer : message.peer === PROVIDER ? CONSUMER : PROVIDER;
          const { store, disk } = world.regions.get(region) as Region;
          await store.close();
          await world.open(region, disk);
          return answer;
        };
        // Who was in the middle of closing sees the fault, and closes again.
        await closeBoth(world).catch(() => closeBoth(world));
        await world.quiet();
        expect((await booksOf(world.provider())).net, `${dies} died at message ${deadAt}`).toEqual(expected);
        expect((await booksOf(world.consumer())).net, `${dies} died at message ${deadAt}`).toEqual(expected);
      }
    }
  });

  it("is refused to a region that is no party", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const stranger = { region: "520100", spiffeId: "", leafSerial: "", issuerFingerprint: "", capabilities: [] };
    const request = { agreementId: "AGR-7", periodId: "2026-10", prefixes: [""] };
    expect(await world.provider().settlements.treeNodes(stranger, request)).toMatchObject({
      error: { code: "SETTLEMENT_NOT_PARTY" },
    });
  });
});

describe("after signing", () => {
  it("nets what the regions owe: the consumer pays the whole amount", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const signed = mustSucceed(await world.consumer().settlements.signed("2026-10"));
    // 206,036 less its own storage's 12,200.
    expect(net(signed.flatMap(obligationsOf)).payments).toEqual([{ from: CONSUMER, to: PROVIDER, fen: 193_836n }]);
  });

  it("can be recomputed offline from its bundle, and not with a receipt less or another signature", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const bundle = mustSucceed(await world.provider().settlements.bundle("AGR-7", "2026-10"));
    const { digest } = await statementOf(world.consumer());
    expect(recompute(JSON.parse(JSON.stringify(bundle)), keyOf)).toMatchObject({
      value: { digest, receipts: 3, signedBy: [CONSUMER, PROVIDER] },
    });
    expect(recompute({ ...bundle, receipts: bundle.receipts.slice(1) }, keyOf)).toMatchObject({
      error: { code: "STATEMENT_RECOMPUTED_DIFFERS" },
    });
    const swapped = bundle.signatures.map((one, i) => ({
      ...one,
      signature: bundle.signatures[1 - i]?.signature ?? "",
    }));
    expect(recompute({ ...bundle, signatures: swapped }, keyOf)).toMatchObject({
      error: { code: "STATEMENT_SIGNATURE" },
    });
    expect(AGR_7.agreementId).toBe(bundle.terms.agreementId);
  });
});

import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { LedgerOp } from "../../node/ledger/model.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { ledgerHead } from "../../node/ledger/store.ts";
import { begunCounts } from "../../node/settlement/store.ts";
import { read } from "../../node/storage/transact.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { booksOf, closeBoth, figures, statementOf, viewOf } from "./settled-world.ts";
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
} from "./two-regions.ts";

async function closedThrough({ store }: Region): Promise<string> {
  return (await read(store, ledgerHead))?.closedThrough ?? "";
}

const posting = (periodId: string): LedgerOp[] => [
  { op: "ensure", account: "x/a/CNY", normal: "none" },
  { op: "ensure", account: "x/b/CNY", normal: "none" },
  {
    ...{ op: "post", key: `k-${periodId}`, id: `t-${periodId}`, debit: "x/a/CNY", credit: "x/b/CNY" },
    ...{ amount: "1", periodId, at: "2026-11-03T02:00:00.000Z" },
  },
];

describe("the ledger of a period", () => {
  it("is closed when every statement is signed by both, and not before", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    const provider = world.provider();
    mustSucceed(await provider.settlements.close(finance(PROVIDER), "2026-10", { declarations: figures }));
    await world.quiet();
    expect(await closedThrough(provider)).toBe("");
    expect((await viewOf(provider)).ledger).toEqual({ closed: false, reason: "unsettled" });
    mustSucceed(await world.consumer().settlements.close(finance(CONSUMER), "2026-10"));
    await world.quiet();
    for (const region of world.regions.values()) {
      expect(await closedThrough(region)).toBe("2026-10");
      expect((await viewOf(region)).ledger).toEqual({ closed: true, reason: null });
    }
    const ledger = createLedger({ store: provider.store });
    expect(await ledger.post(posting("2026-10"))).toMatchObject({ error: { code: "LEDGER_PERIOD_CLOSED" } });
    expect(await ledger.post(posting("2026-11"))).toMatchObject({ ok: true });
  });

  it("sends what comes late into the next period, at both ends, also when one side tries the old one again", async () => {
    const world = await twoRegions();
    const late = { productId: "elevator-1", usage: { calls: "1" }, at: "2026-10-25T08:00:00.000Z" };
    const chain = receiptChain("AGR-7", [...OCTOBER, late]);
    await holdBoth(world, chain.slice(0, 3));
    await closeBoth(world);
    const before = (await booksOf(world.provider())).transfers;
    await holdBoth(world, chain.slice(3));
    await closeBoth(world);
    expect((await booksOf(world.provider())).transfers).toBe(before + 1);
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    const next = await statementOf(world.consumer(), "2026-11");
    expect(next).toMatchObject({ matched: true });
    expect(next.statement?.result.lines.map(({ lineId, amountFen }) => [lineId, amountFen])).toContainEqual([
      "AGR-7/elevator-1/2026-10",
      "12",
    ]);
  });

  it("puts its statements away: what looks for work to do does not read them again", async () => {
    const world = await twoRegions();
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world);
    const { store, settlements } = world.provider();
    const found = readsOf(store);
    await settlements.tend();
    await settlements.waiting(finance(PROVIDER));
    await settlements.idle();
    expect(found).toContain("settlement-period/2026-10");
    expect(found.filter((key) => key.startsWith("settlement/"))).toEqual([]);
  });

  it("stays open when a settlement begins in the instant in which it would be closed", async () => {
    const world = await twoRegions({ terms: [AGR_7, { ...AGR_7, agreementId: "AGR-8" }] });
    world.clock.nowMs = Date.parse("2026-10-21T02:00:00.000Z");
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world, "2026-10", { early: true, reason: "年度审计" });
    world.clock.nowMs = Date.parse("2026-11-01T02:00:00.000Z");
    const { store, outbox, settlements } = world.provider();
    const about = { agreementId: "AGR-8", periodId: "2026-10", round: "1", step: "figures" };
    const said = { figures: {}, through: { forward: "0", reverse: "0" }, disputedReceiptIds: [], resolutions: [] };
    const envelope = { binding: "grpc", topic: "settlement", kind: "Declare", traceId: "t", peer: CONSUMER } as const;
    const begin = () => outbox.receive({ ...envelope, id: "meanwhile", body: { ...about, ...said } });
    const { commit } = store;
    const answers: unknown[] = [];
    store.commit = async (keys, decide) => {
      // Asked whether the ledger may be closed, and told yes; nothing of it is written yet.
      const isClosing =
        keys.includes(begunCounts.at("2026-10").key) && !keys.some((key) => key.startsWith("settlement/"));
      if (isClosing && answers.length === 0) answers.push(await begin());
      return commit.call(store, keys, decide) as ReturnType<typeof commit<never>>;
    };
    await settlements.tend();
    expect(answers).toMatchObject([{ ok: true }]);
    expect(await closedThrough(world.provider())).toBe("");
    expect((await viewOf(world.provider())).ledger).toEqual({ closed: false, reason: "unsettled" });
  });

  it("waits for the end of a month that was closed early, and is closed then without anybody asking", async () => {
    const world = await twoRegions();
    world.clock.nowMs = Date.parse("2026-10-21T02:00:00.000Z");
    await holdBoth(world, receiptChain("AGR-7", OCTOBER));
    await closeBoth(world, "2026-10", { early: true, reason: "年度审计" });
    expect((await statementOf(world.provider())).matched).toBe(true);
    expect((await viewOf(world.provider())).ledger).toEqual({ closed: false, reason: "not-over" });
    world.clock.nowMs = Date.parse("2026-11-01T02:00:00.000Z");
    await world.provider().settlements.tend();
    expect(await closedThrough(world.provider())).toBe("2026-10");
  });
});

import { describe, expect, it } from "vitest";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { HeldReceipt, Receipt, ReceiptCore } from "../../node/metering/model.ts";
import { coreDigestOf, receiptIdOf, signCore } from "../../node/metering/receipt.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { recordsOf } from "../fixtures/records-of.ts";
import { booksOf, closeBoth, leavesOf, statementOf } from "./settled-world.ts";
import {
  AGR_7,
  CONSUMER,
  finance,
  hold,
  holdBoth,
  OCTOBER,
  PROVIDER,
  type Region,
  receiptChain,
  signerOf,
  THIRD,
  twoRegions,
  type Used,
} from "./two-regions.ts";

/** Exactly one posting: one signed statement, one set of postings, and a clearing account at nothing. */
async function settledOnce(region: Region, receivable: string, statements = 1): Promise<void> {
  const { net } = await booksOf(region);
  expect(net["500000:payer/receivable/CNY"]).toBe(receivable);
  expect(net["AGR-7/clearing/CNY"]).toBe("0");
  expect(await leavesOf(region, "statement.signed")).toHaveLength(statements);
}

const resigned = (core: ReceiptCore, provider = signerOf(PROVIDER), consumer = signerOf(CONSUMER)): Receipt => ({
  core,
  providerSignature: signCore(provider, core),
  consumerSignature: signCore(consumer, core),
});
const changed = ({ core }: Receipt, over: Partial<ReceiptCore>): Receipt => resigned({ ...core, ...over });
const stranger = signerFromSeed(Buffer.alloc(32, 9));

/** What a peer may hand over for a receipt that this region lacks, and what becomes of it. */
const handedOver: readonly (readonly [what: string, code: string, lie: (receipt: Receipt) => Receipt])[] = [
  ["altered", "RECEIPT_SIGNATURE", (one) => ({ ...one, core: { ...one.core, usage: { rows: "1" } } })],
  ["signed by a stranger", "RECEIPT_SIGNATURE", ({ core }) => resigned(core, stranger)],
  [
    "with the provider's signature twice",
    "RECEIPT_SIGNATURE",
    ({ core }) => resigned(core, undefined, signerOf(PROVIDER)),
  ],
  ["without our signature", "RECEIPT_SIGNATURE", (one) => ({ ...one, consumerSignature: "" })],
  ["of a key that nobody knows", "RECEIPT_UNKNOWN_KEY", (one) => changed(one, { providerKeyId: stranger.keyId })],
  ["of another agreement", "RECEIPT_FOREIGN", ({ core }) => resigned({ ...core, ...numbered("AGR-8", core.seq) })],
  ["between other regions", "RECEIPT_FOREIGN", ({ core }) => ofThird(core)],
  ["that was not asked for", "RECEIPT_FOREIGN", ({ core }) => resigned({ ...core, ...numbered("AGR-7", "1") })],
  ["that the next one does not follow", "RECEIPT_FOREIGN", (one) => changed(one, { contentSha256: "f".repeat(64) })],
  ["from the future", "RECEIPT_FUTURE", (one) => changed(one, at("2027-01-05T08:00:00.000Z"))],
  ["in another period than its end", "RECEIPT_PERIOD", (one) => changed(one, { periodId: "2026-09" })],
  ["of fewer than none", "RECEIPT_QUANTITY", (one) => changed(one, { usage: { rows: "-5" } })],
  ["with another id", "RECEIPT_ID", (one) => changed(one, { receiptId: "a".repeat(64) })],
  ["with a field more", "RECEIPT_MALFORMED", (one) => changed(one, { note: "x" } as Partial<ReceiptCore>)],
];

const at = (endedAt: string) => ({ startedAt: endedAt, endedAt, periodId: endedAt.slice(0, 7) });
const numbered = (agreementId: string, seq: string) => ({
  ...{ agreementId, seq, receiptId: receiptIdOf(agreementId, "forward", seq) },
});
function ofThird(core: ReceiptCore): Receipt {
  const other = signerOf(THIRD);
  return resigned({ ...core, providerRegion: THIRD, providerKeyId: other.keyId }, other);
}

describe("a receipt that a peer hands over to fill a hole", () => {
  it.each(handedOver)("%s is refused as %s; nothing of it is stored and nothing settles", async (_what, code, lie) => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await hold(world.provider(), chain);
    await hold(
      world.consumer(),
      chain.filter((_, i) => i !== 1),
    );
    world.wire.receipt = lie;
    const consumer = world.consumer();
    const counted = ["receipt", "ledger", "usage"];
    const before = recordsOf(consumer.disk, ...counted);
    expect(before.length).toBeGreaterThan(5);
    await closeBoth(world);
    const { state, differences } = await statementOf(consumer);
    expect(state).toBe("differs");
    expect(differences?.receipts?.refused).toMatchObject([{ code }]);
    expect(recordsOf(consumer.disk, ...counted)).toEqual(before);
    for (const region of world.regions.values()) expect(await leavesOf(region, "statement.signed")).toEqual([]);
  });

  it("is taken in once, however often closing asks for it, and settles once", async () => {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await hold(world.provider(), chain);
    await hold(
      world.consumer(),
      chain.filter((_, i) => i !== 1),
    );
    await closeBoth(world);
    await closeBoth(world);
    for (const region of world.regions.values()) await settledOnce(region, "206036");
  });
});

/** One product at one fen, no cap, no fund: the fen are the quantity. */
const PLAIN: SettlementTerms = {
  ...{ agreementId: "AGR-7", parties: AGR_7.parties, scheme: AGR_7.scheme },
  products: [{ productId: "weather-2", metric: "rows", unitPriceMicro: "10000", capPriceMicro: null }],
};
const rows = (quantity: string, day = "2026-10-05"): Used => ({
  ...{ productId: "weather-2", usage: { rows: quantity }, at: `${day}T08:00:00.000Z` },
});

/** A correction under the next number, signed by both. */
function correcting(chain: readonly HeldReceipt[], quantity: string): HeldReceipt {
  const [first] = chain;
  const last = chain.at(-1);
  if (first === undefined || last === undefined) throw new Error("nothing to correct");
  const number = numbered("AGR-7", String(chain.length + 1));
  const over = { kind: "correction", corrects: first.core.receiptId, usage: { rows: quantity } } as const;
  const core = { ...last.core, ...number, ...over, prev: last.coreDigest };
  return { ...last, ...resigned(core), coreDigest: coreDigestOf(core) };
}

describe("amounts at the edge", () => {
  it.each([
    ["10^15 fen and one", [rows("1000000000000001")], "1000000000000001"],
    ["10^30 fen", [rows("1".padEnd(31, "0"))], "1".padEnd(31, "0")],
    ["no rows at all", [rows("0")], undefined],
    ["rows that are free for the public interest", [{ ...rows("7"), purposeClass: "public-interest" }], undefined],
  ] as const)("%s settle exactly, once, at both ends", async (_what, used, receivable) => {
    const world = await twoRegions({ terms: [PLAIN] });
    await holdBoth(world, receiptChain("AGR-7", used));
    await closeBoth(world, "2026-10", { declarations: {} });
    for (const region of world.regions.values()) {
      const { matched, statement } = await statementOf(region);
      expect([matched, statement?.result.lines.length]).toEqual([true, 1]);
      const paid = (statement?.result.totals ?? []).reduce((sum, { fen }) => sum + BigInt(fen), 0n);
      expect(paid).toBe(BigInt(receivable ?? "0"));
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe(receivable);
      expect(await leavesOf(region, "statement.signed")).toHaveLength(1);
    }
  });

  it("take back all that was used, to the fen, in the period after it", async () => {
    const world = await twoRegions({ terms: [PLAIN] });
    const chain = receiptChain("AGR-7", [rows("1000000000000001")]);
    await holdBoth(world, chain);
    await closeBoth(world, "2026-10", { declarations: {} });
    await holdBoth(world, [correcting(chain, "-1000000000000001")]);
    world.clock.nowMs = Date.parse("2026-12-03T02:00:00.000Z");
    await closeBoth(world, "2026-11", { declarations: {} });
    for (const region of world.regions.values()) await settledOnce(region, "0", 2);
  });

  it("stop at a second correction that would take back more than was used: BAD_QUANTITY, and nothing is posted", async () => {
    const world = await twoRegions({ terms: [PLAIN] });
    const chain = receiptChain("AGR-7", [rows("10")]);
    const once = correcting(chain, "-10");
    await holdBoth(world, [...chain, once, correcting([...chain, once], "-10")]);
    await closeBoth(world, "2026-10", { declarations: {} });
    for (const region of world.regions.values()) {
      expect(await statementOf(region)).toMatchObject({ state: "differs", reason: { code: "BAD_QUANTITY" } });
      expect((await booksOf(region)).net).toEqual({});
    }
  });
});

describe("over several periods", () => {
  it("a cap defers, releases and loses nothing, and each period is posted once", async () => {
    const world = await twoRegions({ terms: [{ ...PLAIN, maxRevenueFen: "100000" }] });
    const used = [rows("150000"), rows("80000", "2026-11-05"), rows("90000", "2026-12-05")];
    await holdBoth(world, receiptChain("AGR-7", used));
    world.clock.nowMs = Date.parse("2027-02-03T02:00:00.000Z");
    const months = ["2026-10", "2026-11", "2026-12", "2027-01"];
    // As settlement.md §5 has it: released, added, at the end.
    const expected = [
      ["0", "50000", "50000"],
      ["50000", "30000", "30000"],
      ["30000", "20000", "20000"],
      ["20000", "0", "0"],
    ];
    for (const [i, month] of months.entries()) {
      await closeBoth(world, month, { declarations: {} });
      const { releasedFen, addedFen, closingFen } = (await statementOf(world.provider(), month)).statement?.result
        .deferred ?? { releasedFen: "", addedFen: "", closingFen: "" };
      expect([month, releasedFen, addedFen, closingFen]).toEqual([month, ...(expected[i] ?? [])]);
    }
    for (const region of world.regions.values()) {
      await settledOnce(region, "320000", 4);
      expect((await booksOf(region)).net["AGR-7/deferred/CNY"]).toBe("0");
    }
  });

  it("closing out of turn, in the future or before its end is refused, and the store is as it was", async () => {
    const world = await twoRegions({ terms: [PLAIN] });
    await holdBoth(world, receiptChain("AGR-7", [rows("10"), rows("10", "2026-11-02")]));
    const region = world.provider();
    const before = recordsOf(region.disk);
    const refused = async (month: string, options = {}, roles: readonly string[] = ["finance"]) => {
      const actor = { ...finance(PROVIDER), roles } as ReturnType<typeof finance>;
      const closed = await region.settlements.close(actor, month, options);
      expect(recordsOf(region.disk)).toEqual(before);
      return closed.ok ? "closed" : closed.error.code;
    };
    const figures = (value: unknown) => ({ declarations: { "AGR-7": value } });
    expect([
      await refused("2026-11"),
      await refused("2026-11", { early: true }),
      await refused("2026-12", { early: true, reason: "x" }),
      await refused("2026-11", { early: true, reason: "x" }),
      await refused("2026-13"),
      await refused("2026-10", {}, ["auditor"]),
      await refused("2026-10", figures({ costs: [{ costId: "cleaning", declaredFen: "1" }] })),
      await refused("2026-10", figures({ maxRevenueFen: "1e5" })),
      await refused("2026-10", { declarations: { "AGR-9": {} } }),
    ]).toEqual([
      ...["PERIOD_NOT_OVER", "EARLY_REASON", "PERIOD_FUTURE", "PERIOD_ORDER", "BAD_PERIOD", "ROLE_REQUIRED"],
      ...["SETTLEMENT_FIGURES", "SETTLEMENT_FIGURES", "SETTLEMENT_NOT_PARTY"],
    ]);
  });

  it("closing twice at once, from both regions and again afterwards, settles once", async () => {
    const world = await twoRegions({ terms: [PLAIN] });
    await holdBoth(world, receiptChain("AGR-7", [rows("1000")]));
    const all = [world.provider(), world.consumer(), world.provider(), world.consumer()];
    const closing = all.map(({ region, settlements }) => settlements.close(finance(region), "2026-10"));
    for (const closed of await Promise.all(closing)) mustSucceed(closed);
    await world.quiet();
    for (const region of world.regions.values()) await settledOnce(region, "1000");
    await closeBoth(world, "2026-10", { declarations: {} });
    for (const region of world.regions.values()) await settledOnce(region, "1000");
  });
});

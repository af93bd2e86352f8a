import { describe, expect, it } from "vitest";
import { err } from "../../node/kernel/exchange-error.ts";
import { ExchangeFault } from "../../node/kernel/exchange-fault.ts";
import { receipts as heldReceipts } from "../../node/metering/store.ts";
import { list } from "../../node/storage/transact.ts";
import { booksOf, closeBoth, statementOf } from "./settled-world.ts";
import { CONSUMER, hold, OCTOBER, receiptChain, twoRegions } from "./two-regions.ts";

const lost = err({ kind: "unavailable", code: "RPC_UNAVAILABLE", text: { zh: "不可用", en: "Unavailable." } });

describe("receipts that one side lacks", () => {
  /** The consumer lacks the second of three. */
  async function withHole() {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await hold(world.provider(), chain);
    const [first, second, third] = chain;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three receipts");
    await hold(world.consumer(), [first, third]);
    return { world, second };
  }

  it("takes in what only the other side holds, when both have signed it, and computes anew", async () => {
    const { world, second } = await withHole();
    await closeBoth(world);
    for (const region of world.regions.values()) {
      expect(await statementOf(region)).toMatchObject({ matched: true, statement: { receiptCount: "3" } });
      expect((await booksOf(region)).net["500000:payer/receivable/CNY"]).toBe("206036");
    }
    const numbers: string[] = [];
    for await (const { core } of list(world.consumer().store, heldReceipts)) numbers.push(core.seq);
    expect(numbers).toEqual(["1", "2", "3"]);
    expect(second.core.seq).toBe("2");
  });

  it("keeps both roots and names the receipts when what the other side hands over does not hold", async () => {
    const { world, second } = await withHole();
    world.wire.receipt = (receipt) => ({ ...receipt, core: { ...receipt.core, usage: { rows: "1" } } });
    await closeBoth(world);
    const [ours, theirs] = [await statementOf(world.provider()), await statementOf(world.consumer())];
    expect(ours).toMatchObject({ state: "differs", reason: { code: "STATEMENT_RECEIPTS_DIFFER" } });
    const { receiptId } = second.core;
    expect(ours.differences?.receipts).toMatchObject({ onlyOwn: [receiptId], onlyPeer: [], differ: [] });
    expect(theirs.differences?.receipts).toMatchObject({
      ...{ onlyOwn: [], onlyPeer: [receiptId] },
      refused: [{ receiptId, code: "RECEIPT_SIGNATURE" }],
    });
    expect(theirs.differences).toMatchObject({
      ownRoot: ours.differences?.peerRoot,
      peerRoot: ours.differences?.ownRoot,
    });
    expect((await booksOf(world.provider())).net).toEqual({});
  });

  /** The consumer's signature under the second of three never reached the provider. */
  async function withoutSignature() {
    const world = await twoRegions();
    const chain = receiptChain("AGR-7", OCTOBER);
    await hold(world.consumer(), chain);
    await hold(
      world.provider(),
      chain.map((receipt, i) => (i === 1 ? { ...receipt, consumerSignature: null } : receipt)),
    );
    return world;
  }

  it("asks for signatures that receipts lack before it computes", async () => {
    const world = await withoutSignature();
    await closeBoth(world);
    expect(await statementOf(world.provider())).toMatchObject({ matched: true, statement: { receiptCount: "3" } });
  });

  it("waits for receipts that lack a signature, asks again, and closes without them only early", async () => {
    const world = await withoutSignature();
    world.wire.receipt = () => {
      throw new ExchangeFault(lost.error);
    };
    await closeBoth(world);
    expect(await statementOf(world.provider())).toMatchObject({
      state: "open",
      reason: { code: "SETTLEMENT_RECEIPTS_INCOMPLETE", turn: { region: CONSUMER } },
    });
    const early = await withoutSignature();
    early.wire.receipt = world.wire.receipt;
    await closeBoth(early, "2026-10", { early: true, reason: "不再等待" });
    // Everything from the incomplete one on is late.
    expect(await statementOf(early.provider())).toMatchObject({ matched: true, statement: { receiptCount: "1" } });
    world.wire.receipt = (receipt) => receipt;
    await world.provider().settlements.tend();
    await world.quiet();
    expect(await statementOf(world.provider())).toMatchObject({ matched: true, statement: { receiptCount: "3" } });
  });
});

import { describe, expect, it } from "vitest";
import { ok } from "../kernel/exchange-error.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { read, transact } from "../storage/transact.ts";
import type { LedgerOp } from "./model.ts";
import { createLedger } from "./service.ts";
import { accounts } from "./store.ts";
import { createUsagePosting } from "./usage-posting.ts";

const at = "2026-10-31T00:00:00.000Z";
const open = (account: string): LedgerOp => ({ op: "ensure", account, normal: "none" });
const post = (id: string, amount: string, debit = "a/payable/CNY", credit = "b/payable/CNY"): LedgerOp => ({
  op: "post",
  key: `k-${id}`,
  id,
  debit,
  credit,
  amount,
  periodId: "2026-10",
  at,
});

const opened = async () => {
  const store = openMemoryStore();
  const ledger = createLedger({ store });
  await ledger.post([open("a/payable/CNY"), open("b/payable/CNY")]);
  return { store, ledger };
};

describe("the ledger", () => {
  it("commits a batch wholly or not at all", async () => {
    const { ledger } = await opened();
    expect(await ledger.post([post("t1", "5"), post("t2", "0")])).toMatchObject({ error: { code: "LEDGER_AMOUNT" } });
    expect((await ledger.balances()).map(({ debitsPosted }) => debitsPosted)).toEqual(["0", "0"]);
    expect(await ledger.post([post("t1", "5"), post("t2", "1")])).toEqual(ok(["posted", "posted"]));
    expect(await ledger.balances({ party: "a" })).toMatchObject([{ account: "a/payable/CNY", debitsPosted: "6" }]);
  });

  it("answers a repeated key from memory, and lists transfers in the order they were made, page by page", async () => {
    const { ledger } = await opened();
    for (const id of ["z", "y", "x"]) await ledger.post([post(id, "1")]);
    expect(await ledger.post([post("z", "1")])).toEqual(ok(["posted"]));
    const first = await ledger.transfers({ limit: 2 });
    const second = await ledger.transfers({ limit: 2, after: first.next ?? "" });
    expect([first, second].map(({ items }) => items.map(({ id }) => id))).toEqual([["z", "y"], ["x"]]);
    expect(second.next).toBeNull();
  });

  it("reverses, and expires what is pending, though the accounts are named only in the earlier transfer", async () => {
    const { ledger } = await opened();
    await ledger.post([
      post("t1", "5"),
      { ...post("p1", "7"), op: "pend", expiresAt: "2026-11-01T00:00:00.000Z" } as LedgerOp,
    ]);
    const ops: LedgerOp[] = [
      { op: "reverse", key: "r", id: "v1", of: "t1", periodId: "2026-10", at },
      { op: "expire", at: "2026-11-01T00:00:00.000Z" },
    ];
    expect(await ledger.post(ops)).toEqual(ok(["posted", "expired:1"]));
    expect(await ledger.check()).toMatchObject({ value: { assets: [{ asset: "CNY", posted: "10", pending: "0" }] } });
  });

  it("finds a balance that nobody posted", async () => {
    const { store, ledger } = await opened();
    await ledger.post([post("t1", "5")]);
    const account = accounts.at("a/payable/CNY");
    await transact(store, [account], (tx) => {
      const before = tx.get(account);
      return ok(before && tx.put(account, { ...before, debitsPosted: "6" }));
    });
    expect(await ledger.check()).toMatchObject({ ok: false, error: { code: "LEDGER_UNBALANCED" } });
  });

  it("posts usage by asset, takes it back with swapped sides, and leaves metrics that are no asset out", async () => {
    const { store, ledger } = await opened();
    const usagePosting = createUsagePosting({ nowMs: () => Date.parse(at) });
    const regions = { providerRegion: "510100", consumerRegion: "500000" };
    const used = (receiptId: string, usage: Record<string, string>) =>
      transact(store, usagePosting.refs({ ...regions, metrics: Object.keys(usage) }), (tx) => {
        const about = { agreementId: "AGR-7", productId: "p", periodId: "2026-10", endedAt: at };
        return ok(usagePosting.post(tx, { ...regions, ...about, receiptId, usage }));
      });
    await used("a".repeat(64), { calls: "3", rows: "0", minutes: "9" });
    await used("b".repeat(64), { calls: "-1" });
    const payer = await read(store, accounts.at("500000:payer/usage/calls"));
    expect(payer).toMatchObject({ debitsPosted: "3", creditsPosted: "1" });
    expect((await ledger.balances({ party: "510100:provider" })).map(({ account }) => account)).toEqual([
      "510100:provider/usage/calls",
    ]);
    expect(await ledger.check()).toMatchObject({ ok: true });
  });
});

import { describe, expect, it } from "vitest";
import { mustSucceed, ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { silentLogger } from "../kernel/logger.ts";
import { openMemoryStore } from "../storage/memory.ts";
import { read, transact } from "../storage/transact.ts";
import { historyHead } from "./history.ts";
import { createLedgerKeeper } from "./keeper.ts";
import type { LedgerOp } from "./model.ts";
import { createLedger } from "./service.ts";
import { accounts, entries, transfers } from "./store.ts";

const NOW = Date.parse("2026-10-31T02:00:00.000Z");

async function kept(postings: number) {
  const clock = { nowMs: NOW };
  const runtime = { nowMs: () => clock.nowMs };
  const store = openMemoryStore();
  const ledger = createLedger({ store, runtime });
  const told: { readonly [name: string]: number } = {};
  const note = (name: string, value: number) => Object.assign(told, { [name]: value });
  const metrics = { gauge: note, observe: () => {}, count: () => {} };
  const keeper = createLedgerKeeper({ store, ledger, runtime, logger: silentLogger, metrics });
  const ensure: LedgerOp[] = ["a", "b", "c"].map((party) => ({
    ...{ op: "ensure", account: `${party}/payable/CNY`, normal: "none" },
  }));
  mustSucceed(await ledger.post(ensure));
  const post = (n: number): LedgerOp => ({
    ...{ op: "post", key: `k-${n}`, id: `t-${n}`, debit: "a/payable/CNY", credit: "b/payable/CNY", amount: "3" },
    ...{ periodId: "2026-10", at: instantOf(NOW) },
  });
  mustSucceed(await ledger.post(Array.from({ length: postings }, (_, n) => post(n))));
  return { clock, store, ledger, keeper, told, post };
}

describe("keeping the books", () => {
  it("checks each entry once, as it comes, and sums up full blocks", async () => {
    const { store, ledger, keeper, post, told } = await kept(1_100);
    await keeper.turn();
    expect(keeper.state()).toMatchObject({ inBalance: true, checkedEntries: "1100", faults: [] });
    expect(await read(store, historyHead)).toEqual({ through: "1024", years: ["2026"], periods: ["2026-10"] });
    mustSucceed(await ledger.post([post(1_100)]));
    await keeper.turn();
    expect(keeper.state()).toMatchObject({ inBalance: true, checkedEntries: "1101" });
    expect(told).toMatchObject({ ledger_in_balance: 1, ledger_entries: 1_101 });
  });

  it("notices a balance that nobody posted, also of an account that nothing touches any more, and that it was mended", async () => {
    const { store, keeper, told } = await kept(10);
    await keeper.turn();
    const ref = accounts.at("b/payable/CNY");
    const set = (creditsPosted: string) =>
      transact(store, [ref], (tx) => {
        const before = tx.get(ref);
        return ok(before && tx.put(ref, { ...before, creditsPosted }));
      });
    await set("31");
    await keeper.turn();
    expect(keeper.state()).toMatchObject({ inBalance: false });
    expect(keeper.state().faults.join()).toContain("creditsPosted of b/payable/CNY are 31, the entries make 30");
    expect(told).toMatchObject({ ledger_in_balance: 0 });
    await set("30");
    await keeper.turn();
    expect(keeper.state()).toMatchObject({ inBalance: true, faults: [] });
  });

  it("notices an entry whose transfer tells something else, and an entry that is gone", async () => {
    const { store, keeper } = await kept(3);
    const ref = transfers.at("t-1");
    const before = await read(store, ref);
    await transact(store, [], (tx) => ok(before && tx.put(ref, { ...before, amount: "4" })));
    await keeper.turn();
    expect(keeper.state().faults.join()).toContain("t-1");
    await transact(store, [], (tx) => ok(before && tx.put(ref, before)));
    await transact(store, [], (tx) => ok(tx.remove(entries.at(2n))));
    await keeper.turn();
    expect(keeper.state().faults.join()).toContain("1 entries between 0 and 3 are missing");
  });

  it("goes on saying that an entry is wrong until it is mended, also when it is summed up already", async () => {
    const { store, keeper } = await kept(300);
    const ref = transfers.at("t-1");
    const before = await read(store, ref);
    await transact(store, [], (tx) => ok(before && tx.put(ref, { ...before, amount: "4" })));
    for (let turn = 0; turn < 2; turn++) {
      await keeper.turn();
      expect(keeper.state()).toMatchObject({ inBalance: false, checkedEntries: "1" });
    }
    await transact(store, [], (tx) => ok(before && tx.put(ref, before)));
    await keeper.turn();
    expect(keeper.state()).toMatchObject({ inBalance: true, checkedEntries: "300" });
  });

  it("sums no block up that lacks an entry", async () => {
    const { store, keeper } = await kept(300);
    await transact(store, [], (tx) => ok(tx.remove(entries.at(2n))));
    await keeper.turn();
    expect(keeper.state().faults.join()).toContain("of the entries 0 to 256 there are 255");
    expect(await read(store, historyHead)).toBeUndefined();
  });

  it("expires what is due, and nothing else", async () => {
    const { clock, ledger, keeper, post } = await kept(0);
    const pend = (n: number, afterMs: number | null): LedgerOp => {
      const expiresAt = afterMs === null ? null : instantOf(NOW + afterMs);
      return { ...post(n), op: "pend", expiresAt } as LedgerOp;
    };
    mustSucceed(await ledger.post([pend(1, 1_000), pend(2, 5_000), pend(3, null)]));
    await keeper.turn();
    clock.nowMs += 1_000;
    await keeper.turn();
    const states = (await ledger.transfers({ limit: 10 })).items.map(({ id, state }) => `${id} ${state}`);
    expect(states).toEqual(["t-1 expired", "t-2 pending", "t-3 pending"]);
    expect(keeper.state()).toMatchObject({ inBalance: true, checkedEntries: "4" });
    expect(await ledger.check()).toMatchObject({ value: { transfers: 3, entries: 4 } });
  });
});

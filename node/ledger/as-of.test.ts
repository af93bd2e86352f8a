import { describe, expect, it } from "vitest";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { chinaDateOf, instantOf } from "../kernel/instant.ts";
import { openMemoryStore } from "../storage/memory.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { historyHead, sumUpNext } from "./history.ts";
import type { LedgerEntry, LedgerOp } from "./model.ts";
import { createLedger, type Ledger } from "./service.ts";
import { entries, ledgerHead } from "./store.ts";
import { addEntry, isZero, type Sums, storeSums } from "./sums.ts";

const START = Date.parse("2025-11-20T00:00:00.000Z");
const HOUR = 3_600_000;
const PARTIES = ["500000:payer", "510100:provider", "510100:fund", "AGR-7", "AGR-8"];

/** The same sequence for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A year of postings, pending ones, reversals and late usage; some became known weeks after they happened. */
async function seededBooks(seed: number, count: number) {
  const below = random(seed);
  const clock = { nowMs: START };
  const store = openMemoryStore();
  const ledger = createLedger({ store, runtime: { nowMs: () => clock.nowMs } });
  const names = PARTIES.flatMap((party) => ["CNY", "calls"].map((asset) => `${party}/payable/${asset}`));
  mustSucceed(await ledger.post(names.map((account) => ({ op: "ensure", account, normal: "none" }))));
  const posted: string[] = [];
  const pending: string[] = [];
  for (let n = 0; n < count; ) {
    clock.nowMs += below(8) * HOUR;
    const ops: LedgerOp[] = [];
    for (let size = 1 + below(20); size > 0; size--, n++) ops.push(nextOp(n, below, clock.nowMs, posted, pending));
    mustSucceed(await ledger.post(ops));
  }
  return { store, ledger, below, endMs: clock.nowMs };
}

function nextOp(n: number, below: (n: number) => number, nowMs: number, posted: string[], pending: string[]): LedgerOp {
  // One in five happened up to seven weeks before it became known.
  const happenedMs = below(5) === 0 ? nowMs - below(49 * 24) * HOUR : nowMs;
  const at = instantOf(happenedMs);
  const periodId = chinaDateOf(happenedMs).slice(0, 7);
  const key = `k-${n}`;
  const kind = below(20);
  const waiting = kind < 3 ? pending.shift() : undefined;
  if (waiting !== undefined && kind === 0) return { op: "voidPending", key, pendingId: waiting, at };
  if (waiting !== undefined) return { op: "postPending", key, pendingId: waiting, amount: kind === 1 ? null : "1", at };
  const original = kind === 3 ? posted.pop() : undefined;
  if (original !== undefined) return { op: "reverse", key, id: `r-${n}`, of: original, periodId, at };
  const id = `t-${n}`;
  const asset = below(3) === 0 ? "calls" : "CNY";
  const [from, to] = [below(PARTIES.length), 1 + below(PARTIES.length - 1)];
  const debit = `${PARTIES[from]}/payable/${asset}`;
  const credit = `${PARTIES[(from + to) % PARTIES.length]}/payable/${asset}`;
  const entry = { key, id, debit, credit, amount: String(1 + below(1_000_000)), periodId, at };
  if (kind > 16) {
    pending.push(id);
    return { op: "pend", ...entry };
  }
  posted.push(id);
  return { op: "post", ...entry };
}

async function sumUp(store: Store): Promise<void> {
  for (;;) {
    const { entries: total } = (await read(store, ledgerHead)) ?? { entries: "0" };
    if (!mustSucceed(await sumUpNext(store, BigInt(total)))) return;
  }
}

type Question = { readonly happenedUntil?: string; readonly knownAt?: string };

type Dated = { readonly entry: LedgerEntry; readonly day: string };

/** The answer the slow way: every entry from the first one on. */
function replay(all: readonly Dated[], { happenedUntil = "9", knownAt = "9" }: Question, account?: string) {
  const sums = new Map<string, Sums>();
  const isPeriod = happenedUntil.length === 7;
  const count = /^[0-9]+$/.test(knownAt) && knownAt !== "9" ? Number(knownAt) : all.length;
  const instant = knownAt.includes("T") ? knownAt : "9";
  for (let number = 0; number < count; number++) {
    const { entry, day } = all[number] as Dated;
    if (account !== undefined && entry.debit !== account && entry.credit !== account) continue;
    if (entry.knownAt <= instant && (isPeriod ? entry.periodId : day) <= happenedUntil) addEntry(sums, entry);
  }
  return sums;
}

async function answer(ledger: Ledger, question: Question & { readonly account?: string }) {
  const { items } = mustSucceed(await ledger.balancesAsOf(question));
  return Object.fromEntries(
    items.map((one) => [one.account, [one.debitsPosted, one.creditsPosted, one.debitsPending, one.creditsPending]]),
  );
}

function shown(sums: ReadonlyMap<string, Sums>) {
  return Object.fromEntries(
    [...sums].filter(([, one]) => !isZero(one)).map(([account, one]) => [account, storeSums(one)]),
  );
}

describe("balances as of a past time", () => {
  it("answers 10,000 random questions on both clocks as a replay does", { timeout: 180_000 }, async () => {
    const { store, ledger, below, endMs } = await seededBooks(20_261_031, 4_000);
    await sumUp(store);
    const all: Dated[] = [];
    for await (const entry of list(store, entries)) all.push({ entry, day: chinaDateOf(Date.parse(entry.at)) });
    const [account = ""] = [...(await ledger.balances())].map((one) => one.account);
    const someTime = () => START - 60 * 24 * HOUR + below((endMs - START) / HOUR + 90 * 24) * HOUR;
    const happened = [() => ({}), () => ({ happenedUntil: chinaDateOf(someTime()) })];
    happened.push(() => ({ happenedUntil: chinaDateOf(someTime()).slice(0, 7) }));
    const known = [
      () => ({}),
      () => ({ knownAt: instantOf(someTime()) }),
      () => ({ knownAt: String(10 + below(all.length - 10)) }),
    ];
    const wrong: unknown[] = [];
    for (let n = 0; n < 10_000; n++) {
      const question: Question = { ...happened[below(3)]?.(), ...known[below(3)]?.() };
      // Every fiftieth about all accounts, the others about one.
      const one = n % 50 === 0 ? undefined : PARTIES[below(PARTIES.length)];
      const name = one === undefined ? undefined : account.replace(/^[^/]+/, one);
      const expected = shown(replay(all, question, name));
      const got = await answer(ledger, name === undefined ? question : { ...question, account: name });
      const wanted = name === undefined ? expected : name in expected ? { [name]: expected[name] } : {};
      if (JSON.stringify(sortKeys(got)) !== JSON.stringify(sortKeys(wanted))) wrong.push({ question, got, wanted });
    }
    expect(wrong).toEqual([]);
  });

  it("reads a few records for a question, not everything", async () => {
    const { store } = await seededBooks(7, 6_000);
    await sumUp(store);
    const counted = counting(store);
    const ledger = createLedger({ store: counted.store });
    await answer(ledger, { account: "AGR-7/payable/CNY", happenedUntil: "2026-01-15", knownAt: "5000" });
    expect(counted.records()).toBeLessThan(400);
    expect(await read(store, historyHead)).toMatchObject({ through: String(6_000 - (6_000 % 256)) });
  });

  it("has the same answer for ever by the number of entries, whatever comes to be known later", async () => {
    const { ledger } = await seededBooks(3, 700);
    const before = await answer(ledger, { knownAt: "600", happenedUntil: "2025-12" });
    const late: LedgerOp = {
      ...{ op: "post", key: "late", id: "late", debit: "AGR-7/payable/CNY", credit: "AGR-8/payable/CNY" },
      ...{ amount: "99", periodId: "2025-11", at: "2025-11-21T00:00:00.000Z" },
    };
    mustSucceed(await ledger.post([late]));
    expect(await answer(ledger, { knownAt: "600", happenedUntil: "2025-12" })).toEqual(before);
    expect(await answer(ledger, { happenedUntil: "2025-12" })).not.toEqual(before);
  });

  it("refuses a time that is none", async () => {
    const { ledger } = await seededBooks(1, 10);
    for (const question of [
      ...["2026-13", "2026-02-30", "yesterday"].map((happenedUntil) => ({ happenedUntil })),
      ...["soon", "2026-10-31", "999999"].map((knownAt) => ({ knownAt })),
    ]) {
      expect(await ledger.balancesAsOf(question)).toMatchObject({ error: { code: "LEDGER_AS_OF" } });
    }
  });
});

function sortKeys(of: object): [string, unknown][] {
  return Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1));
}

function counting(store: Store) {
  let read = 0;
  const counted: Store = {
    ...store,
    get: (key, at) => {
      read++;
      return store.get(key, at);
    },
    async *range(range, at) {
      for await (const one of store.range(range, at)) {
        read++;
        yield one;
      }
    },
  };
  return { store: counted, records: () => read };
}

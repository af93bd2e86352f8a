import { beforeEach, describe, expect, it } from "vitest";
import { leafBytes } from "../../node/audit/store.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { createLedger } from "../../node/ledger/service.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";
import type { Store } from "../../node/storage/port.ts";
import { list } from "../../node/storage/transact.ts";
import {
  type PayingRegion,
  type PayingWorld,
  PERIOD,
  payingRegions,
  person,
  sign,
  signedStatement,
} from "./paying-regions.ts";

const [CD, CQ, GY] = ["510100", "500000", "520100"] as const;
const ACCOUNTS = { [CQ]: "6222021111111111111", [GY]: "6222022222222222222" } as const;
const HEADER = ["交易日期", "收入金额", "支出金额", "对方账号", "对方户名", "摘要", "交易流水号"];

/** Two plans' worth: 500000 pays 1,200 fen and 520100 pays 300 fen to 510100. */
async function signedPlan(): Promise<PayingWorld> {
  const world = payingRegions([CD, CQ, GY]);
  sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000", "510100:operator": "200" }));
  sign(world, signedStatement("AGR-2", CD, GY, { "510100:provider": "300" }));
  for (const region of [CD, CQ, GY]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
  await world.quiet();
  for (const region of [CD, CQ, GY]) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
  await world.quiet();
  return world;
}

async function known({ payments }: PayingRegion): Promise<void> {
  for (const [region, account] of Object.entries(ACCOUNTS)) {
    for (const who of ["one", "two"]) {
      mustSucceed(await payments.registerAccount(person(who), { account, region, name: `${region} 专户` }));
    }
  }
}

let files = 0;
const bankFile = (...rows: readonly (readonly string[])[]) => ({
  source: "ccb-main",
  filename: "流水.csv",
  file: (files++).toString(16).padStart(64, "0"),
  grid: [["账号:6222000000000000009", "户名:成都市"], HEADER, ...rows],
});

const referenceFrom = async (world: PayingWorld, from: string) =>
  (await world.at(CD).payments.dues()).find((due) => due.from === from)?.reference ?? "";

async function kindsOf({ store }: PayingRegion): Promise<string[]> {
  const kinds: string[] = [];
  for await (const bytes of list(store, leafBytes)) kinds.push(JSON.parse(Buffer.from(bytes).toString("utf8")).kind);
  return kinds;
}

async function booksOf({ store }: PayingRegion) {
  const ledger = createLedger({ store });
  mustSucceed(await ledger.check());
  const balances = await ledger.balances();
  return Object.fromEntries(
    balances.map(({ account, debitsPosted, creditsPosted }) => [account, `${debitsPosted}/${creditsPosted}`]),
  );
}

/** From the commit after these on, none happens: what was durable before stays. */
function cutAfter(store: Store, commits: number): Store {
  let done = 0;
  const commit: Store["commit"] = async (keys, decide) => {
    done += 1;
    if (done > commits) throw new Error("the power is cut");
    return store.commit(keys, decide);
  };
  return { ...store, commit };
}

it("books what was paid and imported before the last region had signed the plan", async () => {
  const world = payingRegions([CD, CQ]);
  sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000", "510100:operator": "200" }));
  const chengdu = world.at(CD);
  await known(chengdu);
  for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
  await world.quiet();
  const plan = async () => mustSucceed(await chengdu.payments.plans(PERIOD)).items[0];
  const reference = (await plan())?.payments[0]?.reference ?? "";
  const row = ["2026-11-05", "12.00", "", ACCOUNTS[CQ], "重庆专户", reference, "B1"];
  expect(mustSucceed(await chengdu.payments.importFile(person("one"), bankFile(row)))).toMatchObject({
    states: { open: 1 },
  });
  for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
  await world.quiet();
  expect((await chengdu.payments.list({ limit: 9 })).items).toMatchObject([{ state: "booked", rule: "reference" }]);
  expect(await plan()).toMatchObject({ state: "paid" });
});

describe("a signed plan and the bank's files", () => {
  let world: PayingWorld;
  let cd: PayingRegion;
  const rowFrom = async (region: keyof typeof ACCOUNTS, yuan: string, number: string, text?: string) => {
    const reference = text ?? (await referenceFrom(world, region));
    return ["2026-11-05", yuan, "", ACCOUNTS[region], `${region} 专户`, reference, number];
  };
  beforeEach(async () => {
    world = await signedPlan();
    cd = world.at(CD);
    await known(cd);
  });

  it("closes in every region when the last payment is confirmed, with one posting per obligation", async () => {
    mustSucceed(await cd.payments.importFile(person("one"), bankFile(await rowFrom(CQ, "12.00", "B-1"))));
    await world.quiet();
    expect(mustSucceed(await cd.payments.money(PERIOD))).toMatchObject([
      { state: "partly-paid" },
      { state: "partly-paid" },
    ]);
    expect(await booksOf(cd)).toEqual({});
    mustSucceed(await cd.payments.importFile(person("one"), bankFile(await rowFrom(GY, "3.00", "B-2"))));
    await world.quiet();
    for (const region of [CD, CQ, GY]) {
      expect(mustSucceed(await world.at(region).payments.plans(PERIOD)).items).toMatchObject([{ state: "paid" }]);
      for (const one of mustSucceed(await world.at(region).payments.money(PERIOD))) expect(one.state).toBe("paid");
    }
    expect(await booksOf(cd)).toEqual({
      "500000:payer/receivable/CNY": "0/1200",
      "510100:operator/payable/CNY": "200/0",
      "510100:provider/payable/CNY": "1300/0",
      "520100:payer/receivable/CNY": "0/300",
    });
    expect(await booksOf(world.at(CQ))).toEqual({
      "500000:payer/receivable/CNY": "0/1200",
      "510100:operator/payable/CNY": "200/0",
      "510100:provider/payable/CNY": "1000/0",
    });
    const kinds = await kindsOf(cd);
    expect(kinds.filter((kind) => kind === "payment.confirmed")).toHaveLength(2);
    // One per agreement, each numbered within it.
    expect(kinds.filter((kind) => kind === "netting.settled")).toHaveLength(2);
  });

  it("takes the same file, and the same transfer in another file, only once", async () => {
    const file = bankFile(await rowFrom(CQ, "12.00", "B-1"));
    const first = mustSucceed(await cd.payments.importFile(person("one"), file));
    expect(first).toMatchObject({ rows: 1, states: { booked: 1 }, isRepeated: false });
    expect(mustSucceed(await cd.payments.importFile(person("one"), file))).toEqual({ ...first, isRepeated: true });
    const again = mustSucceed(await cd.payments.importFile(person("one"), { ...file, file: "f".repeat(64) }));
    expect(again.states).toMatchObject({ duplicate: 1, booked: 0 });
    expect((await cd.payments.dues()).find((due) => due.from === CQ)).toMatchObject({ paidFen: "1200" });
  });

  it("books nothing from an account nobody vouched for; two persons decide, and the account is known then", async () => {
    world = await signedPlan();
    cd = world.at(CD);
    const result = mustSucceed(
      await cd.payments.importFile(person("one"), bankFile(await rowFrom(CQ, "12.00", "B-1"))),
    );
    expect(result.states).toMatchObject({ open: 1, booked: 0 });
    const [open] = (await cd.payments.list({ state: "open", limit: 10 })).items;
    expect(open).toMatchObject({ rule: "account-unknown", suggestions: [{ allocations: [{ fen: "1200" }] }] });
    const id = open?.id ?? "";
    const allocations = open?.suggestions[0]?.allocations ?? [];
    const waitsFor = async (name: string, role?: "approver" | "auditor") =>
      (await cd.payments.undecided(person(name, role))).map(({ state }) => state);
    expect(await waitsFor("one")).toEqual(["open"]);
    mustSucceed(await cd.payments.decide(person("one"), id, { allocations }));
    expect([await waitsFor("one"), await waitsFor("two")]).toEqual([[], ["proposed"]]);
    expect([await waitsFor("three", "approver"), await waitsFor("four", "auditor")]).toEqual([["proposed"], []]);
    mustSucceed(await cd.payments.decide(person("two"), id, { reject: "金额待核" }));
    expect([await waitsFor("one"), await waitsFor("three", "approver")]).toEqual([["open"], []]);
    mustSucceed(await cd.payments.decide(person("one"), id, { allocations }));
    expect(await cd.payments.decide(person("one"), id, { confirm: true })).toMatchObject({
      error: { code: "SELF_APPROVAL" },
    });
    expect(mustSucceed(await cd.payments.decide(person("two", "approver"), id, { confirm: true }))).toMatchObject({
      state: "booked",
      region: CQ,
    });
    expect([await waitsFor("one"), await waitsFor("three", "approver")]).toEqual([[], []]);
    expect(await cd.payments.accounts()).toMatchObject([{ account: ACCOUNTS[CQ], region: CQ, isInForce: true }]);
    await world.quiet();
    expect((await world.at(GY).payments.dues()).find((due) => due.from === CQ)?.confirmedAt).not.toBeNull();
  });

  it("takes one decision at a time, and each due once in it", async () => {
    world = await signedPlan();
    cd = world.at(CD);
    mustSucceed(await cd.payments.importFile(person("one"), bankFile(await rowFrom(CQ, "12.00", "B-1"))));
    const id = (await cd.payments.list({ state: "open", limit: 1 })).items[0]?.id ?? "";
    const reference = await referenceFrom(world, CQ);
    const decide = (who: string, decision: Parameters<typeof cd.payments.decide>[2]) =>
      cd.payments.decide(person(who), id, decision);
    const refused = (code: string) => ({ ok: false, error: { code } });
    const half = { reference, fen: "600" };
    expect(await decide("one", { allocations: [half, half] })).toMatchObject(refused("PAYMENT_DUE_TWICE"));
    expect(await decide("one", {})).toMatchObject(refused("PAYMENT_DECISION"));
    mustSucceed(await decide("one", { allocations: [half] }));
    const both = { allocations: [{ reference, fen: "1200" }], confirm: true };
    expect(await decide("two", both)).toMatchObject(refused("PAYMENT_DECISION"));
    expect(await decide("two", { confirm: true, reject: "退回" })).toMatchObject(refused("PAYMENT_DECISION"));
    expect((await cd.payments.list({ state: "proposed", limit: 1 })).items).toHaveLength(1);
  });

  it("keeps what does not fit for a person: too much money, a row without account, another currency, a reversal", async () => {
    const reference = await referenceFrom(world, CQ);
    const rows = [
      await rowFrom(CQ, "12.01", "B-1"),
      ["2026-11-05", "12.00", "", "", "500000 专户", reference, "B-2"],
      await rowFrom(CQ, "-12.00", "B-3"),
      ["2026-13-05", "12.00", "", ACCOUNTS[CQ], "500000 专户", reference, "B-4"],
    ];
    const result = mustSucceed(await cd.payments.importFile(person("one"), bankFile(...rows)));
    expect(result.states).toEqual({
      open: 2,
      booked: 0,
      proposed: 0,
      rejected: 0,
      returned: 0,
      duplicate: 0,
      faulty: 2,
    });
    expect(result.faults).toMatchObject([
      { row: 4, column: "对方账号", value: "", rule: "PAY-ACCOUNT" },
      { row: 6, column: "交易日期", value: "2026-13-05", rule: "PAY-DATE" },
    ]);
    const { items } = await cd.payments.list({ state: "open", limit: 10 });
    const rejected = await cd.payments.decide(person("one"), items[0]?.id ?? "", { reject: "退款" });
    expect(mustSucceed(rejected)).toMatchObject({ state: "rejected", rejectedFor: "退款" });
  });

  it("shows what is owed by counter-party and age, and knows no due date where no rule gives one", async () => {
    const before = await cd.payments.ageing();
    expect(before.rows).toMatchObject([
      { counterparty: CQ, side: "receivable", totalFen: "1200", buckets: { notDue: "1200" } },
      { counterparty: GY, side: "receivable", totalFen: "300", buckets: { noDueDate: "300" } },
    ]);
    expect(before.items.find(({ counterparty }) => counterparty === GY)).toMatchObject({ dueRule: "RULES_MISSING" });
    world.clock.nowMs = Date.parse("2027-01-20T02:00:00.000Z");
    expect((await cd.payments.ageing()).rows[0]).toMatchObject({ buckets: { d31to60: "1200" } });
    expect((await world.at(CQ).payments.ageing()).rows).toMatchObject([{ counterparty: CD, side: "payable" }]);
    expect(mustSucceed(await cd.payments.money(PERIOD))).toMatchObject([
      { agreementId: "AGR-1", isOverdue: true },
      { agreementId: "AGR-2", isOverdue: false, dueAt: null },
    ]);
  });

  it("records an invoice once, and both regions know it", async () => {
    const input = { periodId: PERIOD, agreementId: "AGR-1", number: "25102000000012345678", date: "2026-11-04" };
    mustSucceed(await cd.payments.recordInvoice(person("one"), input));
    mustSucceed(await cd.payments.recordInvoice(person("one"), input));
    expect(await cd.payments.recordInvoice(person("one"), { ...input, fen: "1" })).toMatchObject({
      error: { code: "INVOICE_EXISTS" },
    });
    await world.quiet();
    expect(mustSucceed(await world.at(CQ).payments.money(PERIOD))).toMatchObject([
      { state: "invoiced", invoices: [{ number: input.number, fen: "1200", issuer: CD }] },
    ]);
  });

  it("posts once, whichever commit on the way from the bank's file to the closed plan is the last before the power goes", async () => {
    for (let commits = 0; commits < 11; commits++) {
      world = await signedPlan();
      cd = world.at(CD);
      await known(cd);
      const file = bankFile(await rowFrom(CQ, "12.00", "B-1"), await rowFrom(GY, "3.00", "B-2"));
      await cd.outbox.stop();
      const cut = world.open(CD, { store: cutAfter(openMemoryStore(cd.disk), commits) }, cd.disk);
      await cut.payments.importFile(person("one"), file).catch(() => undefined);
      await cut.payments.idle();
      await cut.outbox.stop();
      cd = world.open(CD, {}, cd.disk);
      mustSucceed(await cd.payments.importFile(person("one"), file));
      await world.quiet();
      for (const region of [CD, CQ, GY]) {
        expect(mustSucceed(await world.at(region).payments.plans(PERIOD)).items).toMatchObject([{ state: "paid" }]);
      }
      expect(await booksOf(cd)).toMatchObject({
        "500000:payer/receivable/CNY": "0/1200",
        "520100:payer/receivable/CNY": "0/300",
      });
    }
  }, 60_000);

  it("believes only the payee that money has arrived", async () => {
    world.wire = async (message, pass) => {
      if (message.kind !== "NetPaid" || message.peer !== GY) return pass();
      return world.at(GY).outbox.receive({ ...message, peer: CQ });
    };
    mustSucceed(await cd.payments.importFile(person("one"), bankFile(await rowFrom(CQ, "12.00", "B-1"))));
    await world.quiet();
    expect((await world.at(GY).payments.dues()).every(({ confirmedAt }) => confirmedAt === null)).toBe(true);
    expect((await world.at(CQ).payments.dues()).some(({ confirmedAt }) => confirmedAt !== null)).toBe(true);
  });
});

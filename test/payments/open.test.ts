import { expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { ledgerHead } from "../../node/ledger/store.ts";
import type { Due, Netting } from "../../node/payments/model.ts";
import { dues, nettedStatements, nettings } from "../../node/payments/store.ts";
import { list, transact } from "../../node/storage/transact.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { type PayingRegion, PERIOD, payingRegions, person, sign, signedStatement } from "./paying-regions.ts";

const [CD, CQ] = ["510100", "500000"] as const;
const YEARS = [2023, 2024, 2025].flatMap((year) => Array.from({ length: 9 }, (_, n) => `${year}-0${n + 1}`));

async function all<T>(records: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of records) found.push(one);
  return found;
}

/** October waits for a second person; September is agreed and unpaid; before it lie years of plans that are over. */
async function yearsOfPlans(): Promise<PayingRegion> {
  const world = payingRegions([CD, CQ]);
  for (const periodId of ["2026-09", PERIOD]) {
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }, { periodId }));
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), periodId));
    await world.quiet();
  }
  for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.approveNet(person("two"), "2026-09"));
  await world.quiet();
  const cd = world.at(CD);
  const [agreed] = (await all(list(cd.store, nettings))) as [Netting];
  const [due] = (await all(list(cd.store, dues))) as [Due];
  await transact(cd.store, [], (tx) => {
    for (const periodId of YEARS) {
      const over: Netting = { ...agreed, periodId, state: "paid" };
      tx.put(nettings.at(periodId, 1n), over);
      const reference = `OLD-${periodId}`;
      tx.put(dues.at(reference), { ...due, reference, periodId, paidFen: due.fen, confirmedAt: due.issuedAt });
    }
    return ok(true);
  });
  return cd;
}

/** As a database was before it was kept what is open. */
async function forget({ store }: PayingRegion, ...more: readonly string[]): Promise<void> {
  const kept = ["netting-open/", "payment-due-open/", "payment-indexed/"];
  for (const prefix of [...kept, ...more]) {
    const keys = (await all(store.range({ from: prefix, to: `${prefix.slice(0, -1)}0` }))).map(([key]) => key);
    expect(keys.length).toBeGreaterThan(0);
    await store.commit(keys, () => ({ put: new Map(), remove: new Set(keys), result: undefined }));
  }
}

it("reads only rounds and dues that are not over, also of a database from before", async () => {
  const cd = await yearsOfPlans();
  const waiting = await cd.payments.waiting(person("two"));
  const ageing = await cd.payments.ageing();
  expect(waiting).toMatchObject([{ periodId: PERIOD }]);
  expect(ageing.items).toMatchObject([
    { kind: "statement", periodId: PERIOD },
    { kind: "due", periodId: "2026-09" },
  ]);
  await forget(cd);
  expect(await cd.payments.waiting(person("two"))).toEqual(waiting);
  expect(await cd.payments.ageing()).toEqual(ageing);
  const keys = readsOf(cd.store);
  expect(await cd.payments.waiting(person("two"))).toEqual(waiting);
  expect(await cd.payments.ageing()).toEqual(ageing);
  expect(keys.filter((key) => key.startsWith("netting/")).map((key) => key.split("/")[1])).toEqual(["2026-09", PERIOD]);
  expect(keys.filter((key) => key.startsWith("payment-due/"))).toHaveLength(1);
  // After a restart only these are moved on.
  keys.length = 0;
  cd.payments.start();
  await cd.payments.idle();
  expect(new Set(keys.filter((key) => key.startsWith("netting/")).map((key) => key.split("/")[1]))).toEqual(
    new Set(["2026-09", PERIOD]),
  );
});

it("lists what one person claimed for the second one, also of a database from before", async () => {
  const cd = await yearsOfPlans();
  const header = ["交易日期", "收入金额", "对方账号", "对方户名", "摘要", "交易流水号"];
  const row = ["2026-11-05", "10.00", "6222021111111111111", "x", "", "B-1"];
  const grid = [["账号:6222000000000000009"], header, row];
  mustSucceed(
    await cd.payments.importFile(person("one"), { source: "s", filename: "1.csv", file: "0".repeat(64), grid }),
  );
  const [unclaimed] = (await cd.payments.list({ state: "open", limit: 5 })).items;
  const id = unclaimed?.id ?? "";
  const allocations = unclaimed?.suggestions[0]?.allocations ?? [];
  mustSucceed(await cd.payments.decide(person("one"), id, { allocations }));
  const asked = async () => ({
    open: (await cd.payments.list({ state: "open", limit: 5 })).items.map((one) => one.id),
    proposed: (await cd.payments.list({ state: "proposed", limit: 5 })).items.map((one) => one.id),
    one: (await cd.payments.undecided(person("one"))).map(({ state }) => state),
    two: (await cd.payments.undecided(person("two"))).map(({ state }) => state),
  });
  const expected = { open: [], proposed: [id], one: [], two: ["proposed"] };
  expect(await asked()).toEqual(expected);
  await forget(cd, "payment-proposed/");
  // What somebody had claimed stood among what nobody had.
  const put = new Map([[`payment-open/${id}`, Buffer.from(JSON.stringify(id))]]);
  await cd.store.commit([], () => ({ put, remove: new Set(), result: undefined }));
  expect(await asked()).toEqual(expected);
});

it("does not read the statements of a closed month again in which nothing is owed outside a plan", async () => {
  const asked: string[][] = [];
  const statements = ["2026-07", "2026-08", "2026-09"].map((periodId) =>
    signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }, { periodId }),
  );
  const world = payingRegions([CD], {
    signed: async (_periodId, without = new Set()) => {
      const read = statements.filter(({ periodId }) => !without.has(periodId));
      asked.push(read.map(({ periodId }) => periodId));
      return ok(read);
    },
  });
  const { store, payments } = world.at(CD);
  const close = (closedThrough: string, netted: readonly string[]) =>
    transact(store, [], (tx) => {
      tx.put(ledgerHead, { closedThrough, transfers: "0", entries: "0", knownAt: "" });
      for (const periodId of netted) tx.put(nettedStatements.at(periodId, "AGR-1"), { round: "1" });
      return ok(true);
    });
  const owed = async () => {
    asked.length = 0;
    const { items } = await payments.ageing();
    return { owed: items.map(({ periodId }) => periodId).sort(), asked: asked.flat() };
  };
  // July is not netted, September not closed: both may still change.
  await close("2026-08", ["2026-08", "2026-09"]);
  expect(await owed()).toEqual({ owed: ["2026-07"], asked: ["2026-07", "2026-08", "2026-09"] });
  expect(await owed()).toEqual({ owed: ["2026-07"], asked: ["2026-07", "2026-09"] });
  await close("2026-09", ["2026-07"]);
  expect(await owed()).toEqual({ owed: [], asked: ["2026-07", "2026-09"] });
  expect(await owed()).toEqual({ owed: [], asked: [] });
});

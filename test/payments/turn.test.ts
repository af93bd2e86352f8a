import { describe, expect, it } from "vitest";
import type { Principal } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
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
const HEADER = ["交易日期", "收入金额", "支出金额", "对方账号", "对方户名", "摘要", "交易流水号"];
const CD_ACCOUNT = "6222023333333333333";

async function asked(regions: readonly string[]): Promise<PayingWorld> {
  const world = payingRegions(regions);
  sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000", "510100:operator": "200" }));
  if (regions.includes(GY)) sign(world, signedStatement("AGR-2", CD, GY, { "510100:provider": "300" }));
  for (const region of regions) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
  await world.quiet();
  return world;
}

async function agreed(regions: readonly string[]): Promise<PayingWorld> {
  const world = await asked(regions);
  for (const region of regions) mustSucceed(await world.at(region).payments.approveNet(person("two"), PERIOD));
  await world.quiet();
  return world;
}

/** A region's own file shows that it paid 510100 what its due says. */
async function paysOut({ region, payments }: PayingRegion): Promise<void> {
  for (const who of ["one", "two"]) {
    const account = { account: CD_ACCOUNT, region: CD, name: "成都专户" };
    mustSucceed(await payments.registerAccount(person(who), account));
  }
  const due = (await payments.dues()).find(({ from }) => from === region);
  const yuan = `${due?.fen.slice(0, -2)}.${due?.fen.slice(-2)}`;
  const row = ["2026-11-05", "", yuan, CD_ACCOUNT, "成都专户", due?.reference ?? "", `OUT-${region}`];
  const grid = [["账号:6222000000000000010", "户名:付款方"], HEADER, row];
  const file = { source: "bank", filename: "流水.csv", file: region.padStart(64, "0"), grid };
  expect(mustSucceed(await payments.importFile(person("one"), file))).toMatchObject({ states: { booked: 1 } });
}

const tasksOf = async ({ payments }: PayingRegion, principal: Principal) =>
  (await payments.waiting(principal)).map(({ reason }) => reason.code);
const planOf = async ({ payments }: PayingRegion) => mustSucceed(await payments.plans(PERIOD)).items.at(-1);
const stateOf = async ({ payments }: PayingRegion) => mustSucceed(await payments.money(PERIOD))[0];

describe("a payer that has paid by its own books", () => {
  it("has no task any more, and waits for the payee's word", async () => {
    const world = await agreed([CD, CQ]);
    const payer = world.at(CQ);
    expect(await tasksOf(payer, person("one"))).toEqual(["NETTING_WAITS_FOR_PAYMENTS"]);
    await paysOut(payer);
    await world.quiet();
    expect(await tasksOf(payer, person("one"))).toEqual([]);
    expect((await planOf(payer))?.reason).toMatchObject({
      code: "NETTING_WAITS_FOR_CONFIRMATION",
      turn: { region: CD, role: "finance" },
    });
    world.clock.nowMs = Date.parse("2027-01-20T02:00:00.000Z");
    expect(await stateOf(payer)).toMatchObject({ state: "paid-unconfirmed", isOverdue: false });
    expect((await payer.payments.ageing()).items).toEqual([]);
    // The payee has seen nothing of it.
    expect(await stateOf(world.at(CD))).toMatchObject({ state: "agreed", isOverdue: true });
  });

  it("does not wait for others before it is asked to pay itself", async () => {
    const world = await agreed([CD, CQ, GY]);
    for (const region of [CQ, GY]) {
      expect((await planOf(world.at(region)))?.reason?.turn).toEqual({ region, role: "finance" });
    }
    await paysOut(world.at(GY));
    await world.quiet();
    expect((await planOf(world.at(GY)))?.reason).toMatchObject({ code: "NETTING_WAITS_FOR_CONFIRMATION" });
    expect((await planOf(world.at(CQ)))?.reason?.turn?.region).toBe(CQ);
    expect(await stateOf(world.at(CQ))).toMatchObject({ state: "agreed" });
  });
});

describe("a plan that is signed already", () => {
  it("is not approved twice, and does not say that there is none", async () => {
    const world = await agreed([CD, CQ]);
    const { payments } = world.at(CD);
    expect(mustSucceed(await payments.approveNet(person("two"), PERIOD)).items).toMatchObject([{ state: "agreed" }]);
    expect(await payments.approveNet(person("two", "auditor"), PERIOD)).toMatchObject({
      error: { code: "ROLE_REQUIRED" },
    });
  });

  it("says of plans that differed that they have to be asked for anew", async () => {
    const world = payingRegions([CD, CQ]);
    world.at(CD).statements.push(signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    world.at(CQ).statements.push(signedStatement("AGR-1", CD, CQ, { "510100:provider": "999" }));
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), PERIOD));
    await world.quiet();
    expect(await world.at(CD).payments.approveNet(person("two"), PERIOD)).toMatchObject({
      error: { code: "NETTING_DIFFERS" },
    });
  });
});

describe("the task of a netting", () => {
  it("is given to whose role may do it", async () => {
    const world = payingRegions([CD, CQ]);
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": "1000" }));
    mustSucceed(await world.at(CD).payments.net(person("one"), PERIOD));
    await world.quiet();
    const payer = world.at(CQ);
    const approver = person("three", "approver");
    expect(await tasksOf(payer, person("one"))).toEqual(["NETTING_WAITS_FOR_FINANCE"]);
    expect(await tasksOf(payer, approver)).toEqual([]);
    mustSucceed(await payer.payments.net(person("one"), PERIOD));
    await world.quiet();
    expect(await tasksOf(payer, approver)).toEqual(["NETTING_WAITS_FOR_APPROVAL"]);
    expect(await tasksOf(payer, person("two"))).toEqual(["NETTING_WAITS_FOR_APPROVAL"]);
    for (const { payments } of [world.at(CD), payer]) mustSucceed(await payments.approveNet(person("two"), PERIOD));
    await world.quiet();
    expect(await tasksOf(payer, person("one"))).toEqual(["NETTING_WAITS_FOR_PAYMENTS"]);
    // Neither paying nor importing is an approver's.
    expect(await tasksOf(payer, approver)).toEqual([]);
  });

  it("of an account that one person registered goes to a second one", async () => {
    const world = payingRegions([CD]);
    const { payments } = world.at(CD);
    const account = { account: CD_ACCOUNT, region: CQ, name: "重庆专户" };
    const waitsFor = async (name: string, role?: "approver" | "auditor") =>
      (await payments.accountsWaiting(person(name, role))).map((one) => one.account);
    mustSucceed(await payments.registerAccount(person("one"), account));
    expect(await waitsFor("one")).toEqual([]);
    expect(await waitsFor("two")).toEqual([CD_ACCOUNT]);
    expect(await waitsFor("three", "approver")).toEqual([CD_ACCOUNT]);
    expect(await waitsFor("four", "auditor")).toEqual([]);
    const [waiting] = await payments.accountsWaiting(person("two"));
    expect(waiting?.reason.text.zh).toContain("重庆专户");
    mustSucceed(await payments.registerAccount(person("two"), account));
    expect(await waitsFor("three", "approver")).toEqual([]);
  });
});

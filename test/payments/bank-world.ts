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

export const [CD, CQ, GY] = ["510100", "500000", "520100"] as const;
export const ACCOUNT = "6222021111111111111";

export type Plan = { readonly periodId: string; readonly fen: string };

/** A signed plan in which 500000 pays `fen` to 510100, each in a plan of its own month. */
export async function owed(...plans: readonly Plan[]): Promise<PayingWorld> {
  const world = payingRegions([CD, CQ]);
  for (const { periodId, fen } of plans) {
    sign(world, signedStatement("AGR-1", CD, CQ, { "510100:provider": fen }, { periodId }));
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.net(person("one"), periodId));
    await world.quiet();
    for (const region of [CD, CQ]) mustSucceed(await world.at(region).payments.approveNet(person("two"), periodId));
    await world.quiet();
  }
  world.clock.nowMs = Date.parse("2026-11-20T02:00:00.000Z");
  return world;
}

export const one = (fen: string) => ({ periodId: PERIOD, fen });

export async function accountOf({ payments }: PayingRegion, region: string, ...who: readonly string[]) {
  let said: unknown;
  for (const name of who) {
    said = mustSucceed(await payments.registerAccount(person(name), { account: ACCOUNT, region, name: "专户" }));
  }
  return said;
}

let files = 0;

/** A bank's file; each row: yuan received (or `out` and yuan paid), text, the bank's number, day, account. */
export async function arrives(world: PayingWorld, ...rows: readonly (readonly string[])[]) {
  const grid = [
    ["账号:6222000000000000009"],
    ["交易日期", "收入金额", "支出金额", "对方账号", "对方户名", "摘要", "交易流水号"],
    ...rows.map(([yuan = "", text = "", number = "", day = "2026-11-05", account = ACCOUNT]) => [
      ...[day, yuan.startsWith("out ") ? "" : yuan, /^out (.*)/.exec(yuan)?.[1] ?? "", account, "专户", text, number],
    ]),
  ];
  const file = (files++).toString(16).padStart(64, "0");
  // Later files come after in the list, too.
  world.clock.nowMs += 60_000;
  const { payments } = world.at(CD);
  return mustSucceed(await payments.importFile(person("one"), { source: "ccb", filename: "流水.csv", file, grid }));
}

export const dueOf = async ({ payments }: PayingRegion, periodId = PERIOD) => {
  const found = (await payments.dues()).find((due) => due.periodId === periodId);
  if (found === undefined) throw new Error("the plan has no payment");
  return found;
};

export const rowsOf = async ({ payments }: PayingRegion) => (await payments.list({ limit: 50 })).items;

import { expect, it } from "vitest";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { payingRegions, person } from "./paying-regions.ts";

const HEADER = ["交易日期", "收入金额", "支出金额", "对方账号", "对方户名", "摘要", "交易流水号"];

/** The bytes of later files are the smaller ones, so that only the order of import explains what comes out. */
const fileOf = (number: number, rows: number) => ({
  source: "ccb-main",
  filename: `${number}.csv`,
  file: (100 - number).toString(16).padStart(64, "0"),
  grid: [
    ["账号:6222000000000000009", "户名:成都市"],
    HEADER,
    ...Array.from({ length: rows }, (_, i) => [
      "2026-11-05",
      "12.00",
      "",
      "6222021111111111111",
      "x",
      `${number}/${i}`,
      `B-${number}-${i}`,
    ]),
  ],
});

it("lists payments in the order of the files and their rows, a page at a time, and counts those of one file", async () => {
  const world = payingRegions(["510100"]);
  const { payments } = world.at("510100");
  const said: string[] = [];
  for (const number of [1, 2, 3]) {
    const done = mustSucceed(await payments.importFile(person("one"), fileOf(number, 12)));
    expect(done.states.open).toBe(12);
    world.clock.nowMs += 60_000;
  }
  let cursor: string | undefined;
  do {
    const { items, next } = await payments.list({ limit: 5, cursor });
    said.push(...items.map(({ text }) => text));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  expect(said).toEqual([1, 2, 3].flatMap((number) => Array.from({ length: 12 }, (_, i) => `${number}/${i}`)));

  const again = mustSucceed(await payments.importFile(person("one"), fileOf(2, 12)));
  expect([again.isRepeated, again.states.open]).toEqual([true, 12]);
});

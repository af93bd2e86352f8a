import { describe, expect, it } from "vitest";
import { mustSucceed } from "../kernel/exchange-error.ts";
import { findHeader } from "./columns.ts";
import { dateOf, fenOf, readRows } from "./read-rows.ts";
import { normaliseText, referenceOf, referencesIn, slipsOf } from "./reference.ts";

describe("what bank files say", () => {
  it.each([
    ["1,234.56", 123456n],
    ["¥1,234.5", 123450n],
    ["１２３４．５６元", 123456n],
    ["(12.00)", -1200n],
    ["-0.01", -1n],
    ["90071992547409.93", 9007199254740993n],
  ])("reads %s to the fen", (text, fen) => expect(fenOf(text)).toBe(fen));

  it.each(["", "12.345", "1e5", "12.3.4", "twelve", "--1"])("does not guess what %s is", (text) => {
    expect(fenOf(text)).toBeUndefined();
  });

  it.each(["2026-11-05", "2026/11/5", "20261105", "2026年11月5日", "2026-11-05 09:31:07", "46331"])(
    "knows %s as a day",
    (text) => expect(dateOf(text)).toBe("2026-11-05"),
  );

  it.each(["2026-02-30", "05-11-2026", "yesterday", ""])("does not guess the day of %s", (text) => {
    expect(dateOf(text)).toBeUndefined();
  });

  it("finds the columns by headings of either language, by name, and as remembered", () => {
    const rows = [["某银行流水"], ["Booking Date", "Credit (CNY)", "Debit", "Counterparty Account", "Remark"], []];
    const { at, columns } = mustSucceed(findHeader(rows, {}, {}));
    expect(at).toBe(1);
    expect(columns).toMatchObject({ date: "Booking Date", credit: "Credit (CNY)", account: "Counterparty Account" });
    const odd = [["交易日期", "金额", "伙伴"]];
    expect(findHeader(odd, {}, {})).toMatchObject({
      error: { code: "PAYMENT_COLUMNS", details: { missing: "account" } },
    });
    expect(mustSucceed(findHeader(odd, {}, { account: "伙伴" })).columns.account).toBe("伙伴");
  });

  it("takes a sign or a mark for the direction, and a negative amount in its own column for a reversal", () => {
    const rowsOf = (heads: string[], ...cells: string[][]) => {
      const grid = [["日期", "对方账号", ...heads], ...cells.map((one) => ["2026-11-05", "6222", ...one])];
      const header = mustSucceed(findHeader(grid, {}, {}));
      return readRows(grid, header, "1", "2026-12-01").map(
        ({ row }) => `${row.direction} ${row.fen} ${row.isReversal}`,
      );
    };
    expect(rowsOf(["金额"], ["1.00"], ["-1.00"])).toEqual(["in 100 false", "out 100 false"]);
    expect(rowsOf(["金额", "借贷标志"], ["1.00", "贷"], ["1.00", "借"], ["-1.00", "贷"])).toEqual([
      "in 100 false",
      "out 100 false",
      "in 100 true",
    ]);
    expect(rowsOf(["收入金额", "支出金额"], ["-1.00", ""], ["", "2.00"])).toEqual(["in 100 true", "out 200 false"]);
  });
});

describe("payment references", () => {
  const reference = referenceOf("basis", "500000", "510100");

  it("are found in whatever dress, and not in another's text", () => {
    const wide = [...reference].map((one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0)).join(" ");
    for (const text of [`付${reference}款`, wide, reference.toLowerCase().replace(/(.{4})/g, "$1-")]) {
      expect(referencesIn(normaliseText(text), (one) => one === reference)).toEqual([reference]);
    }
    expect(referencesIn(normaliseText(referenceOf("basis", "500000", "520100")), (one) => one === reference)).toEqual(
      [],
    );
  });

  it("count slips: one wrong, one missing, two changed round", () => {
    const wrong = `${reference.slice(0, 5)}${reference[5] === "A" ? "B" : "A"}${reference.slice(6)}`;
    expect(slipsOf(`XX${wrong}YY`, reference, 2)).toBe(1);
    expect(slipsOf(reference.slice(0, 6) + reference.slice(7), reference, 2)).toBe(1);
    expect(slipsOf("数据费", reference, 2)).toBeUndefined();
  });
});

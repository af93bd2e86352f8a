import { describe, expect, it } from "vitest";
import { addDays, chinaDateOf, endOfChinaDate, isDate, msOf } from "./instant.ts";

describe("a day in China", () => {
  it.each(["2026-02-28", "2028-02-29", "2026-12-31"])("%s is one", (text) => expect(isDate(text)).toBe(true));

  it.each([
    "2026-02-29",
    "2026-02-30",
    "2026-04-31",
    "2026-13-01",
    "2026-1-1",
    "20260101",
    "2026-01-01T00:00:00Z",
    "",
    "明年",
  ])("%s is none", (text) => expect(isDate(text)).toBe(false));

  it("ends at the midnight that begins the next one", () => {
    const end = endOfChinaDate("2028-02-29");
    expect(end).toBe("2028-02-29T16:00:00.000Z");
    expect([chinaDateOf(msOf(end) - 1), chinaDateOf(msOf(end))]).toEqual(["2028-02-29", "2028-03-01"]);
  });

  it("is counted on from and back, over the ends of months and years", () => {
    expect([addDays("2026-12-31", 1), addDays("2027-01-01", -1), addDays("2028-02-28", 1)]).toEqual([
      "2027-01-01",
      "2026-12-31",
      "2028-02-29",
    ]);
  });
});

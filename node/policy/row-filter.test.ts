import { describe, expect, it } from "vitest";
import type { DataItem } from "../catalog/model.ts";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { RowCondition } from "./model.ts";
import { compileRowFilter } from "./row-filter.ts";

const fields: DataItem[] = [
  { name: "n", label: "n", type: "decimal", sensitivity: "S0" },
  { name: "s", label: "s", type: "string", sensitivity: "S0" },
];

function passes(conditions: RowCondition[], n: string, s: string): boolean {
  return mustSucceed(compileRowFilter(conditions, ["n", "s"], fields))([n, s]);
}

describe("a row filter", () => {
  it.each<[RowCondition, string, boolean]>([
    [{ field: "n", op: "eq", value: "1.50" }, "1.5", true],
    [{ field: "n", op: "lt", value: "10" }, "9", true],
    [{ field: "n", op: "gt", value: "0.3" }, "0.30000000000000000001", true],
    [{ field: "n", op: "gteq", value: "-2" }, "-2.0", true],
    [{ field: "n", op: "in", value: ["1", "2"] }, "2.0", true],
    [{ field: "n", op: "lt", value: "10" }, "", false],
    [{ field: "n", op: "neq", value: "10" }, "n/a", false],
    [{ field: "n", op: "neq", value: "10" }, "11", true],
  ])("compares numbers exactly: %j with %s is %s", (condition, cell, expected) => {
    expect(passes([condition], cell, "")).toBe(expected);
  });

  it("compares text as text", () => {
    expect(passes([{ field: "s", op: "lt", value: "10" }], "", "9")).toBe(false);
    expect(passes([{ field: "s", op: "prefix", value: "成都" }], "", "成都市")).toBe(true);
    expect(passes([{ field: "s", op: "lt", value: "2024-09-30" }], "", "2024-09-29")).toBe(true);
  });

  it("wants every condition to hold", () => {
    const both: RowCondition[] = [
      { field: "n", op: "eq", value: "1" },
      { field: "s", op: "eq", value: "a" },
    ];
    expect([passes(both, "1", "a"), passes(both, "1", "b")]).toEqual([true, false]);
  });

  it("is refused, not ignored, when the source lacks the column", () => {
    const unknown: RowCondition[] = [{ field: "gone", op: "eq", value: "1" }];
    expect(compileRowFilter(unknown, ["n", "s"], fields)).toMatchObject({ error: { code: "OUT_OF_SCOPE" } });
  });
});

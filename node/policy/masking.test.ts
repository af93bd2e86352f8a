import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { compileMasks } from "./masking.ts";
import type { Mask } from "./model.ts";

const key = new Uint8Array(32).fill(9);

function masked(mask: Mask, value: string, type: "string" | "integer" | "date" = "string"): string | undefined {
  return compileMasks(["a"], { a: mask }, key, [{ name: "a", label: "a", type, sensitivity: "S2" }])([value])[0];
}

it("keeps a little at both ends and hides at least half", () => {
  expect(masked("partial", "13800138000")).toBe("13*******00");
  expect(masked("partial", "张三丰")).toBe("张**");
  fc.assert(
    fc.property(fc.array(fc.constantFrom("甲", "𠮷", "b"), { minLength: 1, maxLength: 40 }), (letters) => {
      const out = [...(masked("partial", letters.join("")) ?? "")];
      expect(out).toHaveLength(letters.length);
      expect(out.filter((c) => c === "*").length * 2).toBeGreaterThanOrEqual(letters.length);
    }),
  );
});

it("hashes under the agreement's key, so that nobody can try values against it", () => {
  expect(masked("hash", "91510100X")).toBe(createHmac("sha256", key).update("91510100X").digest("hex"));
});

it("gives the interval of a number and the year of a date", () => {
  expect(["0", "5", "37", "1234", "-37", "99999999999999999999"].map((v) => masked("range", v, "integer"))).toEqual([
    "0~10",
    "0~10",
    "30~40",
    "1000~2000",
    "-40~-30",
    "90000000000000000000~100000000000000000000",
  ]);
  expect([masked("range", "2024-09-30", "date"), masked("range", "20240930", "date")]).toEqual(["2024", "2024"]);
  expect(masked("range", "about ten", "integer")).toBe("*");
});

it("leaves empty cells and unmasked columns alone", () => {
  expect(compileMasks(["a", "b"], { a: "hash" }, key, [])(["", "clear"])).toEqual(["", "clear"]);
});

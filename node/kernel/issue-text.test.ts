import { describe, expect, it } from "vitest";
import { z } from "zod";
import { issueText } from "./issue-text.ts";

const said = (schema: z.ZodType, value: unknown) =>
  (schema.safeParse(value).error?.issues ?? []).map((issue) => Object.values(issueText(issue)).join(" | "));

describe("what is wrong with a value", () => {
  it.each([
    [z.object({ period: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/) }), { period: "2026-13" }, "period 应为月份"],
    [z.object({ fen: z.string().regex(/^[1-9][0-9]{0,40}$/) }), { fen: "1.5" }, "fen must be a whole number above 0"],
    [z.string().regex(/^(0|[1-9][0-9]*)$/), "x", "must be a whole number, 0 or above"],
    [z.object({ change: z.strictObject({}) }), { change: null }, "change 应为对象({…})"],
    [z.object({ port: z.number() }), { port: "x" }, "port must be a number"],
    [z.object({ port: z.number() }), {}, "port 缺少"],
    [z.date(), "x", "应为 date"],
    [z.string().regex(/^odd$/), "x", "does not match /^odd$/"],
  ])("is said in words, not in patterns and names of types: %#", (schema, value, words) => {
    const texts = said(schema, value);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toContain(words);
  });
});

import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

describe("a simulated federation", { timeout: 120_000 }, () => {
  it("holds through crashes, losses and partitions, and one seed takes one course", async () => {
    const first = await simulate("s1", 1);
    expect(first.broken).toEqual([]);
    expect(first.crashes).toBeGreaterThan(5);
    expect(await simulate("s1", 1)).toEqual(first);
  });

  it.each([
    ["a commit that reaches the disk by half", "torn-commit"],
    ["a commit that is acknowledged too early", "lost-commit"],
    ["a repeated call that is metered twice", "double-call"],
  ] as const)("finds %s when it is planted", async (_what, planted) => {
    expect((await simulate("u5", 2, planted)).broken).not.toEqual([]);
  });
});

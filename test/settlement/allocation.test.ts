import { describe, expect, it } from "vitest";
import { brokenAllocations } from "../../scripts/bench/allocation-trial.ts";

describe("random allocations", () => {
  it("are exact, off by less than a fen, monotone, within what is owed, and the same in any order, scale and sign", () => {
    expect(brokenAllocations(5_000, 1)).toEqual([]);
  });
});

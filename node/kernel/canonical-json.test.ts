import { describe, expect, it } from "vitest";
import { canonicalBytes, parseCanonical } from "./canonical-json.ts";

describe("a document of a peer", () => {
  it("is refused, not followed, when it is nested without end", () => {
    for (const depth of [65, 200_000]) {
      const nested = Buffer.from(`${"[".repeat(depth)}${"]".repeat(depth)}`, "utf8");
      expect(parseCanonical(nested)).toMatchObject({ ok: false, error: { code: "CANONICAL_NOT_JSON" } });
    }
  });

  it("may hold brackets in its texts, and as many side by side as it likes", () => {
    const value = { text: `\\" ${"[{".repeat(500)}`, list: Array.from({ length: 500 }, () => [{}]) };
    expect(parseCanonical(canonicalBytes(value))).toEqual({ ok: true, value });
  });
});

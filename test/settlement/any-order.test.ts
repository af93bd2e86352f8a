import { describe, expect, it } from "vitest";
import { openMemoryStore } from "../../node/storage/memory.ts";
import { statementInOrder } from "../../scripts/bench/any-order.ts";

describe("the statement of a set of receipts", () => {
  it("has the same bytes in whatever order they came, how often, how late, and with two versions of some", {
    timeout: 60_000,
  }, async () => {
    const inOrder = await statementInOrder(openMemoryStore(), 600, 0);
    expect(inOrder).toContain('"receiptCount":"600"');
    expect(JSON.parse(inOrder).disputedReceiptIds).toHaveLength(6);
    for (const seed of [1, 2, 3]) expect(await statementInOrder(openMemoryStore(), 600, seed)).toBe(inOrder);
  });
});

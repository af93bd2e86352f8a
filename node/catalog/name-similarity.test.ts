import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NameIndex } from "./name-similarity.ts";

describe("similar names of one unit", () => {
  it("are found whatever the edit, and only those at least 0.9 similar", () => {
    const name = fc.string({ unit: fc.constantFrom("电", "梯", "检", "验"), minLength: 1, maxLength: 30 });
    const edits = fc.array(fc.tuple(fc.nat(40), fc.constantFrom("insert", "delete", "replace")), { maxLength: 4 });
    fc.assert(
      fc.property(name, edits, (original, changes) => {
        const points = [...original];
        for (const [at, change] of changes) {
          points.splice(at % (points.length + 1), change === "insert" ? 0 : 1, ...(change === "delete" ? [] : ["新"]));
        }
        const index = new NameIndex();
        index.add("unit", "a", original);
        const allowed = Math.floor(Math.max(points.length, [...original].length) / 10);
        const expected = editDistance([...original], points) <= allowed ? "a" : undefined;
        if (points.length > 0) expect(index.findSimilar("unit", "b", points.join(""))).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });

  it("are not looked for in other units, nor is a name similar to itself", () => {
    const index = new NameIndex();
    index.add("unit-1", "a", "特种设备使用登记信息");
    expect(index.findSimilar("unit-2", "b", "特种设备使用登记信息")).toBeUndefined();
    expect(index.findSimilar("unit-1", "a", "特种设备使用登记信息")).toBeUndefined();
    expect(index.findSimilar("unit-1", "b", "特种设备使用登记信急")).toBe("a");
  });
});

/** The textbook definition, to compare with. */
function editDistance(a: readonly string[], b: readonly string[]): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, left] of a.entries()) {
    const current = [i + 1];
    for (const [j, right] of b.entries()) {
      const replaced = (previous[j] ?? 0) + (left === right ? 0 : 1);
      current.push(Math.min(replaced, (previous[j + 1] ?? 0) + 1, (current[j] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

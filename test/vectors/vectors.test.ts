import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { runFile } from "../../scripts/vectors/run-file.ts";

const folder = new URL(".", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name: string) => JSON.parse(readFileSync(new URL(name, folder), "utf8"));

describe("the published vectors", () => {
  it.each(files)(
    "%s holds, every case of it",
    (name) => {
      const outcomes = runFile(read(name));
      expect(outcomes.length).toBeGreaterThan(0);
      expect(outcomes.filter(({ kind }) => kind !== "passed")).toEqual([]);
    },
    60_000,
  );

  it("name an operation that nobody knows, and a value that differs", () => {
    const [vector] = read("rounding.json").cases;
    const outcomes = runFile({ cases: [{ ...vector, op: "divine" }, { ...vector, expect: { value: "-3" } }, vector] });
    expect(outcomes).toMatchObject([
      { kind: "unknown", op: "divine" },
      { kind: "failed", expected: 'value = "-3"', actual: 'value = "-2"' },
      { kind: "passed" },
    ]);
  });
});

import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { leafKinds } from "./model.ts";

it("is described, kind by kind, for those who read the log", () => {
  const described = readFileSync("docs/audit-events.md", "utf8");
  expect(leafKinds.filter((kind) => !described.includes(`\`${kind}\``))).toEqual([]);
});

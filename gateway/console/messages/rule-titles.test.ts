import { expect, it } from "vitest";
import { bundledPacks } from "../../../node/rules/bundled.ts";
import { ruleTitlesZh } from "./rule-titles.ts";

it("names every rule that is delivered", () => {
  const keys = ["510100", "500000", "370200", "140581"].flatMap((region) =>
    bundledPacks(region).flatMap(({ rules }) => rules.map(({ key }) => key)),
  );
  expect(keys.length).toBeGreaterThan(50);
  expect(keys.filter((key) => !(key in ruleTitlesZh))).toEqual([]);
});

import { expect, it } from "vitest";
import { reportModelOf } from "../../gateway/reports/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { closeBoth } from "../settlement/settled-world.ts";
import { AGR_7, finance, holdBoth, OCTOBER, PROVIDER, receiptChain, twoRegions } from "../settlement/two-regions.ts";
import { reportDepsOf } from "./rich-world.ts";

it("balances what it reports alone: an agreement that is not signed yet stands in no equation", async () => {
  const world = await twoRegions({ terms: [AGR_7, { ...AGR_7, agreementId: "AGR-8" }] });
  // A month that is over and settled is closed for good, and what comes later belongs into the next one.
  world.clock.nowMs = Date.parse("2026-10-21T02:00:00.000Z");
  const early = { early: true, reason: "年度审计" };
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  await closeBoth(world, "2026-10", early);
  await holdBoth(world, receiptChain("AGR-8", OCTOBER));
  mustSucceed(await world.provider().settlements.close(finance(PROVIDER), "2026-10", early));
  await world.quiet();
  const deps = reportDepsOf(world, world.provider());
  expect((await deps.insight.equations("2026-10")).map((one) => one.agreementId)).toEqual(["AGR-7", "AGR-8"]);
  const { statements, equations } = mustSucceed(await reportModelOf(deps, "2026-10"));
  expect(statements.map((one) => one.agreementId)).toEqual(["AGR-7"]);
  expect(equations.map((one) => one.agreementId)).toEqual(["AGR-7"]);
});

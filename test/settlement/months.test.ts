import { describe, expect, it } from "vitest";
import { mustSucceed, ok } from "../../node/kernel/exchange-error.ts";
import { lastPeriods } from "../../node/settlement/insight/settled-facts.ts";
import { settlements } from "../../node/settlement/store.ts";
import { read, transact } from "../../node/storage/transact.ts";
import { readsOf } from "../fixtures/reads-of.ts";
import { insightDepsOf, insightOf } from "./insight-of.ts";
import { closeBoth } from "./settled-world.ts";
import { holdBoth, OCTOBER, receiptChain, twoRegions } from "./two-regions.ts";

const AGREEMENTS = ["AGR-6", "AGR-7", "AGR-8"];
const MONTHS = [2024, 2025, 2026].flatMap((year) =>
  Array.from({ length: 9 }, (_, n) => `${year}-0${n + 1}`).concat(`${year}-10`),
);

/** Three agreements that settled for years. */
async function settledYears() {
  const world = await twoRegions();
  await holdBoth(world, receiptChain("AGR-7", OCTOBER));
  await closeBoth(world);
  const { store, settlements: service } = world.provider();
  const signed = await read(store, settlements.at("2026-10", "AGR-7"));
  if (signed === undefined) throw new Error("October is not settled");
  await transact(store, [], (tx) => {
    for (const periodId of MONTHS) {
      for (const agreementId of AGREEMENTS) {
        tx.put(settlements.at(periodId, agreementId), { ...signed, periodId, agreementId });
      }
    }
    // On its way, and nothing computed yet.
    tx.put(settlements.at("2026-11", "AGR-7"), { ...signed, periodId: "2026-11", state: "open", built: null });
    return ok(true);
  });
  const deps = insightDepsOf(world, world.provider());
  const insight = insightOf(world, world.provider());
  const keys = readsOf(store);
  const reads = () => keys.filter((key) => key.startsWith("settlement/")).map((key) => key.slice("settlement/".length));
  return { service, deps, insight, reads, begin: () => void keys.splice(0) };
}

describe("of years of statements", () => {
  it("one a month is looked at to name the months", async () => {
    const { service, reads } = await settledYears();
    const all = [...MONTHS, "2026-11"].reverse();
    expect(await service.periods()).toEqual(all);
    expect(reads()).toHaveLength(all.length);
  });

  it("those of months that are not wanted are passed over", async () => {
    const { service, reads } = await settledYears();
    expect(mustSucceed(await service.signed(undefined, new Set(MONTHS)))).toEqual([]);
    // One look a month, and the month that is left.
    expect(reads().slice(MONTHS.length)).toEqual(["2026-11/AGR-7", "2026-11/AGR-7"]);
  });

  it("the last months of an agreement are read, and no earlier ones", async () => {
    const { deps, reads } = await settledYears();
    expect(await lastPeriods(deps, "AGR-7", 3)).toEqual(["2026-08", "2026-09", "2026-10"]);
    // One look a month, then the last four, of which one is not computed.
    expect(reads().slice(MONTHS.length + 1)).toEqual(["11", "10", "09", "08"].map((month) => `2026-${month}/AGR-7`));
  });

  it("those of one year are read for a unit, and for the disclosure", async () => {
    const { insight, reads, begin } = await settledYears();
    mustSucceed(await insight.supplier("510100:provider", "2025", null));
    // The first of the next year says where to stop.
    expect(new Set(reads().map((key) => key.slice(0, 7)))).toEqual(
      new Set([...MONTHS.filter((month) => month.startsWith("2025")), "2026-01"]),
    );
    expect(reads()).toHaveLength(10 * AGREEMENTS.length + 1);
    begin();
    const { months } = await insight.disclosure("2025");
    expect(months).toEqual(MONTHS.filter((month) => month.startsWith("2025")));
    expect(reads()).toHaveLength(2 * (10 * AGREEMENTS.length + 1));
  });
});

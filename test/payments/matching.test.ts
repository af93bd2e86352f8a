import { describe, expect, it } from "vitest";
import { measure, prepare } from "../../scripts/payments/measure.ts";
import { messKinds, messyPayments, OWN_REGION } from "../../scripts/payments/messy-payments.ts";
import { payingRegions } from "./paying-regions.ts";

describe("matching bank rows", () => {
  it("books nothing wrong and at least 98 % of what is true in 10,000 payments with eight kinds of mess", async () => {
    const { store, payments } = payingRegions([OWN_REGION]).at(OWN_REGION);
    const world = messyPayments("2026", 10_000);
    await prepare(store, world);
    const measured = await measure(store, payments, world);
    for (const kind of messKinds) expect(measured.byKind[kind]).toBeGreaterThan(300);
    expect(measured).toMatchObject({ payments: 10_000, wrong: [], precision: 1 });
    expect(measured.recall).toBeGreaterThanOrEqual(0.98);
  }, 60_000);
});

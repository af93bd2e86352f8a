import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { stopOf } from "./budgets.ts";
import { outlook } from "./forecast.ts";
import { chargeOf, spentFen, unitsFor, upperBoundFen } from "./spend.ts";

const price = fc.record({
  unitPriceMicro: fc.bigInt({ min: 0n, max: 3_000_000n }),
  per: fc.bigInt({ min: 1n, max: 1_000n }),
  capPriceMicro: fc.option(fc.bigInt({ min: 0n, max: 3_000_000n })),
});
const units = fc.bigInt({ min: 0n, max: 1_000_000n });

describe("what use will cost", () => {
  it("is never more than quoted, whatever the month holds already", () => {
    fc.assert(
      fc.property(price, units, units, (linePrice, before, more) => {
        const added = chargeOf(before + more, linePrice) - chargeOf(before, linePrice);
        expect(added <= upperBoundFen(more, linePrice)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
    // Half a fen each: the first rounds down to 0, two more round up to 2, a fen above their own worth.
    const half = { unitPriceMicro: 5_000n, per: 1n, capPriceMicro: null };
    expect(chargeOf(3n, half) - chargeOf(1n, half)).toBe(upperBoundFen(2n, half));
  });

  it("stops at the last unit that the budget pays for, and not before", () => {
    fc.assert(
      fc.property(price, fc.bigInt({ min: 0n, max: 10_000_000n }), (linePrice, fen) => {
        const affordable = unitsFor(fen, linePrice);
        if (affordable === null) return;
        expect(chargeOf(affordable, linePrice) <= fen).toBe(true);
        expect(chargeOf(affordable + 1n, linePrice) > fen).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("counts answered calls that are in no receipt yet", () => {
    const month = {
      p: { commercial: { receipts: "1", usage: { calls: "10" }, days: {}, contributions: {} } },
    };
    expect([spentFen(terms, month), spentFen(terms, month, 12n)]).toEqual([120n, 144n]);
  });

  it("turns a budget into calls of a month, and into nothing when it only alarms", () => {
    const totals = { rows: "0", bytes: "0", calls: "0", callsByMonth: {} };
    const hard = { fen: "3005", hardStop: true };
    expect(stopOf(terms, hard, totals, {}, "2026-11")).toEqual({
      month: "2026-11",
      calls: "250",
      rows: null,
      bytes: null,
    });
    expect(stopOf(terms, { ...hard, hardStop: false }, totals, {}, "2026-11")).toBeNull();
    expect(stopOf(terms, { ...hard, fen: null }, totals, {}, "2026-11")).toBeNull();
  });
});

const terms: SettlementTerms = {
  agreementId: "AGR-1",
  parties: [{ partyId: "510100:provider", role: "provider", regionId: "510100" }],
  products: [{ productId: "p", metric: "calls", unitPriceMicro: "120000", capPriceMicro: null }],
  scheme: { kind: "fixed", weights: [{ partyId: "510100:provider", weight: "1" }] },
};

describe("an outlook", () => {
  it("holds its expectation, never falls below what was used, and is certain of a steady use", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 0n, max: 10_000n }), { minLength: 1, maxLength: 40 }),
        fc.nat(31),
        (daily, left) => {
          const used = daily.reduce((sum, one) => sum + one, 0n);
          const { low, expected, high } = outlook(used, used, daily, left);
          expect(BigInt(low) <= BigInt(expected) && BigInt(expected) <= BigInt(high)).toBe(true);
          expect(BigInt(low) >= used).toBe(true);
          if (daily.every((one) => one === daily[0])) expect(low).toBe(high);
        },
      ),
    );
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mustSucceed } from "../../kernel/exchange-error.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import type { PeriodInput } from "../model.ts";
import { settle } from "../pipeline.ts";
import { bins, exceptionKinds, type LineEquation, lineEquation } from "./equation.ts";
import { priceOf, settledLine } from "./line-facts.ts";
import { newTally, type Standing } from "./tally.ts";

const parties = ["510100:provider", "500000:operator"];
const weights = parties.map((partyId, i) => ({ partyId, weight: String(i + 1) }));
const schemes: { readonly [K in SettlementTerms["scheme"]["kind"]]: Extract<SettlementTerms["scheme"], { kind: K }> } =
  {
    fixed: { kind: "fixed", weights },
    contribution: { kind: "contribution", parties, components: [{ metric: "calls", weight: "1" }], fallback: weights },
    tiers: {
      kind: "tiers",
      brackets: [
        { upToFen: "1000", weights },
        { upToFen: null, weights },
      ],
    },
    shapley: { kind: "shapley", parties, v: { kind: "table", values: ["0", "1", "2", "4"] }, samples: null },
  };

const standing = fc.constantFrom<Standing>("settled", "settled", "settled", ...exceptionKinds);
const receipt = fc.record({ quantity: fc.bigInt({ min: 0n, max: 10_000n }), isFree: fc.boolean(), standing });
const facts = fc.record({
  receipts: fc.array(receipt, { maxLength: 30 }),
  unit: fc.bigInt({ min: 0n, max: 2_000_000n }),
  cap: fc.option(fc.bigInt({ min: 0n, max: 2_000_000n })),
  per: fc.bigInt({ min: 1n, max: 1_000n }),
  quota: fc.option(fc.bigInt({ min: 0n, max: 60_000n })),
  maxRevenue: fc.option(fc.bigInt({ min: 0n, max: 500_000n }).map(String)),
  kind: fc.constantFrom(...Object.keys(schemes)) as fc.Arbitrary<keyof typeof schemes>,
});
type Facts = typeof facts extends fc.Arbitrary<infer T> ? T : never;

function termsOf({ unit, cap, per, maxRevenue, kind }: Facts): SettlementTerms {
  return {
    agreementId: "AGR-1",
    parties: parties.map((partyId) => ({ partyId, role: "provider", regionId: partyId.slice(0, 6) })),
    products: [
      {
        productId: "p",
        metric: "calls",
        unitPriceMicro: unit.toString(),
        per: per.toString(),
        capPriceMicro: cap === null ? null : cap.toString(),
      },
    ],
    maxRevenueFen: maxRevenue,
    scheme: schemes[kind],
  };
}

/** The statement by the pipeline from sums alone; the equation counts the receipts one by one. */
function equationOf(given: Facts, forget = 0n): { readonly equation: LineEquation; readonly amountFen: string } {
  const terms = termsOf(given);
  const settled = given.receipts.filter((one) => one.standing === "settled");
  const sum = (of: typeof settled) => of.reduce((all, { quantity }) => all + quantity, 0n);
  const period: PeriodInput = {
    periodId: "2026-10",
    days: "31",
    usage: [
      {
        productId: "p",
        quantity: (sum(settled) - forget).toString(),
        freeQuantity: sum(settled.filter(({ isFree }) => isFree)).toString(),
      },
    ],
  };
  const { lines, amountFen } = mustSucceed(settle(terms, period, null));
  const [line] = lines;
  const tally = newTally(given.quota);
  for (const one of given.receipts) tally.add(one.quantity, one.isFree, one.standing);
  const price = priceOf(terms, "p");
  if (line === undefined || price === undefined) throw new Error("no line");
  const equation = lineEquation({
    lineId: line.lineId,
    productId: "p",
    metric: "calls",
    usagePeriodId: "2026-10",
    price,
    prior: { quantity: 0n, free: 0n },
    freeQuota: given.quota,
    delivered: tally.delivered(),
    settled: settledLine(line),
  });
  return { equation, amountFen };
}

describe("the statement's equation", () => {
  it("holds in units, receipts and fen for every scheme, cap, quota and exception", () => {
    fc.assert(
      fc.property(facts, (given) => {
        const { equation, amountFen } = equationOf(given);
        const all = (key: "quantity" | "receipts" | "fen") =>
          bins.reduce((sum, bin) => sum + BigInt(equation[bin][key]), 0n).toString();
        expect(equation.delivered).toEqual({ quantity: all("quantity"), receipts: all("receipts"), fen: all("fen") });
        expect(equation.delivered.quantity).toBe(
          given.receipts.reduce((sum, { quantity }) => sum + quantity, 0n).toString(),
        );
        expect(equation.delivered.receipts).toBe(String(given.receipts.length));
        const held = BigInt(equation.cappedBy.revenueFen);
        expect((BigInt(equation.charged.fen) + held).toString()).toBe(amountFen);
        const free = given.receipts.filter((one) => one.standing === "settled" && one.isFree);
        const used = free.reduce((sum, { quantity }) => sum + quantity, 0n);
        const granted = given.quota === null ? 0n : given.quota < used ? given.quota : used;
        expect([equation.freeQuota.quantity, equation.waived.quantity]).toEqual([`${granted}`, `${used - granted}`]);
        expect(equation.isBalanced).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("shows what a statement forgot, in units and in fen", () => {
    const given: Facts = {
      receipts: [{ quantity: 100n, isFree: false, standing: "settled" }],
      unit: 120_000n,
      cap: null,
      per: 1n,
      quota: null,
      maxRevenue: null,
      kind: "fixed",
    };
    const { equation } = equationOf(given, 3n);
    expect(equation.unexplained).toEqual({ quantity: "3", receipts: "0", fen: "36" });
    expect(equation.isBalanced).toBe(false);
  });

  it("says what the cap of a price took off, and counts those units apart", () => {
    const given: Facts = {
      receipts: [{ quantity: 13_003n, isFree: false, standing: "settled" }],
      unit: 125_000n,
      cap: 120_000n,
      per: 1n,
      quota: null,
      maxRevenue: "150000",
      kind: "fixed",
    };
    const { equation } = equationOf(given);
    expect(equation.charged).toEqual({ quantity: "0", receipts: "0", fen: "150000" });
    expect(equation.capped).toEqual({ quantity: "13003", receipts: "1", fen: `${162_538 - 150_000}` });
    expect(equation.cappedBy).toEqual({ priceFen: `${162_538 - 156_036}`, revenueFen: "6036" });
  });
});

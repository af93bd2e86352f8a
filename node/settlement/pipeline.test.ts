import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mustSucceed } from "../kernel/exchange-error.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { allocate } from "./allocate.ts";
import type { Carry, PeriodInput, SettleResult } from "./model.ts";
import { settle } from "./pipeline.ts";
import { postingsOf } from "./postings.ts";
import { parseWeight } from "./rational.ts";

const PARTIES = ["510100:provider", "500000:storage", "510100:operator"];
const amount = fc.bigInt({ min: 0n, max: 2_000_000n });

const terms = fc
  .record({
    prices: fc.array(fc.bigInt({ min: 0n, max: 1_000_000n }), { minLength: 1, maxLength: 3 }),
    maxRevenue: fc.option(amount),
    fundBp: fc.option(fc.bigInt({ min: 0n, max: 10_000n })),
    fundCap: fc.option(amount),
    costCap: fc.option(amount),
    floors: fc.array(fc.tuple(fc.constantFrom(...PARTIES), amount), { maxLength: 3 }),
    weights: fc.tuple(fc.nat(100), fc.nat(100), fc.integer({ min: 1, max: 100 })),
    vatBp: fc.bigInt({ min: 0n, max: 9_999n }),
    isTiered: fc.boolean(),
  })
  .map((g): SettlementTerms => {
    const weights = PARTIES.map((partyId, i) => ({ partyId, weight: String(g.weights[i]) }));
    const reversed = PARTIES.map((partyId, i) => ({ partyId, weight: String(g.weights[2 - i]) }));
    const brackets = [
      { upToFen: "50000", weights },
      { upToFen: null, weights: reversed },
    ];
    return {
      agreementId: "AGR-P",
      parties: PARTIES.map((partyId) => ({ partyId, role: "provider" as const, regionId: partyId.slice(0, 6) })),
      vatBp: g.vatBp.toString(),
      products: g.prices.map((price, i) => ({
        productId: `p${i}`,
        metric: "calls",
        unitPriceMicro: price.toString(),
        capPriceMicro: null,
      })),
      maxRevenueFen: g.maxRevenue?.toString() ?? null,
      fund:
        g.fundBp === null
          ? null
          : { partyId: "x:fund", rateBp: g.fundBp.toString(), capFen: g.fundCap?.toString() ?? null },
      compensation: [{ partyId: "500000:storage", resource: "gb-month", rateMicro: "350000" }],
      costs: [{ costId: "c", partyId: "510100:operator", capFen: g.costCap?.toString() ?? null }],
      carryUnpaidCosts: true,
      scheme: g.isTiered ? { kind: "tiers", brackets } : { kind: "fixed", weights },
      guarantee: {
        floors: [...new Map(g.floors)].map(([partyId, fen]) => ({ partyId, fen: fen.toString() })),
        onInfeasible: "scale",
      },
    };
  });

/** Usage of one period: per product what is new, how much of it free, and how much of the month before is corrected. */
const usage = fc.array(fc.tuple(fc.nat(5_000), fc.nat(100), fc.integer({ min: -300, max: 300 })), {
  minLength: 3,
  maxLength: 3,
});

const run = fc.record({
  terms,
  months: fc.array(fc.record({ usage, declared: amount, stored: fc.nat(500) }), { minLength: 1, maxLength: 4 }),
});

/** Settles month after month as the service does, each on the carry of the one before. */
function settleAll({ terms: signed, months }: typeof run extends fc.Arbitrary<infer T> ? T : never) {
  const settled = new Map<string, bigint>();
  let carry: Carry | null = null;
  return months.map((month, m): { readonly result: SettleResult; readonly opening: Carry | null } => {
    const periodId = `2026-0${m + 1}`;
    const rows = signed.products.flatMap(({ productId }, i): PeriodInput["usage"] => {
      const [quantity, percent, change] = month.usage[i] ?? [0, 0, 0];
      const free = Math.floor((quantity * percent) / 100);
      const key = (period: string) => `${productId}/${period}`;
      const own = { productId, quantity: String(quantity), freeQuantity: String(free) };
      settled.set(key(periodId), BigInt(quantity - free));
      if (m === 0) return [own];
      // Priced quantity only: what is free stays as it was.
      const before = `2026-0${m}`;
      const prior = settled.get(key(before)) ?? 0n;
      const corrected = prior + BigInt(change) < 0n ? -prior : BigInt(change);
      settled.set(key(before), prior + corrected);
      const late = { usagePeriodId: before, priorQuantity: prior.toString(), priorFreeQuantity: "0" };
      return [own, { productId, quantity: corrected.toString(), freeQuantity: "0", ...late }];
    });
    const resources = [{ partyId: "500000:storage", resource: "gb-month", quantity: String(month.stored) }];
    const costs = [{ costId: "c", declaredFen: month.declared.toString() }];
    const opening = carry;
    const result = mustSucceed(settle(signed, { periodId, days: "30", usage: rows, resources, costs }, opening));
    carry = result.carry;
    return { result, opening };
  });
}

const sum = (values: readonly string[]) => values.reduce((total, value) => total + BigInt(value), 0n);

describe("the pipeline, whatever the terms and the usage", () => {
  it("loses no fen and makes none: shares, totals, deferral and guarantee add up", () => {
    fc.assert(
      fc.property(run, (story) => {
        for (const { result, opening } of settleAll(story)) {
          for (const line of result.lines) {
            // No line gives up more than it earned.
            expect(BigInt(line.deferredFen) <= 0n || BigInt(line.deferredFen) <= BigInt(line.amountFen)).toBe(true);
            expect(sum(line.shares.map(({ fen }) => fen))).toBe(BigInt(line.keptFen));
            expect(sum(line.vat.map(({ netFen }) => netFen)) + sum(line.vat.map(({ taxFen }) => taxFen))).toBe(
              BigInt(line.keptFen),
            );
          }
          const kept = sum(result.lines.map(({ keptFen }) => keptFen));
          const { openingFen, releasedFen, addedFen, closingFen } = result.deferred;
          expect(kept - BigInt(releasedFen)).toBe(BigInt(result.amountFen) - BigInt(addedFen));
          expect(sum(result.totals.map(({ fen }) => fen))).toBe(kept);
          expect(sum(result.adjustments.map(({ fen }) => fen))).toBe(0n);
          expect(BigInt(openingFen)).toBe(BigInt(opening?.deferredFen ?? "0"));
          expect(BigInt(openingFen) - BigInt(releasedFen) + BigInt(addedFen)).toBe(BigInt(closingFen));
          expect(BigInt(closingFen) >= 0n).toBe(true);
          const max = story.terms.maxRevenueFen;
          if (typeof max === "string" && BigInt(result.amountFen) > 0n) expect(kept <= BigInt(max)).toBe(true);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("never overpays a claim or a cost, keeps the fund below its cap, and pushes nobody below a floor to lift another", () => {
    fc.assert(
      fc.property(run, (story) => {
        for (const { result } of settleAll(story)) {
          const paid = (kind: string) =>
            result.lines.flatMap(({ shares }) =>
              shares.filter((one) => one.kind === kind && BigInt(one.fen) > 0n).map(({ fen }) => fen),
            );
          const { claimedFen, unpaidFen } = result.compensation;
          expect(sum(paid("compensation"))).toBe(BigInt(claimedFen) - BigInt(unpaidFen));
          for (const { claimFen, paidFen } of result.costs) expect(BigInt(paidFen) <= BigInt(claimFen)).toBe(true);
          const cap = story.terms.fund?.capFen;
          if (typeof cap === "string") expect(sum(paid("fund")) <= BigInt(cap)).toBe(true);
          for (const { partyId, fen } of story.terms.guarantee?.floors ?? []) {
            const moved = BigInt(result.adjustments.find((one) => one.partyId === partyId)?.fen ?? "0");
            const benefit = sum(
              result.lines.flatMap(({ shares }) =>
                shares.filter((s) => s.partyId === partyId && s.kind === "benefit").map((s) => s.fen),
              ),
            );
            if (moved < 0n) expect(benefit + moved >= BigInt(fen)).toBe(true);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it("posts so that the clearing account ends at nothing and every party has its total", () => {
    fc.assert(
      fc.property(run, (story) => {
        for (const { result } of settleAll(story)) {
          const digest = `sha256:${"0".repeat(64)}`;
          const statement = {
            type: "heliu.statement.v1" as const,
            agreementId: "AGR-P",
            periodId: "2026-01",
            termsDigest: digest,
            openingCarryDigest: digest,
            receiptCount: "0",
            receiptsRoot: "",
            disputedReceiptIds: [],
            result,
          };
          const balances = new Map<string, bigint>();
          for (const op of postingsOf(statement, "500000", "2026-01-31T00:00:00.000Z")) {
            if (op.op !== "post") continue;
            balances.set(op.debit, (balances.get(op.debit) ?? 0n) + BigInt(op.amount));
            balances.set(op.credit, (balances.get(op.credit) ?? 0n) - BigInt(op.amount));
          }
          expect(balances.get("AGR-P/clearing/CNY") ?? 0n).toBe(0n);
          for (const { partyId, fen } of result.totals) {
            expect(-(balances.get(`${partyId}/payable/CNY`) ?? 0n)).toBe(BigInt(fen));
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe("allocate", () => {
  const seed = { periodId: "2026-10", lineId: "AGR-7/p/2026-10" };
  const weighted = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,6}$/), fc.nat(1_000)), {
    selector: ([id]) => id,
    minLength: 1,
    maxLength: 8,
  });
  const give = (total: bigint, weights: readonly (readonly [string, number])[], scale = 1n) =>
    new Map(
      allocate(
        total,
        weights.map(([partyId, weight]) => ({ partyId, weight: parseWeight(`${BigInt(weight) * scale}`) })),
        seed,
      ).map(({ partyId, fen }) => [partyId, fen]),
    );

  it("does not depend on the order or scale of weights, and mirrors a negative amount", () => {
    fc.assert(
      fc.property(weighted, fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), (weights, total) => {
        fc.pre(weights.some(([, weight]) => weight > 0));
        const shares = give(total, weights);
        expect([...shares.values()].reduce((a, b) => a + b, 0n)).toBe(total);
        const same = (other: Map<string, bigint>) =>
          expect(new Map([...other].sort())).toEqual(new Map([...shares].sort()));
        same(give(total, [...weights].reverse()));
        same(give(total, weights, 7n));
        same(new Map([...give(-total, weights)].map(([id, fen]) => [id, -fen])));
      }),
    );
  });
});

describe("a late line", () => {
  const parties = PARTIES.map((partyId) => ({ partyId, role: "operator" as const, regionId: partyId.slice(0, 6) }));
  const [one = "", two = ""] = PARTIES;
  const weights = [one, two].map((partyId) => ({ partyId, weight: "1" }));
  const product = { productId: "p0", metric: "calls", unitPriceMicro: "10000", capPriceMicro: null };
  const shareOf = (activeDays: string, earlierDays: PeriodInput["earlierDays"]) => {
    const agreed: SettlementTerms = {
      agreementId: "AGR-P",
      parties: parties.map((party) => (party.partyId === two ? { ...party, activeDays } : party)),
      products: [product],
      scheme: { kind: "fixed", weights },
    };
    const late = { productId: "p0", quantity: "300", usagePeriodId: "2026-09" };
    const period = { periodId: "2026-10", days: "31", usage: [late], ...(earlierDays && { earlierDays }) };
    const [line] = mustSucceed(settle(agreed, period, null)).lines;
    return line?.shares.find(({ partyId }) => partyId === two)?.fen ?? "0";
  };
  const september = (days: string | null) => [
    { usagePeriodId: "2026-09", activeDays: days === null ? null : [{ partyId: two, days }] },
  ];

  it("is shared by the days of its own month", () => {
    expect(shareOf("0", september("15"))).toBe("100");
    expect(shareOf("0", september("0"))).toBe("0");
    expect(shareOf("10", [{ usagePeriodId: "2026-09", activeDays: [] }])).toBe("150");
    expect(shareOf("0", [])).toBe("150");
  });

  it("comes out as it was signed where the days of its month were not kept, and never takes all from who left since", () => {
    expect(shareOf("10", september(null))).toBe(shareOf("10", undefined));
    expect(shareOf("10", september(null))).toBe("73");
    expect(shareOf("0", september(null))).toBe("150");
  });
});

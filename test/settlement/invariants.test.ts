import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  consistencyRanges,
  type Hash,
  hashOfNodes,
  inclusionRanges,
  type LeafRange,
  leafHash,
  nodesOf,
  verifyConsistency,
  verifyInclusion,
} from "../../node/audit/merkle.ts";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import type { LedgerOp } from "../../node/ledger/model.ts";
import { createLedger } from "../../node/ledger/service.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { allocate, allocateByFen } from "../../node/settlement/allocate.ts";
import { hashTree } from "../../node/settlement/hash-tree.ts";
import { lineAmount } from "../../node/settlement/line-amount.ts";
import type { Carry, SettleResult } from "../../node/settlement/model.ts";
import { net } from "../../node/settlement/netting.ts";
import { settle } from "../../node/settlement/pipeline.ts";
import { add, rational, sum } from "../../node/settlement/rational.ts";
import { reconcile } from "../../node/settlement/reconcile.ts";
import { exactShapley } from "../../node/settlement/shapley.ts";
import { parseGame } from "../../node/settlement/shapley-game.ts";
import { openMemoryStore } from "../../node/storage/memory.ts";

/**
 * The invariants of settlement.md §17 that no test beside its code holds. 1, 2 and the claims and floors of 4:
 * node/settlement/pipeline.test.ts; the symmetries of 5: there too; 8: any-order.test.ts, scripts/soak/journals.test.ts.
 */
const SEED = { seed: 20_261_031, numRuns: 150 };
const total = (values: readonly bigint[]) => values.reduce((all, value) => all + value, 0n);
const fen = (max: bigint) => fc.bigInt({ min: 0n, max });

const PARTIES = ["510100:provider", "500000:storage", "510100:operator"];
const price = fc.record({
  unit: fen(2_000_000n),
  per: fc.bigInt({ min: 1n, max: 5_000n }),
  cap: fc.option(fen(2_000_000n)),
});
const schemes = ["fixed", "tiers", "contribution"] as const;

function termsOf(
  { unit, per, cap }: { unit: bigint; per: bigint; cap: bigint | null },
  kind: (typeof schemes)[number],
): SettlementTerms {
  const weights = PARTIES.map((partyId, i) => ({ partyId, weight: ["3", "0.35", "7/20"][i] ?? "1" }));
  const brackets = [
    { upToFen: "1000", weights },
    { upToFen: null, weights: weights.map(({ partyId }, i) => ({ partyId, weight: String(i) })) },
  ];
  const components = [{ metric: "rows", weight: "1" }];
  const scheme = {
    fixed: { kind: "fixed", weights },
    tiers: { kind: "tiers", brackets },
    contribution: { kind: "contribution", parties: PARTIES, components, fallback: weights },
  } as const;
  return {
    agreementId: "AGR-P",
    parties: PARTIES.map((partyId) => ({ partyId, role: "provider", regionId: partyId.slice(0, 6) })),
    products: [
      {
        productId: "p",
        metric: "rows",
        unitPriceMicro: `${unit}`,
        per: `${per}`,
        capPriceMicro: cap === null ? null : `${cap}`,
      },
    ],
    scheme: scheme[kind],
  };
}

/** One period of one product, of which `quantity` was used. */
function once(terms: SettlementTerms, quantity: bigint, more: object = {}): SettleResult {
  const usage = [{ productId: "p", quantity: `${quantity}`, freeQuantity: "0" }];
  return mustSucceed(settle(terms, { periodId: "2026-10", days: "31", usage, ...more }, null));
}

describe("amounts and shares (3, 4, 5)", () => {
  it("add up over all periods to what the whole quantity costs, whatever comes late or is taken back", () => {
    const changes = fc.array(fc.tuple(fc.bigInt({ min: -3_000n, max: 5_000n }), fen(3_000n)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(price, changes, (of, months) => {
        const terms = termsOf(of, "fixed");
        let [used, free, amounts] = [0n, 0n, 0n];
        let carry: Carry | null = null;
        months.forEach(([change, isFree], m) => {
          const quantity = used + change < free ? free - used : change;
          const newFree = free + isFree > used + quantity ? used + quantity - free : isFree;
          const periodId = `2026-${String(m + 1).padStart(2, "0")}`;
          const late = { usagePeriodId: "2026-01", priorQuantity: `${used}`, priorFreeQuantity: `${free}` };
          const row = { productId: "p", quantity: `${quantity}`, freeQuantity: `${newFree}`, ...(m > 0 && late) };
          const result = mustSucceed(settle(terms, { periodId, days: "30", usage: [row] }, carry));
          carry = result.carry;
          amounts += BigInt(result.amountFen);
          used += quantity;
          free += newFree;
        });
        const { unit, per, cap } = of;
        expect(amounts).toBe(lineAmount(used, free, { unitPriceMicro: unit, per, capPriceMicro: cap }));
      }),
      SEED,
    );
  });

  it("never exceed a price cap, a cost's cap, or what a party has still to get", () => {
    const claims = fc.array(fen(10_000n), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        price,
        fen(100_000n),
        fen(50_000n),
        fen(50_000n),
        claims,
        fen(20_000n),
        (of, quantity, declared, cap, owed, have) => {
          const costs = [{ costId: "c", partyId: "510100:operator", capFen: `${cap}` }];
          const terms = { ...termsOf(of, "fixed"), costs };
          const {
            lines,
            costs: paid,
            amountFen,
          } = once(terms, quantity, { costs: [{ costId: "c", declaredFen: `${declared}` }] });
          if (of.cap !== null) {
            const atCap = { unitPriceMicro: of.cap, per: of.per, capPriceMicro: null };
            expect(BigInt(amountFen) <= lineAmount(quantity, 0n, atCap)).toBe(true);
          }
          const share = total(
            lines.flatMap((line) => line.shares.filter((one) => one.kind === "cost").map((one) => BigInt(one.fen))),
          );
          expect(share <= cap && share <= declared && share <= BigInt(amountFen)).toBe(true);
          expect(paid.map(({ paidFen }) => BigInt(paidFen))).toEqual([share]);

          const sumOwed = total(owed);
          const pay = have < sumOwed ? have : sumOwed;
          const weights = owed.map((amount, i) => ({ partyId: `p${i}`, fen: amount }));
          const given = allocateByFen(pay, weights, { periodId: "2026-10", lineId: "l" });
          expect(total(given.map((one) => one.fen))).toBe(pay);
          given.forEach((one, i) => {
            expect(one.fen <= (owed[i] ?? 0n)).toBe(true);
          });
        },
      ),
      SEED,
    );
  });

  it("grow with the weight: who weighs more gets no less, and who comes to weigh more loses nothing by it", () => {
    const weights = fc.array(fen(1_000n), { minLength: 2, maxLength: 8 });
    fc.assert(
      fc.property(weights, fen(10n ** 15n), fen(1_000n), (before, amount, more) => {
        fc.pre(total(before) > 0n);
        const give = (ws: readonly bigint[]) => {
          const listed = ws.map((weight, i) => ({ partyId: `p${i}`, weight: rational(weight) }));
          return allocate(amount, listed, { periodId: "2026-10", lineId: "l" }).map((one) => one.fen);
        };
        const shares = give(before);
        before.forEach((a, i) => {
          before.forEach((b, j) => {
            if (a > b) expect((shares[i] ?? 0n) >= (shares[j] ?? 0n)).toBe(true);
          });
        });
        const [first = 0n, ...others] = before;
        expect((give([first + more, ...others])[0] ?? 0n) >= (shares[0] ?? 0n)).toBe(true);
      }),
      SEED,
    );
  });

  it.each(schemes)("grow with the money by the %s scheme: more use takes at most the odd fen from anybody", (kind) => {
    fc.assert(
      fc.property(
        price,
        fen(1_000_000n),
        fen(1_000_000n),
        fc.array(fen(50n), { minLength: 3, maxLength: 3 }),
        (of, quantity, more, by) => {
          const terms = termsOf(of, kind);
          const metered = PARTIES.map((partyId, i) => ({ partyId, metric: "rows", quantity: `${by[i] ?? 0n}` }));
          const share = (result: SettleResult, partyId: string) =>
            BigInt(result.totals.find((one) => one.partyId === partyId)?.fen ?? "0");
          const [less, all] = [once(terms, quantity, { metered }), once(terms, quantity + more, { metered })];
          expect(BigInt(all.amountFen) >= BigInt(less.amountFen)).toBe(true);
          for (const partyId of PARTIES) expect(share(all, partyId) >= share(less, partyId) - 1n).toBe(true);
        },
      ),
      SEED,
    );
  });
});

describe("Shapley (6)", () => {
  it("shares out all that everybody together is worth, nothing to who adds nothing, the same to equals", () => {
    const worths = fc.array(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 12n }), { minLength: 15, maxLength: 15 });
    fc.assert(
      fc.property(worths, (some) => {
        // Four parties of the table, and two that only look at it: party 4 adds nothing, 5 adds what 3 would.
        const table = [0n, ...some];
        const values = Array.from({ length: 64 }, (_, s) => table[(s & 7) | (s & 0b101000 ? 8 : 0)] ?? 0n);
        const phi = exactShapley(parseGame({ kind: "table", values: values.map(String) }, 6), 6);
        const all = sum(phi);
        expect(all.num).toBe((values[63] ?? 0n) * all.den);
        expect(phi[4]?.num).toBe(0n);
        const [three, five] = [phi[3] ?? rational(1n), phi[5] ?? rational(2n)];
        expect(add(three, { num: -five.num, den: five.den }).num).toBe(0n);
      }),
      SEED,
    );
  });
});

describe("the ledger (7)", () => {
  const accounts = ["500000:payer/receivable/CNY", "AGR-7/clearing/CNY", "510100:provider/payable/CNY"];
  const step = fc.record({
    kind: fc.constantFrom("post", "post", "pend", "settle", "void", "reverse"),
    from: fc.nat(2),
    by: fc.integer({ min: 1, max: 2 }),
    amount: fc.bigInt({ min: 1n, max: 10n ** 18n }),
  });

  it("balances after any operations, and is the same when the log is replayed, once or each twice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const dated = { periodId: "2026-10", at: "2026-10-31T00:00:00.000Z" };
        const log = steps.map(({ kind, from, by, amount }, n): LedgerOp => {
          const key = `k-${n}`;
          const entry = {
            key,
            id: `t-${n}`,
            debit: accounts[from] ?? "",
            credit: accounts[(from + by) % 3] ?? "",
            amount: `${amount}`,
          };
          if (kind === "settle") return { op: "postPending", key, pendingId: `t-${n - 1}`, amount: null, at: dated.at };
          if (kind === "void") return { op: "voidPending", key, pendingId: `t-${n - 1}`, at: dated.at };
          if (kind === "reverse") return { op: "reverse", key, id: `t-${n}`, of: `t-${n - 2}`, ...dated };
          return { op: kind as "post" | "pend", ...entry, ...dated };
        });
        const play = async (times: number) => {
          const ledger = createLedger({ store: openMemoryStore() });
          mustSucceed(await ledger.post(accounts.map((account) => ({ op: "ensure", account, normal: "none" }))));
          // What is refused changes nothing, so it may stay in the log.
          for (const op of log) for (let i = 0; i < times; i++) await ledger.post([op]);
          mustSucceed(await ledger.check());
          return ledger.balances();
        };
        const balances = await play(1);
        const of = (name: "debitsPosted" | "creditsPosted" | "debitsPending" | "creditsPending") =>
          total(balances.map((one) => BigInt(one[name])));
        expect([of("debitsPosted"), of("debitsPending")]).toEqual([of("creditsPosted"), of("creditsPending")]);
        expect(await play(1)).toEqual(balances);
        expect(await play(2)).toEqual(balances);
      }),
      { ...SEED, numRuns: 40 },
    );
  });
});

describe("netting (9)", () => {
  const regions = ["110000", "310000", "440100", "500000", "510100", "520100"];
  const owed = fc.record({ from: fc.nat(5), by: fc.integer({ min: 1, max: 5 }), fen: fen(10n ** 16n) });

  it("leaves every region at nothing by at most n − 1 payments, whatever the order of what is owed", () => {
    fc.assert(
      fc.property(fc.array(owed, { maxLength: 40 }), (list) => {
        const obligations = list.map(({ from, by, fen: amount }) => ({
          ...{ from: regions[from] ?? "", to: regions[(from + by) % 6] ?? "", fen: amount },
        }));
        const plan = net(obligations);
        expect(total(plan.positions.map((one) => one.fen))).toBe(0n);
        expect(plan.payments.length <= Math.max(0, plan.positions.length - 1)).toBe(true);
        for (const { regionId, fen: position } of plan.positions) {
          const paid = plan.payments.map((one) =>
            one.from === regionId ? one.fen : one.to === regionId ? -one.fen : 0n,
          );
          expect(position + total(paid)).toBe(0n);
        }
        expect(plan.payments.every((one) => one.fen > 0n)).toBe(true);
        expect(net([...obligations].reverse())).toEqual(plan);
      }),
      SEED,
    );
  });
});

describe("the tree of receipts (10)", () => {
  const entry = (n: number, says = "a") => ({ id: sha256Hex(`id ${n}`), digest: sha256Hex(says) });

  it("has equal roots for equal sets only, and its walk finds exactly what differs", () => {
    // For each receipt: on both sides, on one of them, or on both with different cores.
    const places = fc.array(fc.constantFrom("both", "both", "both", "a", "b", "differ"), { maxLength: 300 });
    fc.assert(
      fc.property(places, (where) => {
        const side = (own: string) =>
          where.flatMap((place, n) =>
            place === "both" || place === own ? [entry(n)] : place === "differ" ? [entry(n, own)] : [],
          );
        const [a, b] = [hashTree(side("a")), hashTree(side("b").reverse())];
        expect(a.root() === b.root()).toBe(where.every((place) => place === "both"));
        const found = reconcile(
          (prefixes) => prefixes.map(a.node),
          (prefixes) => prefixes.map(b.node),
        );
        const ids = (wanted: string) => where.flatMap((place, n) => (place === wanted ? [entry(n).id] : [])).sort();
        expect(found).toMatchObject({ onlyA: ids("a"), onlyB: ids("b"), differ: ids("differ") });
      }),
      SEED,
    );
  });
});

describe("the log (11)", () => {
  const leaves = Array.from({ length: 400 }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));
  const hashOf = (range: LeafRange): Hash =>
    hashOfNodes(
      nodesOf(range).map(({ level, index }) => {
        let hashes = leaves.slice(Number(index << BigInt(level)), Number((index + 1n) << BigInt(level)));
        while (hashes.length > 1)
          hashes = hashes.flatMap((left, i) => (i % 2 === 0 ? [pair(left, hashes[i + 1])] : []));
        return hashes[0] ?? leafHash(Buffer.alloc(0));
      }),
    );
  const pair = (left: Hash, right: Hash = left) => hashOfNodes([left, right]);

  it("extends every earlier checkpoint and holds every earlier leaf, and no other", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 400 }), fc.nat(399));
    fc.assert(
      fc.property(sizes, ([one, other, at]) => {
        const [first, second] = [BigInt(Math.min(one, other)), BigInt(Math.max(one, other))];
        const [firstRoot, root] = [hashOf({ from: 0n, to: first }), hashOf({ from: 0n, to: second })];
        const consistent = consistencyRanges(first, second).map(hashOf);
        expect(verifyConsistency(consistent, { first, second, firstRoot, secondRoot: root })).toBe(true);
        const index = BigInt(at) % first;
        const proof = inclusionRanges(index, second).map(hashOf);
        const claim = { index, size: second, root };
        expect(verifyInclusion(proof, { ...claim, leafHash: leaves[Number(index)] as Hash })).toBe(true);
        expect(verifyInclusion(proof, { ...claim, leafHash: leafHash(Buffer.from("none")) })).toBe(false);
        if (first < second) {
          const forked = { first, second, firstRoot: leafHash(Buffer.from("fork")), secondRoot: root };
          expect(verifyConsistency(consistent, forked)).toBe(false);
        }
      }),
      SEED,
    );
  });
});

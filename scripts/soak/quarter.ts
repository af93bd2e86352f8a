import { sha256Hex } from "../../node/kernel/digest.ts";
import { mustSucceed, type Result } from "../../node/kernel/exchange-error.ts";
import { instantOf } from "../../node/kernel/instant.ts";
import type { LedgerOp } from "../../node/ledger/model.ts";
import type { Ledger } from "../../node/ledger/service.ts";
import { createUsagePosting, type UsedReceipt } from "../../node/ledger/usage-posting.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { type Carry, FRESH_CARRY, type Statement, type UsageRow } from "../../node/settlement/model.ts";
import { settle } from "../../node/settlement/pipeline.ts";
import { postingsOf, releasesOf } from "../../node/settlement/postings.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { type SeededRandom, seededRandom } from "../demo/seeded-random.ts";

const MONTHS = ["2026-07", "2026-08", "2026-09"] as const;
const REGIONS = ["510100", "500000", "520100"] as const;
const DAY_MS = 86_400_000;
/** So many postings are made for one agreement in the quarter, more or less. */
const PER_AGREEMENT = 95;

type Standing = {
  readonly terms: SettlementTerms;
  readonly consumer: string;
  carry: Carry;
  /** What was settled of each product in each month, for what comes late. */
  readonly settled: Map<string, bigint>;
  parked: { readonly lineId: string; readonly fen: string }[];
  /** Of each product: how much of which month is in dispute. */
  disputed: { readonly productId: string; readonly usagePeriodId: string; readonly quantity: bigint }[];
};

/**
 * A quarter of many agreements in the real ledger: receipts of calls, rows and bytes with corrections, statements of the real
 * pipeline with late and disputed usage, postings that are reversed and made anew, and pending ones that are posted, voided,
 * expired or still open at its end. The same for the same seed.
 */
export async function postQuarter(store: Store, ledger: Ledger, seed: string, postings: number): Promise<void> {
  const random = seededRandom(`quarter/${seed}`);
  const count = Math.max(2, Math.round(postings / PER_AGREEMENT));
  const standings = Array.from({ length: count }, (_, i) => newStanding(i, random));
  for (const [month, periodId] of MONTHS.entries()) {
    for (const standing of standings) {
      const used = await meter(store, standing, periodId, random);
      const statement = settleMonth(standing, periodId, used, random);
      const at = instantOf(Date.UTC(2026, 7 + month, 1 + random.between(0, 8), random.between(0, 23)));
      const released = releasesOf(statement.statement, statement.released, standing.consumer, at);
      const ops = [...released, ...postingsOf(statement.statement, standing.consumer, at)];
      mustSucceed(await ledger.post(ops));
      mustSucceed(await ledger.post(afterwards(standing, periodId, ops, at, random)));
    }
    const at = instantOf(Date.UTC(2026, 7 + month, 10));
    mustSucceed(await ledger.post([{ op: "expire", at }]));
  }
}

function newStanding(i: number, random: SeededRandom): Standing {
  const provider = random.pick(REGIONS);
  const consumer = random.pick(REGIONS.filter((id) => id !== provider));
  const agreementId = `AGR-${String(i).padStart(4, "0")}`;
  const parties = [
    { partyId: `${provider}:bureau-${random.between(1, 12)}`, role: "provider", regionId: provider },
    { partyId: `${consumer}:storage`, role: "storage", regionId: consumer },
    { partyId: `${provider}:operator_${random.between(1, 3)}`, role: "operator", regionId: provider },
  ] as const;
  const weights = (shares: readonly number[]) =>
    parties.map(({ partyId }, n) => ({ partyId, weight: String(shares[n] ?? 1) }));
  const brackets = [
    { upToFen: "500000", weights: weights([70, 5, 25]) },
    { upToFen: null, weights: weights([60, 10, 30]) },
  ];
  const terms: SettlementTerms = {
    agreementId,
    parties: [...parties],
    vatBp: "600",
    products: [
      {
        productId: "calls-1",
        metric: "calls",
        unitPriceMicro: String(random.between(500, 200_000)),
        capPriceMicro: null,
      },
      { productId: "rows-2", metric: "rows", unitPriceMicro: String(random.between(10, 3_000)), capPriceMicro: "2500" },
    ],
    maxRevenueFen: random.next() < 0.4 ? String(random.between(20_000, 2_000_000)) : null,
    fund: { partyId: `${provider}:fund`, rateBp: "500", capFen: "8000" },
    compensation: [{ partyId: `${consumer}:storage`, resource: "gb-month", rateMicro: "350000" }],
    costs: [{ costId: "cleaning", partyId: parties[2].partyId, capFen: "30000" }],
    carryUnpaidCosts: random.next() < 0.5,
    scheme: random.next() < 0.5 ? { kind: "fixed", weights: weights([70, 5, 25]) } : { kind: "tiers", brackets },
    guarantee: { floors: [{ partyId: `${consumer}:storage`, fen: "800" }], onInfeasible: "scale" },
  };
  return { terms, consumer, carry: FRESH_CARRY, settled: new Map(), parked: [], disputed: [] };
}

/** Receipts of a month, each posted in a commit as acceptance does; some take back a part of what was counted. */
async function meter(store: Store, standing: Standing, periodId: string, random: SeededRandom) {
  const { terms, consumer } = standing;
  const provider = terms.parties[0]?.regionId ?? "";
  const used = new Map<string, bigint>();
  const begin = Date.parse(`${periodId}-01T00:00:00.000Z`);
  for (let n = random.between(8, 14); n > 0; n--) {
    const { productId, metric } = random.pick(terms.products);
    const endedAt = instantOf(begin + random.between(0, 29) * DAY_MS + random.between(0, DAY_MS - 1));
    const before = used.get(productId) ?? 0n;
    const isCorrection = random.next() < 0.1 && before > 0n;
    const quantity = isCorrection ? -BigInt(random.between(1, Number(before))) : BigInt(random.between(1, 40_000));
    used.set(productId, before + quantity);
    const usage = {
      [metric]: String(quantity),
      ...(isCorrection ? {} : { bytes: String(random.between(1, 10 ** 9)) }),
    };
    const receiptId = sha256Hex(`${terms.agreementId} ${periodId} ${n}`);
    const about = { receiptId, agreementId: terms.agreementId, productId, periodId, endedAt };
    mustSucceed(await postUsage(store, { ...about, usage, providerRegion: provider, consumerRegion: consumer }));
  }
  return used;
}

function postUsage(store: Store, receipt: UsedReceipt): Promise<Result<true>> {
  const posting = createUsagePosting({ nowMs: () => Date.parse(receipt.endedAt) });
  const refs = posting.refs({ ...receipt, metrics: Object.keys(receipt.usage) });
  return transact(store, refs, (tx) => {
    posting.post(tx, receipt);
    return { ok: true, value: true };
  });
}

/** One statement of the pipeline, with what came late for the month before and what is in dispute. */
function settleMonth(standing: Standing, periodId: string, used: ReadonlyMap<string, bigint>, random: SeededRandom) {
  const { terms, settled } = standing;
  const usage: UsageRow[] = [];
  const disputes: Standing["disputed"] = [];
  for (const [productId, quantity] of used) {
    const disputed = random.next() < 0.15 ? quantity / 3n : 0n;
    if (disputed > 0n) disputes.push({ productId, usagePeriodId: periodId, quantity: disputed });
    settled.set(`${productId} ${periodId}`, quantity - disputed);
    const rest = { quantity: String(quantity - disputed), freeQuantity: String((quantity - disputed) / 10n) };
    usage.push({ productId, ...rest, disputedQuantity: String(disputed) });
  }
  // What was in dispute is resolved in the month after it, and comes in late.
  for (const { productId, usagePeriodId, quantity } of standing.disputed) {
    const key = `${productId} ${usagePeriodId}`;
    const prior = settled.get(key) ?? 0n;
    const before = { priorQuantity: String(prior), priorFreeQuantity: String(prior / 10n) };
    settled.set(key, prior + quantity);
    usage.push({ productId, usagePeriodId, quantity: String(quantity), freeQuantity: "0", ...before });
  }
  const resources = [
    { partyId: `${standing.consumer}:storage`, resource: "gb-month", quantity: String(random.between(0, 200)) },
  ];
  const costs = [{ costId: "cleaning", declaredFen: String(random.between(0, 40_000)) }];
  const result = mustSucceed(settle(terms, { periodId, days: "30", usage, resources, costs }, standing.carry));
  const statement: Statement = {
    ...{
      type: "heliu.statement.v1",
      agreementId: terms.agreementId,
      periodId,
      termsDigest: "",
      openingCarryDigest: "",
    },
    ...{ receiptCount: "0", receiptsRoot: "", disputedReceiptIds: [], result },
  };
  const released = standing.parked;
  standing.carry = result.carry;
  standing.disputed = disputes;
  standing.parked = result.lines
    .filter(({ disputedFen }) => disputedFen !== "0")
    .map(({ lineId, disputedFen }) => ({ lineId, fen: disputedFen }));
  return { statement, released };
}

/** What persons do later: a share is reversed and posted anew, an advance is held back. */
function afterwards(
  { terms, consumer }: Standing,
  periodId: string,
  ops: readonly LedgerOp[],
  at: string,
  random: SeededRandom,
): LedgerOp[] {
  const shares = ops.flatMap((op) => (op.op === "post" && /^AGR-[0-9]+ .* benefit$/.test(op.text ?? "") ? [op] : []));
  const later = instantOf(Date.parse(at) + random.between(1, 40) * 3_600_000);
  const made: LedgerOp[] = [];
  if (shares.length > 0 && random.next() < 0.3) {
    const share = random.pick(shares);
    const anew = { key: `${share.key}|anew`, id: `${share.id}-n`, at: later };
    made.push({ op: "reverse", key: `${share.key}|reversed`, id: `${share.id}-r`, of: share.id, periodId, at: later });
    made.push({ ...share, ...anew, text: `${share.text} "更正" \\ again` });
  }
  if (random.next() < 0.4) {
    const key = `advance|${terms.agreementId}|${periodId}`;
    const id = `P-${terms.agreementId}-${periodId}`;
    const sides = { debit: `${consumer}:payer/receivable/CNY`, credit: `${terms.parties[0]?.partyId}/payable/CNY` };
    const amount = String(random.between(2, 500_000));
    const open = [sides.debit, sides.credit].map((account) => ({ op: "ensure", account, normal: "none" }) as const);
    const expiresAt = instantOf(Date.parse(at) + DAY_MS * random.between(5, 60));
    made.push(...open, {
      op: "pend",
      key,
      id,
      ...sides,
      amount,
      periodId,
      at,
      expiresAt,
      text: `预付 ${terms.agreementId}`,
    });
    const settled = { key: `${key}|end`, pendingId: id, at: later };
    const part = random.pick([null, "1", "stay", "void"]);
    if (part === "void") made.push({ op: "voidPending", ...settled });
    else if (part !== "stay") made.push({ op: "postPending", ...settled, amount: part });
  }
  return made;
}

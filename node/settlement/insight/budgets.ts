import { z } from "zod";
import { appendLeaf, appendLeafRefs } from "../../audit/store.ts";
import { requireRole } from "../../identity/authorise.ts";
import type { Principal } from "../../identity/model.ts";
import { type Canonical, digestOf } from "../../kernel/canonical-json.ts";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import { newUlid } from "../../kernel/ids.ts";
import { instantOf, periodOf } from "../../kernel/instant.ts";
import { newTraceId } from "../../kernel/trace.ts";
import type { UsageTotals } from "../../metering/model.ts";
import { NO_USAGE, usages } from "../../metering/usage.ts";
import type { Agreement } from "../../negotiation/model.ts";
import type { Answer, InboundMessage } from "../../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../../outbox/store.ts";
import { callsAffordable, volumeAffordable } from "../../policy/budget-stop.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { read, type Tx, transact } from "../../storage/transact.ts";
import { refuseProcess } from "../process-refusal.ts";
import { type Budget, budgetOf, budgets } from "./budget-model.ts";
import type { InsightDeps } from "./deps.ts";
import { priceOf } from "./line-facts.ts";
import { refuseInsight } from "./refusal.ts";
import { type MonthSums, readRunningUsage, usedOf } from "./running-usage.ts";
import { chargeOf, isSpent, unitsFor } from "./spend.ts";

export const BUDGET_KIND = "Budget";

const bodySchema = z.strictObject({
  agreementId: z.string().min(1).max(128),
  fen: z
    .string()
    .regex(/^(0|[1-9][0-9]{0,40})$/)
    .nullable(),
  hardStop: z.boolean(),
  setAt: z.string().max(40),
  revision: z.string().regex(/^[1-9][0-9]{0,9}$/),
});

/** The consumer's finance office sets a month's budget; the provider is told, since it is where use can be stopped in time. */
export async function setBudget(
  deps: InsightDeps,
  actor: Principal,
  agreement: Agreement,
  { fen, hardStop }: { readonly fen: string | null; readonly hardStop: boolean },
): Promise<Result<Budget>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const { id: agreementId, consumer, provider } = agreement;
  if (consumer !== deps.region) return refuseInsight("BUDGET_NOT_CONSUMER", { agreementId });
  if (agreement.terms.price === null) return refuseInsight("QUOTE_UNPRICED", { agreementId });
  if (isOver(agreement)) return refuseInsight("BUDGET_ENDED", { agreementId });
  if (fen !== null && !/^(0|[1-9][0-9]{0,40})$/.test(fen)) return refuseInsight("BUDGET_AMOUNT", { value: fen });
  const nowMs = deps.runtime.nowMs();
  const month = await monthOf(deps, agreementId, nowMs);
  const lane = `budget/${agreementId}`;
  const message = { id: newUlid(deps.runtime), traceId: newTraceId(deps.runtime) };
  const refs = [budgets.at(agreementId), usages.at(agreementId), ...appendLeafRefs({ agreementId })];
  return transact(deps.store, [...refs, ...enqueueRefs(provider, lane)], (tx) => {
    const revision = (tx.get(budgets.at(agreementId))?.revision ?? 0) + 1;
    const budget: Budget = { agreementId, fen, hardStop, setBy: consumer, setAt: instantOf(nowMs), revision };
    putBudget(deps, tx, agreement, budget, month, nowMs);
    const body: Canonical = { agreementId, fen, hardStop, setAt: budget.setAt, revision: String(revision) };
    const { id, traceId } = message;
    const createdAt = budget.setAt;
    enqueue(tx, {
      id,
      peer: provider,
      binding: "grpc",
      lane,
      topic: "settlement",
      kind: BUDGET_KIND,
      body,
      createdAt,
      traceId,
    });
    return ok(budget);
  });
}

/** Whether nothing can be used under it any more; one that is suspended may go on. */
export function isOver({ status }: Pick<Agreement, "status">): boolean {
  return status === "terminated" || status === "expired" || status === "superseded";
}

/** The provider takes the consumer's word: its budget binds its own use only, so nothing here needs our consent. */
export async function receiveBudget(deps: InsightDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const parsed = bodySchema.safeParse(inbound.body);
  if (!parsed.success) return refuseProcess("SETTLEMENT_MESSAGE", { kind: BUDGET_KIND });
  const { agreementId, fen, hardStop, setAt, revision } = parsed.data;
  const agreement = await deps.agreements.find(agreementId);
  // To anyone but the consumer the agreement does not exist.
  if (agreement === undefined || agreement.consumer !== inbound.peer || agreement.provider !== deps.region) {
    return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  }
  const nowMs = deps.runtime.nowMs();
  const month = await monthOf(deps, agreementId, nowMs);
  const budget: Budget = { agreementId, fen, hardStop, setBy: inbound.peer, setAt, revision: Number(revision) };
  const refs = [budgets.at(agreementId), usages.at(agreementId), ...appendLeafRefs({ agreementId })];
  return transact(deps.store, [...refs, ...inboxRefs(inbound)], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const known = tx.get(budgets.at(agreementId));
    if (known === undefined || known.revision < budget.revision) putBudget(deps, tx, agreement, budget, month, nowMs);
    markReceived(tx, inbound, { revision });
    return ok({ revision });
  });
}

function putBudget(
  deps: InsightDeps,
  tx: Tx,
  { id: agreementId, terms }: Agreement,
  budget: Budget,
  month: MonthSums,
  nowMs: number,
): void {
  tx.put(budgets.at(agreementId), budget);
  const totals = tx.get(usages.at(agreementId)) ?? NO_USAGE;
  const stop = terms.price === null ? null : stopOf(terms.price, budget, totals, month, periodOf(nowMs));
  tx.put(usages.at(agreementId), { ...totals, stop });
  const { fen, hardStop, revision, setBy } = budget;
  const detail = { fen: fen ?? "", hardStop: String(hardStop), revision: String(revision), setBy };
  appendLeaf(tx, deps.region, {
    kind: "budget.set",
    atMs: nowMs,
    subject: agreementId,
    actor: setBy === deps.region ? "finance" : `peer:${setBy}`,
    digest: digestOf({ agreementId, ...detail }),
    agreementId,
    detail,
  });
}

/** In a new month the volumes that the budget pays for are worked out anew; calls have a whole budget by themselves. */
export async function renewStop(deps: InsightDeps, { id: agreementId, terms }: Agreement): Promise<void> {
  const { price } = terms;
  const budget = await read(deps.store, budgets.at(agreementId));
  if (price === null || budget === undefined || !budget.hardStop) return;
  const nowMs = deps.runtime.nowMs();
  const month = await monthOf(deps, agreementId, nowMs);
  const ref = usages.at(agreementId);
  await transact(deps.store, [ref, budgets.at(agreementId)], (tx) => {
    const totals = tx.get(ref) ?? NO_USAGE;
    const stop = stopOf(price, tx.get(budgets.at(agreementId)) ?? budget, totals, month, periodOf(nowMs));
    if (JSON.stringify(stop) !== JSON.stringify(totals.stop ?? null)) tx.put(ref, { ...totals, stop });
    return ok(true);
  });
}

/**
 * Whether a budget that stops does so by now: what is left of it pays for no further unit, or the quantities it was
 * turned into are used up. The amount used then is often below the budget, by less than a unit costs.
 */
export function hasStopped(
  price: SettlementTerms | null,
  budget: Budget | undefined,
  totals: UsageTotals,
  month: MonthSums,
  nowMs: number,
): boolean {
  const periodId = periodOf(nowMs);
  const fen = budgetOf(budget, periodId);
  // Who sets nothing aside knows that nothing may be used.
  if (price === null || budget?.hardStop !== true || fen === null || fen === 0n) return false;
  const { rows, bytes } = volumeAffordable(totals, nowMs);
  const answered = BigInt(totals.callsByMonth[periodId]?.commercial ?? "0");
  const isAtEnd = [callsAffordable(totals, nowMs), rows, bytes].some((left) => left === 0n);
  return isAtEnd || isSpent(price, month, answered, fen);
}

async function monthOf({ store }: InsightDeps, agreementId: string, nowMs: number): Promise<MonthSums> {
  return (await readRunningUsage(store, agreementId)).months[periodOf(nowMs)] ?? {};
}

/**
 * The budget as quantities. What other products have spent is taken off first, so that with several products the stop
 * comes early rather than late, and is drawn in as use goes on.
 */
export function stopOf(
  price: SettlementTerms,
  { fen, hardStop }: Pick<Budget, "fen" | "hardStop">,
  totals: UsageTotals,
  month: MonthSums,
  periodId: string,
): UsageTotals["stop"] {
  if (fen === null || !hardStop) return null;
  const limits: { calls: bigint | null; rows: bigint | null; bytes: bigint | null } = {
    calls: null,
    rows: null,
    bytes: null,
  };
  const spent = new Map(
    price.products.map(({ productId, metric }) => {
      const linePrice = priceOf(price, productId);
      const units = usedOf(month, productId, "commercial", metric);
      return [productId, linePrice === undefined ? 0n : chargeOf(units, linePrice)];
    }),
  );
  const all = [...spent.values()].reduce((sum, one) => sum + one, 0n);
  for (const { productId, metric } of price.products) {
    const linePrice = priceOf(price, productId);
    if (linePrice === undefined || (metric !== "calls" && metric !== "rows" && metric !== "bytes")) continue;
    const units = unitsFor(BigInt(fen) - (all - (spent.get(productId) ?? 0n)), linePrice);
    if (units === null) continue;
    const used = usedOf(month, productId, "commercial", metric);
    // Calls are counted by month; rows and bytes over the whole agreement, so their end is a total.
    const limit = metric === "calls" ? units : BigInt(totals[metric]) + units - used;
    const known = limits[metric];
    limits[metric] = known === null || limit < known ? limit : known;
  }
  const text = (limit: bigint | null) => (limit === null ? null : (limit > 0n ? limit : 0n).toString());
  return { month: periodId, calls: text(limits.calls), rows: text(limits.rows), bytes: text(limits.bytes) };
}

import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { periodOf } from "../kernel/instant.ts";
import type { LedgerOp } from "../ledger/model.ts";
import { postBatch } from "../ledger/ops.ts";
import { ledgerHead, openPendings, postRefs } from "../ledger/store.ts";
import { list, read, transact } from "../storage/transact.ts";
import { onTheirWay } from "./order.ts";
import type { ProcessDeps } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import { begunCounts, closedPeriods } from "./store.ts";

/** Usage is dated by the clock of whoever released it; what is under way at midnight still belongs to the month. */
const GRACE_MS = 10 * 60_000;

/** Whether nothing can be posted into a period any more, and if something still can, why. */
export type LedgerState = {
  readonly closed: boolean;
  readonly reason: "not-closed" | "not-over" | "unsettled" | "pending" | null;
};

export async function ledgerState(
  { store, runtime }: Pick<ProcessDeps, "store" | "runtime">,
  periodId: string,
): Promise<LedgerState> {
  const { closedThrough = "" } = (await read(store, ledgerHead)) ?? {};
  if (closedThrough >= periodId) return { closed: true, reason: null };
  const because = (reason: NonNullable<LedgerState["reason"]>) => ({ closed: false, reason });
  if ((await read(store, closedPeriods.at(periodId))) === undefined) return because("not-closed");
  // Closed early, the month still uses data, and usage is posted where it happens.
  if (periodOf(runtime.nowMs() - GRACE_MS) <= periodId) return because("not-over");
  for await (const { periodId: first } of onTheirWay(store)) if (first <= periodId) return because("unsettled");
  const pending = (await read(store, openPendings)) ?? [];
  return pending.some((one) => one.periodId <= periodId) ? because("pending") : { closed: false, reason: null };
}

/**
 * Closes the ledger through every period that finance has closed and whose statements are all signed by both: from then on
 * nothing is posted into it, and what comes late goes to the next one. May be called at any time, by any replica.
 */
export async function closeLedger(deps: ProcessDeps): Promise<void> {
  for await (const { periodId } of list(deps.store, closedPeriods)) {
    const { closed, reason } = await ledgerState(deps, periodId);
    if (closed) continue;
    if (reason !== null) return;
    const count = await read(deps.store, begunCounts.at(periodId));
    // A settlement may have begun between counting and asking.
    if ((await ledgerState(deps, periodId)).reason !== null) return;
    const done = await commitClose(deps, periodId, count);
    if (!done.ok) return;
  }
}

async function commitClose(
  { store, runtime, region }: ProcessDeps,
  periodId: string,
  count: string | undefined,
): Promise<Result<true>> {
  const ops: LedgerOp[] = [{ op: "closePeriod", key: `close|${periodId}`, periodId }];
  const begun = begunCounts.at(periodId);
  const atMs = runtime.nowMs();
  return transact(store, [begun, ...postRefs(ops), ...appendLeafRefs()], (tx) => {
    if (tx.get(begun) !== count) return refuseProcess("SETTLEMENT_MOVED", { agreementId: "—", periodId });
    if ((tx.get(ledgerHead)?.closedThrough ?? "") >= periodId) return ok(true);
    const closed = postBatch(tx, ops);
    if (!closed.ok) return closed;
    const detail = { periodId };
    appendLeaf(tx, region, {
      ...{ kind: "ledger.closed", atMs, subject: periodId, actor: "node", detail },
      digest: digestOf(detail),
    });
    return ok(true);
  });
}

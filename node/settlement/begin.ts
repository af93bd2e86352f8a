import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf, periodOf } from "../kernel/instant.ts";
import { ledgerHead } from "../ledger/store.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { inRound, type ProcessDeps, revised, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { agreementBooks, begunCounts } from "./store.ts";

/** What beginning a settlement reads besides its own place and that of a later one. */
export function beginRefs({ agreementId, periodId }: Settlement): readonly AnyRef[] {
  return [agreementBooks.at(agreementId), ledgerHead, begunCounts.at(periodId)];
}

/**
 * A settlement begins in a period that is still to come for its agreement. One that was overtaken by a later period is
 * refused, unless the later one has only been laid on our own table: then it steps back and waits. The caller puts it.
 */
export function begin(
  tx: Tx,
  fresh: Settlement,
  later: Settlement | undefined,
  deps: Pick<ProcessDeps, "runtime">,
): Result<Settlement> {
  const { agreementId, periodId } = fresh;
  const { lastPeriod = "" } = tx.get(agreementBooks.at(agreementId)) ?? {};
  if (lastPeriod >= periodId) return refuseProcess("PERIOD_ORDER", { agreementId, periodId, earlier: lastPeriod });
  const { closedThrough = "" } = tx.get(ledgerHead) ?? {};
  if (closedThrough >= periodId) return refuseProcess("PERIOD_LEDGER_CLOSED", { agreementId, periodId, closedThrough });
  if (later !== undefined && later.state !== "agreed" && later.own !== null) {
    if (later.theirs !== null) {
      return refuseProcess("PERIOD_OVERTAKEN", { agreementId, periodId, later: later.periodId });
    }
    tx.put(settlementRef(later), revised(deps, inRound(later, nextRound(later))));
  }
  const count = begunCounts.at(periodId);
  tx.put(count, (BigInt(tx.get(count) ?? "0") + 1n).toString());
  return ok(fresh);
}

/** A peer's clock may pass into the next month a little before ours. */
const SKEW_MS = 60_000;

/** What another region may speak of: settled out of its turn, a period shuts out every one before it. */
export function checkPeriodOf(
  { runtime }: Pick<ProcessDeps, "runtime">,
  agreement: Agreement,
  periodId: string,
): Result<true> {
  if (periodId > periodOf(runtime.nowMs() + SKEW_MS)) return refuseProcess("PERIOD_FUTURE", { periodId });
  if (periodId >= periodOf(msOf(agreement.signedAt))) return ok(true);
  return refuseProcess("PERIOD_BEFORE_AGREEMENT", { agreementId: agreement.id, periodId });
}

export function nextRound({ round }: Settlement): string {
  return (BigInt(round) + 1n).toString();
}

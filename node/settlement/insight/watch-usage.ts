import { appendLeaf, appendLeafRefs } from "../../audit/store.ts";
import { digestOf } from "../../kernel/canonical-json.ts";
import { ok } from "../../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../../kernel/instant.ts";
import type { Worker } from "../../kernel/worker.ts";
import { NO_USAGE, usages } from "../../metering/usage.ts";
import type { Agreement } from "../../negotiation/model.ts";
import type { Unsubscribe } from "../../storage/port.ts";
import { read, transact } from "../../storage/transact.ts";
import { gaugesOf, type Reached, reachedOf } from "./alerts.ts";
import { type Alert, AT_END, alerts, budgetOf, budgets } from "./budget-model.ts";
import { hasStopped, renewStop } from "./budgets.ts";
import { previousPeriod } from "./calendar.ts";
import type { InsightDeps } from "./deps.ts";
import { readRunningUsage } from "./running-usage.ts";
import { spentFen } from "./spend.ts";

/** After a use, so long until its thresholds are looked at; many uses in that time are one look. */
const LOOK_AFTER_MS = 1_000;

/**
 * Tells both sides once when a budget or quota comes to 50, 80, 90 and 100 %. Whatever is missed while the node is down is
 * found at the next start, since the thresholds follow from what is stored and not from having seen them passed.
 */
export function createUsageWatch(deps: InsightDeps): Worker & { readonly look: () => Promise<void> } {
  let cancel: (() => void) | undefined;
  let unwatch: Unsubscribe[] = [];
  let underWay: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    for await (const agreement of deps.agreements.all()) {
      if (agreement.status === "in-force") await lookAt(deps, agreement);
    }
  }

  function lookSoon(): void {
    cancel ??= deps.scheduler.after(LOOK_AFTER_MS, () => {
      cancel = undefined;
      underWay = underWay
        .then(look)
        .catch((fault: unknown) =>
          deps.logger.error({ err: fault }, "usage could not be looked at; tried again at the next use"),
        );
    });
  }

  return {
    name: "usage-watch",
    look,
    start() {
      unwatch = [usages.prefix, budgets.prefix].map((prefix) => deps.store.watch(prefix, lookSoon));
      lookSoon();
    },
    async stop() {
      for (const end of unwatch) end();
      unwatch = [];
      cancel?.();
      cancel = undefined;
      await underWay;
    },
  };
}

async function lookAt(deps: InsightDeps, agreement: Agreement): Promise<void> {
  const { id, terms } = agreement;
  const { limits, price } = terms;
  const budget = await read(deps.store, budgets.at(id));
  const hasBudget = budget !== undefined && budget.fen !== null;
  const quotas = [limits.maxCallsPerMonth, limits.freeCallsPerMonth ?? null, limits.maxRows, limits.maxBytes];
  if (!hasBudget && quotas.every((limit) => limit === null)) return;
  if (budget?.hardStop === true) await renewStop(deps, agreement);
  const totals = (await read(deps.store, usages.at(id))) ?? NO_USAGE;
  const running = price === null || !hasBudget ? undefined : await readRunningUsage(deps.store, id);
  const nowMs = deps.runtime.nowMs();
  const current = periodOf(nowMs);
  // The month before too: what came at its very end may not have been looked at in time.
  for (const month of [previousPeriod(current), current]) {
    const answered = BigInt(totals.callsByMonth[month]?.commercial ?? "0");
    const spent = price === null ? 0n : spentFen(price, running?.months[month] ?? {}, answered);
    const isStopped = month === current && hasStopped(price, budget, totals, running?.months[month] ?? {}, nowMs);
    const budgetFen = budgetOf(budget, month);
    const gauges = gaugesOf({ month, limits, totals, spentFen: spent, budgetFen, isStopped });
    for (const reached of reachedOf(gauges)) await sayOnce(deps, agreement, reached);
  }
}

/**
 * The key of the alert is its agreement, month, measure and threshold: said in one commit with its leaf, or not at all; again
 * only of another limit, since a budget that was raised runs out anew.
 */
async function sayOnce(deps: InsightDeps, { id: agreementId }: Agreement, reached: Reached): Promise<void> {
  const { month, measure, threshold, used, limit } = reached;
  const isStopped = reached.isStopped === true && threshold === AT_END;
  // A budget that stops now says so, though it was said before that it was spent.
  const isKnown = (known: Alert | undefined) =>
    known?.limit === limit.toString() && (known.stopped === true) === isStopped;
  const ref = alerts.at(agreementId, month, measure, threshold);
  // Looked at outside too, so that what was said long ago costs no commit.
  if (isKnown(await read(deps.store, ref))) return;
  const nowMs = deps.runtime.nowMs();
  const alert: Alert = {
    id: `${month}.${measure}.${threshold}`,
    agreementId,
    month,
    measure,
    threshold,
    used: used.toString(),
    limit: limit.toString(),
    ...(isStopped && { stopped: true }),
    at: instantOf(nowMs),
    acknowledgedAt: null,
  };
  const said = await transact(deps.store, [ref, ...appendLeafRefs({ agreementId })], (tx) => {
    if (isKnown(tx.get(ref))) return ok(false);
    tx.put(ref, alert);
    const { used, limit } = alert;
    const detail = { month, measure, threshold: String(threshold), used, limit, ...(isStopped && { stopped: "true" }) };
    appendLeaf(tx, deps.region, {
      kind: "usage.alert",
      atMs: nowMs,
      subject: agreementId,
      actor: "node",
      digest: digestOf({ agreementId, ...detail }),
      agreementId,
      detail,
    });
    return ok(true);
  });
  if (!said.ok || !said.value) return;
  deps.metrics.count("usage_alerts_total", { measure, threshold: String(threshold) });
  deps.logger.warn(
    { agreementId, month, measure, threshold, used: alert.used, limit: alert.limit },
    "usage has come to a threshold",
  );
}

import { requireRole } from "../../identity/authorise.ts";
import type { Principal } from "../../identity/model.ts";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import { instantOf, periodOf } from "../../kernel/instant.ts";
import { list, read, transact } from "../../storage/transact.ts";
import { alertsToNote, type Gauge } from "./alerts.ts";
import { type Alert, alerts, budgets, THRESHOLDS } from "./budget-model.ts";
import type { InsightDeps } from "./deps.ts";
import { refuseInsight } from "./refusal.ts";

/** All that were said under an agreement, also of budgets that were changed since. */
export async function alertsOf({ store }: InsightDeps, agreementId: string): Promise<Alert[]> {
  const found: Alert[] = [];
  for await (const alert of list(store, alerts, [agreementId])) found.push(alert);
  return found;
}

/** Whether an alert is of a limit as it stands, and not of a budget that was changed since. */
export function isAlertOf({ month, measure, limit, stopped }: Alert, gauge: Gauge): boolean {
  const isOfLimit = month === gauge.month && measure === gauge.measure && limit === gauge.limit.toString();
  return isOfLimit && (stopped !== true || gauge.isStopped === true);
}

/** With those below it: who knows of 80 % knows of 50. */
export async function acknowledgeAlert(
  deps: InsightDeps,
  actor: Principal,
  agreementId: string,
  id: string,
): Promise<Result<Alert>> {
  const allowed = requireRole(actor, ["finance", "requester", "publisher"]);
  if (!allowed.ok) return allowed;
  const [month = "", measure = "", threshold = ""] = id.split(".");
  const refOf = (percent: number) => alerts.at(agreementId, month, measure, percent);
  const ref = refOf(Number(threshold) || 0);
  const below = THRESHOLDS.filter((percent) => percent < Number(threshold)).map(refOf);
  return transact(deps.store, [ref, ...below], (tx) => {
    const now = instantOf(deps.runtime.nowMs());
    const seenAt = (alert: Alert): Alert => ({ ...alert, acknowledgedAt: alert.acknowledgedAt ?? now });
    const alert = tx.get(ref);
    if (alert === undefined) return refuseInsight("ALERT_NOT_FOUND", { agreementId, value: id });
    for (const lower of below) {
      const known = tx.get(lower);
      if (known !== undefined) tx.put(lower, seenAt(known));
    }
    tx.put(ref, seenAt(alert));
    return ok(seenAt(alert));
  });
}

/** Alerts of this month that nobody has acknowledged; the highest of each limit. */
export async function waitingAlerts(deps: InsightDeps, { roles }: Principal): Promise<Alert[]> {
  if (!roles.some((role) => role === "finance" || role === "requester" || role === "publisher")) return [];
  const month = periodOf(deps.runtime.nowMs());
  const said: Alert[] = [];
  for await (const alert of list(deps.store, alerts)) {
    if (alert.month !== month && alert.month !== "all") continue;
    if (alert.measure === "budget") {
      const budget = await read(deps.store, budgets.at(alert.agreementId));
      if (budget?.fen !== alert.limit || (alert.stopped === true && !budget.hardStop)) continue;
    }
    said.push(alert);
  }
  return alertsToNote(said);
}

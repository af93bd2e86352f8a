import type { Hono } from "hono";
import { periodOf } from "../../../node/kernel/instant.ts";
import { type PeriodView, STATEMENT_READERS } from "../../../node/settlement/period-view.ts";
import { download, reportFor, reportViews } from "../../api/reports.ts";
import type { GatewayDeps } from "../../deps.ts";
import { reportFormats } from "../../reports/render.ts";
import { namesIn } from "../names-in.ts";
import { SettlementPage } from "../pages/settlement.tsx";
import { SettlementsPage } from "../pages/settlements.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds } from "../view.ts";
import { closeRoutes } from "./close.tsx";
import { disputeRoutes } from "./disputes.tsx";
import { nettingRoutes } from "./netting.tsx";
import { statementRoutes } from "./statement.tsx";

const SHOWN_PERIODS = 24;

export function settlementRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  // A trailing `/*` covers the list itself, too.
  app.use("/console/settlements/*", async (c, next) =>
    holds(c.get("view"), ...STATEMENT_READERS) ? next() : refuseConsole(c, "FINANCE_ONLY"),
  );
  app.get("/console/settlements", (c) => financePage(c, deps));
  // Words before `:period`, which would take them for a month.
  closeRoutes(app, deps);
  disputeRoutes(app, deps);
  nettingRoutes(app, deps);
  app.get("/console/settlements/:period/report", (c) => report(c, deps));
  app.get("/console/settlements/:period", (c) => periodPage(c, deps));
  statementRoutes(app, deps);
}

async function financePage(c: ConsoleContext, { settlements, payments }: GatewayDeps) {
  const view = c.get("view");
  const ids = (await settlements.periods()).slice(0, SHOWN_PERIODS);
  const periods = await Promise.all(ids.map((id) => settlements.status(id)));
  const disputes = new Map<string, number>();
  for (const { periodId, settled } of await settlements.disputes()) {
    if (!settled) disputes.set(periodId, (disputes.get(periodId) ?? 0) + 1);
  }
  const ageing = await payments.ageing();
  const model = { periods, disputes, ageing, suggested: suggestedPeriod(periods, view.nowMs) };
  return page(c, <SettlementsPage view={view} model={model} />);
}

/** The oldest month that is not closed; otherwise the running one. */
function suggestedPeriod(periods: readonly PeriodView[], nowMs: number): string {
  const open = periods.filter(({ closed }) => closed === null).map(({ periodId }) => periodId);
  return open.at(-1) ?? periodOf(nowMs);
}

async function periodPage(c: ConsoleContext, { settlements, payments }: GatewayDeps) {
  const view = c.get("view");
  const id = c.req.param("period") ?? "";
  const period = await settlements.get(id);
  if (!period.ok) return refused(c, period.error);
  const [plans, money, disputes] = await Promise.all([
    payments.plans(id),
    payments.money(id),
    settlements.disputes(id),
  ]);
  const model = {
    period: period.value,
    names: namesIn(view, period.value.settlements),
    plans: plans.ok ? plans.value.items : [],
    money: money.ok ? money.value : [],
    openDisputes: disputes.filter(({ settled }) => !settled).length,
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <SettlementPage view={view} model={model} />);
}

/** In the reader's language, and by their role as over the API. */
async function report(c: ConsoleContext, deps: GatewayDeps) {
  const { principal, language } = c.get("view");
  const format = reportFormats.find((one) => one === c.req.query("format")) ?? "json";
  const view = reportViews.find((one) => one === c.req.query("view"));
  const asked = { period: c.req.param("period") ?? "", format, agreement: c.req.query("agreement"), view, language };
  const file = await reportFor(deps, principal, asked);
  return file.ok ? download(c, file.value) : refused(c, file.error);
}

import type { Hono } from "hono";
import { periodOf } from "../../../node/kernel/instant.ts";
import type { StatementView } from "../../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../../deps.ts";
import { namesOf } from "../../reports/labels.ts";
import { reportModelOf } from "../../reports/model.ts";
import { renderReport, reportFormats } from "../../reports/render.ts";
import { missing, readForm } from "../form.ts";
import { SettlementPage } from "../pages/settlement.tsx";
import { SettlementsPage } from "../pages/settlements.tsx";
import { StatementPage } from "../pages/statement.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds, type View } from "../view.ts";
import { firstReceipts } from "./receipts.tsx";

const SHOWN_PERIODS = 24;
const RECEIPTS = 20;
const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;

export function settlementRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { settlements, metering } = deps;
  // A trailing `/*` covers the list itself, too.
  app.use("/console/settlements/*", async (c, next) =>
    holds(c.get("view"), "finance", "auditor", "approver") ? next() : refuseConsole(c, "FINANCE_ONLY"),
  );

  app.get("/console/settlements", async (c) => {
    const view = c.get("view");
    const ids = (await settlements.periods()).slice(0, SHOWN_PERIODS);
    const periods = await Promise.all(ids.map((id) => settlements.status(id)));
    return page(c, <SettlementsPage view={view} periods={periods} suggested={periodOf(view.nowMs)} />);
  });

  app.post("/console/settlements/close", async (c) => {
    const form = await readForm(c);
    const period = form.text("period") ?? "";
    if (!PERIOD.test(period)) return refused(c, badPeriod().error);
    const options = { early: form.text("early") === "true", reason: form.text("reason") };
    const closed = await settlements.close(c.get("view").principal, period, options);
    return closed.ok ? c.redirect(`/console/settlements/${period}?done=closed`, 303) : refused(c, closed.error);
  });

  app.get("/console/settlements/:period/report", (c) => report(c, deps));

  app.get("/console/settlements/:period", async (c) => {
    const view = c.get("view");
    const period = await settlements.get(c.req.param("period"));
    if (!period.ok) return refused(c, period.error);
    const netting = await settlements.netting(c.req.param("period"));
    const model = {
      period: period.value,
      names: namesIn(view, period.value.settlements),
      netting: netting.ok ? netting.value.payments : [],
      done: doneText(view, c.req.query("done")),
    };
    return page(c, <SettlementPage view={view} model={model} />);
  });

  app.get("/console/settlements/:period/:agreement", async (c) => {
    const view = c.get("view");
    const { period, agreement } = c.req.param();
    const found = await settlements.statement(agreement, period);
    if (!found.ok) return refused(c, found.error);
    const receipts = await firstReceipts(metering, view, { agreement, period, limit: RECEIPTS });
    const names = namesIn(view, [found.value]);
    const done = doneText(view, c.req.query("done"));
    return page(c, <StatementPage view={view} model={{ one: found.value, names, receipts, done }} />);
  });

  app.post("/console/settlements/:period/:agreement/sign", async (c) => {
    const { period, agreement } = c.req.param();
    const signed = await settlements.sign(c.get("view").principal, period, agreement);
    if (!signed.ok) return refused(c, signed.error);
    return c.redirect(`/console/settlements/${period}/${encodeURIComponent(agreement)}?done=signed`, 303);
  });
}

function namesIn(view: View, statements: readonly StatementView[]) {
  const regions = new Set(
    statements.flatMap(({ peer, parties }) => [peer, ...parties.map(({ regionId }) => regionId)]),
  );
  const known = [...regions].map((region) => [region, view.nameOf(region)] as const);
  return namesOf(statements, { ...Object.fromEntries(known), [view.region.id]: view.region.name });
}

async function report(c: ConsoleContext, deps: GatewayDeps) {
  const format = reportFormats.find((one) => one === c.req.query("format")) ?? "json";
  const model = await reportModelOf(deps, c.req.param("period") ?? "", c.req.query("agreement"));
  if (!model.ok) return refused(c, model.error);
  const file = await renderReport(format, model.value);
  return c.body(file.bytes as Uint8Array<ArrayBuffer>, 200, {
    "content-type": file.contentType,
    "content-disposition": `attachment; filename="${file.filename}"`,
  });
}

function badPeriod() {
  return missing({ zh: "账期须写成 2026-11 的形式;请改正。", en: "Write the period as 2026-11." });
}

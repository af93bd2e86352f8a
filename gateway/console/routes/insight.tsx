import type { Hono } from "hono";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { INSIGHT_READERS } from "../../readers.ts";
import { documentFormats, renderDisclosure } from "../../reports/render.ts";
import { DisclosurePage } from "../pages/disclosure.tsx";
import { ForecastPage } from "../pages/forecast.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, holds } from "../view.ts";
import { pricedAgreements } from "./what-if.tsx";

const SHOWN_YEARS = 5;

/** The running month, and the year as it has to be published. */
export function insightRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { insight } = deps;
  app.get("/console/what-if/forecast", async (c) => {
    const view = c.get("view");
    if (!holds(view, ...INSIGHT_READERS.forecast)) return refuseConsole(c, "FORECAST_ONLY");
    const agreements = await pricedAgreements(deps);
    const agreement = agreements.find(({ id }) => id === c.req.query("agreement")) ?? agreements[0];
    const found = agreement === undefined ? undefined : await insight.forecast(view.principal, agreement.id);
    const forecast = found?.ok === true ? found.value : undefined;
    const refusal = found?.ok === false ? found.error : undefined;
    const notYet = refusal?.code === "FORECAST_NOTHING" ? refusal.text : undefined;
    const error = notYet === undefined ? refusal : undefined;
    const status = error === undefined ? 200 : PROBLEM[error.kind].status;
    return page(c, <ForecastPage view={view} model={{ agreements, agreement, forecast, notYet, error }} />, status);
  });

  app.use("/console/disclosure/*", async (c, next) =>
    holds(c.get("view"), ...INSIGHT_READERS.disclosure) ? next() : refuseConsole(c, "FINANCE_ONLY"),
  );
  app.get("/console/disclosure", async (c) => {
    const disclosure = await insight.disclosure(yearOf(c));
    return page(c, <DisclosurePage view={c.get("view")} disclosure={disclosure} years={yearsOf(c)} />);
  });
  app.get("/console/disclosure/file", async (c) => {
    const disclosure = await insight.disclosure(yearOf(c));
    const format = documentFormats.find((one) => one === c.req.query("format")) ?? "json";
    const { language } = c.get("view");
    const file = await renderDisclosure(format, { disclosure, language });
    return c.body(file.bytes as Uint8Array<ArrayBuffer>, 200, {
      "content-type": file.contentType,
      "content-disposition": `attachment; filename="${file.filename}"`,
    });
  });
}

function yearsOf(c: ConsoleContext): string[] {
  const now = new Date(c.get("view").nowMs).getUTCFullYear();
  return Array.from({ length: SHOWN_YEARS }, (_, i) => String(now - i));
}

function yearOf(c: ConsoleContext): string {
  const years = yearsOf(c);
  return years.find((year) => year === c.req.query("year")) ?? years[0] ?? "";
}

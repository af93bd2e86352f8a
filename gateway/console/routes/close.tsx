import type { Hono } from "hono";
import { ok, type Result } from "../../../node/kernel/exchange-error.ts";
import { periodOf } from "../../../node/kernel/instant.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type CloseRow, declarationsOf, figureFields, type WrittenFigure, writtenFigures } from "../close-form.ts";
import { type Form, missing, readForm } from "../form.ts";
import { ClosePage } from "../pages/close.tsx";
import { CloseConfirmPage } from "../pages/close-confirm.tsx";
import { page } from "../parts/document.tsx";
import { partyNames } from "../party-names.ts";
import { refused } from "../refusal.tsx";
import type { ConsoleContext, ConsoleEnvironment, View } from "../view.ts";
import { pricedAgreements } from "./what-if.tsx";

const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;

/** Closing in two steps: what it needs, what it will do; only the second form changes anything. */
export function closeRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/settlements/close", async (c) => {
    const asked = c.req.query("period") ?? periodOf(c.get("view").nowMs);
    if (!PERIOD.test(asked)) return refused(c, badPeriod().error);
    return closePage(c, deps, { period: asked, written: new Map(), fault: undefined });
  });

  app.post("/console/settlements/close/check", async (c) => {
    const view = c.get("view");
    const form = await readForm(c);
    const read = await readClose(view, deps, form);
    if (!read.ok) return refused(c, read.error);
    const { period, rows, isClosed, figures, isEarly, reason } = read.value;
    const wrong = figures.find(({ field, written }) => field.rowOf(written) === null);
    const isReasonMissing = isEarly && reason === undefined;
    if (wrong === undefined && !isReasonMissing) {
      return page(c, <CloseConfirmPage view={view} model={{ period, rows, isClosed, figures, isEarly, reason }} />);
    }
    const t = view.t.close;
    const fault = wrong === undefined ? t.reasonMissing : t.figureInvalid(wrong.field.label);
    const written = new Map(figures.map((one) => [one.field.name, one.written]));
    return closePage(c, deps, { period, written: written.set("reason", reason ?? ""), fault });
  });

  app.post("/console/settlements/close", async (c) => {
    const view = c.get("view");
    const read = await readClose(view, deps, await readForm(c));
    if (!read.ok) return refused(c, read.error);
    const { period, figures, isEarly, reason } = read.value;
    const options = { early: isEarly, reason, declarations: declarationsOf(figures) };
    const closed = await deps.settlements.close(view.principal, period, options);
    return closed.ok ? c.redirect(`/console/settlements/${period}?done=closed`, 303) : refused(c, closed.error);
  });
}

type Shown = {
  readonly period: string;
  readonly written: ReadonlyMap<string, string>;
  readonly fault: string | undefined;
};

async function closePage(c: ConsoleContext, deps: GatewayDeps, shown: Shown) {
  const view = c.get("view");
  const { rows, isClosed } = await closeRows(deps, shown.period);
  const isEarly = shown.period >= periodOf(view.nowMs);
  const status = shown.fault === undefined ? 200 : 400;
  return page(c, <ClosePage view={view} model={{ ...shown, rows, isClosed, isEarly }} />, status);
}

type CloseInput = {
  readonly period: string;
  readonly rows: readonly CloseRow[];
  readonly isClosed: boolean;
  readonly figures: readonly WrittenFigure[];
  readonly isEarly: boolean;
  readonly reason: string | undefined;
};

async function readClose(view: View, deps: GatewayDeps, form: Form): Promise<Result<CloseInput>> {
  const period = form.text("period") ?? "";
  if (!PERIOD.test(period)) return badPeriod();
  const { rows, isClosed } = await closeRows(deps, period);
  const figures = rows.flatMap((row) =>
    writtenFigures(form, row.agreement.id, figureFields(view, row, partyNames(view, row.terms))),
  );
  return ok({ period, rows, isClosed, figures, isEarly: period >= periodOf(view.nowMs), reason: form.text("reason") });
}

/** What closing would look at: whatever was used, is being settled, or needs a declared figure. */
async function closeRows(deps: GatewayDeps, period: string) {
  const { settlements, closed } = await deps.settlements.status(period);
  const rows: CloseRow[] = [];
  for (const agreement of await pricedAgreements(deps)) {
    const { price } = agreement.terms;
    const usage = await deps.insight.usage(agreement.id, period);
    if (price === null || !usage.ok) continue;
    const known = settlements.find(({ agreementId }) => agreementId === agreement.id);
    const { lines, unsigned } = usage.value;
    const isUsed = lines.some(({ receipts }) => receipts !== "0") || unsigned.receipts !== "0";
    if (isUsed || known !== undefined) rows.push({ agreement, terms: price, usage: usage.value, known });
  }
  return { rows, isClosed: closed !== null };
}

function badPeriod() {
  return missing({ zh: "账期须写成 2026-11 的形式;请改正。", en: "Write the period as 2026-11." });
}

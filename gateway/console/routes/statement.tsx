import type { Hono } from "hono";
import { isDate } from "../../../node/kernel/instant.ts";
import type { GatewayDeps } from "../../deps.ts";
import { fenWritten } from "../fen-written.ts";
import { missing, readForm } from "../form.ts";
import { namesIn } from "../names-in.ts";
import { PlacedReceiptsPage } from "../pages/placed-receipts.tsx";
import { StatementPage } from "../pages/statement.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import { statementPath } from "../statement-paths.ts";
import { type ConsoleContext, type ConsoleEnvironment, doneText, messagesIn } from "../view.ts";
import { firstReceipts } from "./receipts.tsx";

const RECEIPTS = 20;
const PAGE = 100;
/** Up to here the equation is read along with the page. */
const READ_ALONG = 20_000n;

export function statementRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { settlements, payments } = deps;
  app.get("/console/settlements/:period/:agreement", (c) => statementPage(c, deps));
  app.get("/console/settlements/:period/:agreement/receipts", (c) => receiptsPage(c, deps));

  app.post("/console/settlements/:period/:agreement/sign", async (c) => {
    const { period, agreement } = c.req.param();
    const signed = await settlements.sign(c.get("view").principal, period, agreement);
    if (!signed.ok) return refused(c, signed.error);
    return c.redirect(`${statementPath(signed.value)}?done=signed`, 303);
  });

  app.post("/console/settlements/:period/:agreement/invoice", async (c) => {
    const { period, agreement } = c.req.param();
    const form = await readForm(c);
    const [number, date, written] = [form.text("number") ?? "", form.text("date") ?? "", form.text("fen")];
    const fen = written === undefined ? undefined : fenWritten(written);
    if (number === "" || number.length > 64 || !isDate(date) || fen === null || fen === "0") {
      const { zh, en } = messagesIn;
      return refused(c, missing({ zh: zh.statement.invoiceFault, en: en.statement.invoiceFault }).error);
    }
    const input = { periodId: period, agreementId: agreement, number, date, fen };
    const recorded = await payments.recordInvoice(c.get("view").principal, input);
    if (!recorded.ok) return refused(c, recorded.error);
    return c.redirect(`${statementPath(recorded.value)}?done=invoiced#money`, 303);
  });

  app.post("/console/settlements/:period/:agreement/invoice/cancel", async (c) => {
    const { period, agreement } = c.req.param();
    const form = await readForm(c);
    const [number, reason] = [form.text("number") ?? "", form.text("reason") ?? ""];
    if (reason === "" || reason.length > 500) {
      const { zh, en } = messagesIn;
      return refused(c, missing({ zh: zh.statement.cancelFault, en: en.statement.cancelFault }).error);
    }
    const input = { periodId: period, agreementId: agreement, number, reason };
    const cancelled = await payments.cancelInvoice(c.get("view").principal, input);
    if (!cancelled.ok) return refused(c, cancelled.error);
    return c.redirect(`${statementPath(cancelled.value)}?done=invoiceCancelled#money`, 303);
  });
}

async function statementPage(c: ConsoleContext, deps: GatewayDeps) {
  const { settlements, metering, insight, payments } = deps;
  const view = c.get("view");
  const [period = "", agreement = ""] = [c.req.param("period"), c.req.param("agreement")];
  const found = await settlements.statement(agreement, period);
  if (!found.ok) return refused(c, found.error);
  const one = found.value;
  const isLarge = BigInt(one.statement?.receiptCount ?? "0") > READ_ALONG && c.req.query("equation") === undefined;
  const [receipts, [equation], derivations, money, invoice, disputes] = await Promise.all([
    firstReceipts(metering, view, { agreement, period, limit: RECEIPTS }),
    isLarge ? (["on-request"] as const) : insight.equations(period, agreement),
    insight.derivation(period, agreement),
    payments.money(period),
    payments.invoiceFacts(period, agreement),
    settlements.disputes(period),
  ]);
  const model = {
    ...{ one, receipts, equation, names: namesIn(view, [one]) },
    derivations: derivations.ok ? derivations.value : [],
    money: money.ok ? money.value.find(({ agreementId }) => agreementId === agreement) : undefined,
    invoice: invoice.ok ? invoice.value : undefined,
    disputes: disputes.filter(({ agreementId }) => agreementId === agreement),
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <StatementPage view={view} model={model} />);
}

async function receiptsPage(c: ConsoleContext, { settlements, insight }: GatewayDeps) {
  const [period = "", agreement = ""] = [c.req.param("period"), c.req.param("agreement")];
  const found = await settlements.statement(agreement, period);
  if (!found.ok) return refused(c, found.error);
  const asked = { line: c.req.query("line"), bin: c.req.query("bin") };
  const receipts = await insight.receipts(period, agreement, { ...asked, limit: PAGE, cursor: c.req.query("cursor") });
  if (!receipts.ok) return refused(c, receipts.error);
  const query = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const model = { one: found.value, ...receipts.value, query };
  return page(c, <PlacedReceiptsPage view={c.get("view")} model={model} />);
}

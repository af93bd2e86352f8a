import type { Hono } from "hono";
import type { Role } from "../../../node/identity/model.ts";
import { purposes } from "../../../node/policy/model.ts";
import type { QuoteView } from "../../../node/settlement/insight/keep-quotes.ts";
import type { UsageView } from "../../../node/settlement/insight/usage-view.ts";
import type { GatewayDeps } from "../../deps.ts";
import { fenWritten } from "../fen-written.ts";
import { missing, readForm } from "../form.ts";
import { refused } from "../refusal.tsx";
import { type ConsoleEnvironment, holds, type View } from "../view.ts";

/** As in the API. */
const READERS: readonly Role[] = ["finance", "auditor", "approver", "requester", "publisher"];
const METRICS = ["calls", "rows", "bytes"] as const;

export type Watched = { readonly usage: UsageView; readonly quotes: readonly QuoteView[] };

/** Undefined where the reader may not see figures. */
export async function watchedOf(
  { insight }: GatewayDeps,
  view: View,
  agreementId: string,
): Promise<Watched | undefined> {
  if (!holds(view, ...READERS)) return undefined;
  const [usage, quotes] = await Promise.all([insight.usage(agreementId), insight.quotes(agreementId, {})]);
  return usage.ok ? { usage: usage.value, quotes: quotes.ok ? quotes.value : [] } : undefined;
}

export function agreementUsageRoutes(app: Hono<ConsoleEnvironment>, { insight }: GatewayDeps): void {
  app.post("/console/agreements/:id/budget", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const written = form.text("yuan");
    const fen = written === undefined ? null : fenWritten(written);
    if (written !== undefined && fen === null) return refused(c, badAmount().error);
    const budget = { fen, hardStop: form.text("hardStop") === "true" };
    const set = await insight.setBudget(c.get("view").principal, id, budget);
    if (!set.ok) return refused(c, set.error);
    return c.redirect(`${addressOf(id)}?done=budgetSet`, 303);
  });

  app.post("/console/agreements/:id/quote", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const metric = METRICS.find((one) => one === form.text("metric"));
    const amount = form.text("amount")?.replace(/,/g, "") ?? "";
    if (metric === undefined || !/^(0|[1-9][0-9]{0,30})$/.test(amount)) return refused(c, badQuantity().error);
    const purpose = purposes.find((one) => one === form.text("purpose"));
    const quoted = await insight.quote(c.get("view").principal, id, { [metric]: amount, purpose });
    if (!quoted.ok) return refused(c, quoted.error);
    return c.redirect(`${addressOf(id)}#quotes`, 303);
  });

  app.post("/console/agreements/:id/alerts/:alert", async (c) => {
    const { id, alert } = c.req.param();
    const noted = await insight.acknowledge(c.get("view").principal, id, alert);
    return noted.ok ? c.redirect(`${addressOf(id)}#usage`, 303) : refused(c, noted.error);
  });
}

const addressOf = (id: string) => `/console/agreements/${encodeURIComponent(id)}`;

function badAmount() {
  return missing({
    zh: "预算须写成元,至多两位小数,例如 5000 或 5000.00;留空为取消。没有更改。",
    en: "Write the budget in yuan with at most two decimals, such as 5000 or 5000.00, or leave it empty for none; nothing was changed.",
  });
}

function badQuantity() {
  return missing({
    zh: "打算使用的数量须是非负整数,例如 1000;没有报价。",
    en: "Write how much is to be used as a whole number, such as 1000; nothing was quoted.",
  });
}

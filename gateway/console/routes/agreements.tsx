import type { Hono } from "hono";
import type { Result } from "../../../node/kernel/exchange-error.ts";
import { agreementFile } from "../../../node/negotiation/agreement-file.ts";
import { purposeSchema } from "../../../node/policy/model.ts";
import type { CallsAnswer } from "../../../node/transfer/call-product.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type Form, readForm } from "../form.ts";
import { type AgreementModel, AgreementPage } from "../pages/agreement.tsx";
import { AgreementsPage } from "../pages/agreements.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText } from "../view.ts";
import { watchedOf } from "./agreement-usage.tsx";
import { findEntry } from "./entry.tsx";
import { firstReceipts } from "./receipts.tsx";

const PAGE = 30;
const RECEIPTS = 20;
const TRANSFERS = 10;

export function agreementRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { negotiations, transfers } = deps;
  app.get("/console/agreements", async (c) => {
    const { items, next } = await negotiations.agreements({ limit: PAGE, cursor: c.req.query("cursor") });
    return page(c, <AgreementsPage view={c.get("view")} items={items} next={next} />);
  });

  app.get("/console/agreements/:id", (c) => agreementPage(c, deps));

  app.get("/console/agreements/:id/document", async (c) => {
    const found = await negotiations.agreement(c.req.param("id"));
    if (!found.ok) return refused(c, found.error);
    const { id } = found.value;
    return c.body(JSON.stringify(agreementFile(found.value), null, 2), 200, {
      "content-type": "application/json",
      "content-disposition": `attachment; filename="agreement-${id.replace(/[^A-Za-z0-9-]/g, "-")}.json"`,
    });
  });

  app.post("/console/agreements/:id/transfer", async (c) => {
    const { principal } = c.get("view");
    const started = await transfers.start(principal, { agreementId: c.req.param("id"), selection: {} });
    if (!started.ok) return refused(c, started.error);
    return c.redirect(`/console/transfers/${encodeURIComponent(started.value.id)}?done=transferStarted`, 303);
  });

  app.post("/console/agreements/:id/terminate", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const ended = await negotiations.terminateAgreement(c.get("view").principal, id, form.text("comment") ?? "");
    if (!ended.ok) return refused(c, ended.error);
    return c.redirect(`/console/agreements/${encodeURIComponent(id)}?done=terminated`, 303);
  });

  app.post("/console/agreements/:id/leave", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const leave = { partyId: form.text("party") ?? "", lastDay: form.text("lastDay") ?? "" };
    const left = await deps.settlements.announceLeave(c.get("view").principal, id, leave);
    if (!left.ok) return refused(c, left.error);
    return c.redirect(`/console/agreements/${encodeURIComponent(id)}?done=partyLeft`, 303);
  });

  app.post("/console/agreements/:id/sign", async (c) => {
    const { id } = c.req.param();
    const signed = await negotiations.signAgreement(c.get("view").principal, id);
    if (!signed.ok) return refused(c, signed.error);
    return c.redirect(`/console/agreements/${encodeURIComponent(id)}?done=cosigned`, 303);
  });

  app.post("/console/agreements/:id/refuse", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const why = { comment: form.text("comment") ?? "" };
    const ended = await negotiations.refuseAgreement(c.get("view").principal, id, why);
    if (!ended.ok) return refused(c, ended.error);
    return c.redirect(`/console/agreements/${encodeURIComponent(id)}?done=rejected`, 303);
  });

  app.post("/console/agreements/:id/call", async (c) => {
    const answered = await call(c, deps, await readForm(c));
    return answered.ok ? agreementPage(c, deps, answered.value) : refused(c, answered.error);
  });
}

async function agreementPage(c: ConsoleContext, deps: GatewayDeps, answer?: CallsAnswer) {
  const view = c.get("view");
  const id = c.req.param("id") ?? "";
  const found = await deps.negotiations.agreement(id);
  if (!found.ok) return refused(c, found.error);
  const { region, id: entryId } = found.value.entry;
  const [entry, totals, receipts, transfers, watched, left] = await Promise.all([
    findEntry(deps, region, entryId),
    deps.metering.totals(id),
    firstReceipts(deps.metering, view, { agreement: id, limit: RECEIPTS }),
    deps.transfers.list({ agreement: id, limit: TRANSFERS }),
    watchedOf(deps, view, id),
    deps.settlements.leaves(id),
  ]);
  const model: AgreementModel = {
    ...{ agreement: found.value, totals, answer, watched, left },
    entry: entry.ok ? entry.value : undefined,
    receipts,
    transfers: transfers.items,
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <AgreementPage view={view} model={model} />);
}

/** One call: the fields that were filled in. Programs send many at once through the API. */
async function call(c: ConsoleContext, deps: GatewayDeps, form: Form): Promise<Result<CallsAnswer>> {
  const id = c.req.param("id") ?? "";
  const agreement = await deps.negotiations.agreement(id);
  if (!agreement.ok) return agreement;
  const { purposes, fields } = agreement.value.terms;
  const input = Object.fromEntries(
    fields.flatMap((name) => {
      const value = form.text(`input:${name}`);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const chosen = purposeSchema.safeParse(form.text("purpose"));
  const purpose = chosen.success ? chosen.data : (purposes[0] ?? "public-governance");
  return deps.transfers.call(c.get("view").principal, id, [input], { purpose });
}

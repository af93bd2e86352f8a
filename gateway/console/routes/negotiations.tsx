import type { Hono } from "hono";
import type { ExchangeError, Result } from "../../../node/kernel/exchange-error.ts";
import { type Negotiation, negotiationStates } from "../../../node/negotiation/model.ts";
import { offerOf } from "../../../node/policy/offer.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type Form, readForm, termsOf } from "../form.ts";
import { type ActionName, actionsOf } from "../negotiation-actions.ts";
import { CounterPage } from "../pages/counter.tsx";
import { NegotiationPage } from "../pages/negotiation.tsx";
import { NegotiationsPage } from "../pages/negotiations.tsx";
import { page } from "../parts/document.tsx";
import { priceOf } from "../price-form.ts";
import { refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText } from "../view.ts";
import { findEntry } from "./entry.tsx";

const PAGE = 30;

export function negotiationRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/negotiations", async (c) => {
    const view = c.get("view");
    const state = negotiationStates.find((one) => one === c.req.query("state"));
    const { items, next } = await deps.negotiations.list({ limit: PAGE, state, cursor: c.req.query("cursor") });
    const waiting = (await deps.negotiations.waiting(view.principal)).length;
    return page(c, <NegotiationsPage view={view} items={items} state={state} next={next} waiting={waiting} />);
  });

  app.get("/console/negotiations/:id", async (c) => {
    const view = c.get("view");
    const found = await deps.negotiations.get(view.principal, c.req.param("id"));
    if (!found.ok) return refused(c, found.error);
    const negotiation = found.value;
    const entry = await findEntry(deps, negotiation.entry.region, negotiation.entry.id);
    const offer = entry.ok ? offerOf(entry.value, negotiation.entry.region, view.nowMs) : undefined;
    const model = {
      negotiation,
      entry: entry.ok ? entry.value : undefined,
      published: offer?.ok ? offer.value.terms : undefined,
      actions: actionsOf(negotiation, view.principal),
      done: doneText(view, c.req.query("done")),
      seen: seenRevision(c.req.query("seen")),
    };
    return page(c, <NegotiationPage view={view} model={model} />);
  });

  app.get("/console/negotiations/:id/counter", (c) => counterForm(c, deps));
  decisionRoutes(app, deps);
}

function seenRevision(seen: string | undefined): number | undefined {
  return seen !== undefined && /^[0-9]{1,9}$/.test(seen) ? Number(seen) : undefined;
}

async function counterForm(c: ConsoleContext, deps: GatewayDeps, error?: ExchangeError) {
  const view = c.get("view");
  const found = await deps.negotiations.get(view.principal, c.req.param("id") ?? "");
  if (!found.ok) return refused(c, found.error);
  const entry = await findEntry(deps, found.value.entry.region, found.value.entry.id);
  if (!entry.ok) return refused(c, entry.error);
  const markup = <CounterPage view={view} negotiation={found.value} entry={entry.value} error={error} />;
  return page(c, markup, error === undefined ? 200 : PROBLEM[error.kind].status);
}

type Decide = (c: ConsoleContext, id: string, form: Form) => Promise<Result<Negotiation>>;

function decisionRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { negotiations } = deps;
  const who = (c: ConsoleContext) => c.get("view").principal;
  const why = (form: Form) => ({ comment: form.text("comment") ?? "" });
  const decisions: { readonly [A in Exclude<ActionName, "counter">]: readonly [done: string, Decide] } = {
    approve: ["approved", (c, id, f) => negotiations.approve(who(c), id, f.text("comment"), f.revision())],
    countersign: ["countersigned", (c, id, f) => negotiations.approve(who(c), id, f.text("comment"), f.revision())],
    accept: ["accepted", (c, id, f) => negotiations.accept(who(c), id, f.text("comment"), f.revision())],
    reject: ["rejected", (c, id, f) => negotiations.reject(who(c), id, why(f), f.revision())],
    terminate: ["terminated", (c, id, f) => negotiations.terminate(who(c), id, why(f), f.revision())],
  };
  for (const [name, [done, decide]] of Object.entries(decisions)) {
    app.post(`/console/negotiations/:id/${name}`, async (c) => {
      const { id } = c.req.param();
      const result = await decide(c, id, await readForm(c));
      return result.ok ? c.redirect(`${addressOf(id)}?done=${done}`, 303) : refused(c, result.error);
    });
  }
  app.post("/console/negotiations/:id/counter", async (c) => {
    const { id } = c.req.param();
    const form = await readForm(c);
    const before = await negotiations.get(who(c), id);
    if (!before.ok) return refused(c, before.error);
    const price = priceOf(form, before.value.terms.price);
    const terms = { ...termsOf(form), ...(price === undefined ? {} : { price }) };
    const result = await negotiations.counter(who(c), id, terms, form.text("comment"), form.revision());
    if (!result.ok) return counterForm(c, deps, result.error);
    return c.redirect(`${addressOf(id)}?done=countered`, 303);
  });
}

const addressOf = (id: string) => `/console/negotiations/${encodeURIComponent(id)}`;

import type { Hono } from "hono";
import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { ExchangeError, Result } from "../../../node/kernel/exchange-error.ts";
import { ok } from "../../../node/kernel/exchange-error.ts";
import { offerOf } from "../../../node/policy/offer.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { missing, readForm, termsOf } from "../form.ts";
import { type EntryModel, EntryPage } from "../pages/entry.tsx";
import { page } from "../parts/document.tsx";
import { refused } from "../refusal.tsx";
import type { ConsoleEnvironment, View } from "../view.ts";
import { messagesIn } from "../view.ts";

export function entryRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/entries/:region/:id", async (c) => {
    const view = c.get("view");
    const model = await entryModel(deps, view, c.req.param("region"), c.req.param("id"));
    return model.ok ? page(c, <EntryPage view={view} model={model.value} />) : refused(c, model.error);
  });

  app.post("/console/entries/:region/:id/request", async (c) => {
    const view = c.get("view");
    const { region, id } = c.req.param();
    const form = await readForm(c);
    const { purposes = [], ...terms } = termsOf(form);
    const asked =
      purposes.length === 0
        ? missing({ zh: messagesIn.zh.entry.noPurpose, en: messagesIn.en.entry.noPurpose })
        : await deps.negotiations.request(view.principal, {
            ...{ region, entryId: id, purposes, terms },
            comment: form.text("comment"),
          });
    if (asked.ok) return c.redirect(`/console/negotiations/${encodeURIComponent(asked.value.id)}?done=requested`, 303);
    const model = await entryModel(deps, view, region, id, asked.error);
    if (!model.ok) return refused(c, asked.error);
    return page(c, <EntryPage view={view} model={model.value} />, PROBLEM[asked.error.kind].status);
  });
}

export function findEntry(deps: GatewayDeps, region: string, id: string): Promise<Result<CatalogEntry>> {
  return region === deps.config.region.id ? deps.catalog.get(id) : deps.federation.entry(region, id);
}

async function entryModel(
  deps: GatewayDeps,
  { nowMs, region: own }: View,
  region: string,
  id: string,
  error?: ExchangeError,
): Promise<Result<EntryModel>> {
  const entry = await findEntry(deps, region, id);
  if (!entry.ok) return entry;
  return ok({
    region,
    entry: entry.value,
    offer: offerOf(entry.value, region, nowMs),
    deadline: deps.rules.deadline("share.replyDays", nowMs, region === own.id ? {} : { peer: region }),
    error,
  });
}

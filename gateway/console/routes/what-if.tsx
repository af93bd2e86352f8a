import type { Hono } from "hono";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { TrialBasis } from "../../../node/settlement/insight/service.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { INSIGHT_READERS } from "../../readers.ts";
import type { TrialFigures } from "../pages/trial-form.tsx";
import { type WhatIfModel, WhatIfPage } from "../pages/what-if.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole } from "../refusal.tsx";
import { changeOf, schemeOf } from "../trial-form.ts";
import { type ConsoleContext, type ConsoleEnvironment, holds } from "../view.ts";

const QUARTER = 3;
const PAGE = 100;

export function whatIfRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/what-if", async (c) => {
    if (!holds(c.get("view"), ...INSIGHT_READERS.whatIf)) return refuseConsole(c, "FINANCE_ONLY");
    const model = await modelOf(c, deps);
    const status = model.error === undefined ? 200 : PROBLEM[model.error.kind].status;
    return page(c, <WhatIfPage view={c.get("view")} model={model} />, status);
  });
}

/** Those with a price: nothing else can be tried. */
export async function pricedAgreements({ negotiations }: GatewayDeps): Promise<Agreement[]> {
  const found: Agreement[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await negotiations.agreements({ limit: PAGE, cursor });
    found.push(...items.filter(({ terms }) => terms.price !== null));
    cursor = next ?? undefined;
  } while (cursor !== undefined);
  return found;
}

async function modelOf(c: ConsoleContext, deps: GatewayDeps): Promise<WhatIfModel> {
  const agreements = await pricedAgreements(deps);
  const agreement = c.req.query("agreement") ?? (await firstWithBasis(deps, agreements)) ?? agreements[0]?.id;
  const isAsked = c.req.query("try") !== undefined;
  const nothing = { basis: undefined, figures: undefined, result: undefined, error: undefined };
  const model = { agreements, agreement, isAsked, ...nothing };
  if (agreement === undefined) return model;
  const basis = await deps.insight.trialBasis(agreement);
  // An agreement without a computed month is no mistake of whoever opens the page.
  if (!basis.ok) return basis.error.code === "WHATIF_NOTHING" ? model : { ...model, error: basis.error };
  const figures = figuresOf(c, basis.value);
  const shown = { ...model, basis: basis.value, figures };
  const change = changeOf(figures.written, basis.value);
  const result = change.ok ? await deps.insight.whatIf(agreement, figures.periods, change.value) : change;
  return result.ok ? { ...shown, result: result.value } : { ...shown, error: result.error };
}

/** The newest agreement of which a month was computed. */
async function firstWithBasis({ insight }: GatewayDeps, agreements: readonly Agreement[]): Promise<string | undefined> {
  for (const { id } of agreements) if ((await insight.trialBasis(id)).ok) return id;
  return undefined;
}

function figuresOf(c: ConsoleContext, basis: TrialBasis): TrialFigures {
  const chosen = c.req.queries("period") ?? [];
  const periods = basis.periods.filter((period) => chosen.includes(period));
  const written = (name: string) => c.req.query(name)?.trim();
  const scheme = schemeOf(written, basis);
  return {
    periods: periods.length === 0 ? basis.periods.slice(-QUARTER) : periods,
    scheme: scheme.ok ? scheme.value : basis.terms.scheme,
    written,
  };
}

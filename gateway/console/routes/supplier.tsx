import type { Hono } from "hono";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { Scheme } from "../../../node/settlement/scheme.ts";
import { PROBLEM } from "../../api/problem.ts";
import type { GatewayDeps } from "../../deps.ts";
import { INSIGHT_READERS } from "../../readers.ts";
import { missing } from "../form.ts";
import { type SupplierModel, SupplierPage } from "../pages/supplier.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, holds } from "../view.ts";
import { pricedAgreements } from "./what-if.tsx";

const PERCENT = /^([0-9]{1,4})(?:\.([0-9]{1,2}))?$/;

export function supplierRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/what-if/supplier", async (c) => {
    if (!holds(c.get("view"), ...INSIGHT_READERS.supplier)) return refuseConsole(c, "FINANCE_ONLY");
    const model = await modelOf(c, deps);
    const status = model.error === undefined ? 200 : PROBLEM[model.error.kind].status;
    return page(c, <SupplierPage view={c.get("view")} model={model} />, status);
  });
}

async function modelOf(c: ConsoleContext, deps: GatewayDeps): Promise<SupplierModel> {
  const agreements = await pricedAgreements(deps);
  const ids = agreements.flatMap(({ terms }) => (terms.price?.parties ?? []).map(({ partyId }) => partyId));
  const parties = [...new Set(ids)].sort();
  const years = await settledYears(deps, c.get("view").nowMs);
  const own = parties.find((partyId) => partyId.startsWith(`${deps.config.region.id}:`));
  const party = c.req.query("party") ?? own ?? parties[0] ?? "";
  const year = years.find((one) => one === c.req.query("year")) ?? years[0] ?? "";
  const schemes = schemesWith(agreements, party);
  const metrics = [
    ...new Set(
      schemes.flatMap((scheme) =>
        scheme.kind === "contribution" ? scheme.components.map(({ metric }) => metric) : [],
      ),
    ),
  ];
  const written = (name: string) => c.req.query(name)?.trim();
  const covers = (c.req.queries("cover") ?? []).filter((one) => /^[0-9]{1,4}$/.test(one)).map(Number);
  const names = new Map(agreements.map(({ id, entry }) => [id, entry.name]));
  const model = {
    ...{ parties, years, party, year, metrics, written, covers },
    items: schemes.flatMap((scheme) => itemsOf(scheme, party)),
    nameOfAgreement: (id: string) => names.get(id) ?? id,
    result: undefined,
    error: undefined,
  };
  if (party === "" || year === "") return model;
  const metered = metrics.map((metric) => ({ metric, addBp: basisPoints(written(`add:${metric}`) ?? "") }));
  const more = metered.filter(({ addBp }) => addBp !== "0");
  if (more.some(({ addBp }) => addBp === undefined)) return { ...model, error: badPercent().error };
  const added = more.map(({ metric, addBp = "0" }) => ({ metric, addBp }));
  const addition = added.length === 0 && covers.length === 0 ? null : { metered: added, covers };
  const result = await deps.insight.supplier(party, year, addition);
  return result.ok ? { ...model, result: result.value } : { ...model, error: result.error };
}

/** Last year first, as suppliers ask; this year where there is nothing older. */
async function settledYears({ settlements }: GatewayDeps, nowMs: number): Promise<string[]> {
  const periods = await settlements.periods();
  const years = [...new Set(periods.map((period) => period.slice(0, 4)))].sort().reverse();
  const last = String(new Date(nowMs).getUTCFullYear() - 1);
  return years.includes(last) ? [last, ...years.filter((year) => year !== last)] : years;
}

function schemesWith(agreements: readonly Agreement[], party: string): Scheme[] {
  return agreements.flatMap(({ terms: { price } }) =>
    price?.parties.some(({ partyId }) => partyId === party) ? [price.scheme] : [],
  );
}

type Item = { readonly value?: unknown; readonly coveredBy?: readonly unknown[] };

function itemsOf(scheme: Scheme, party: string): { value: string; isHeld: boolean }[] {
  if (scheme.kind !== "shapley") return [];
  const game = scheme.v as { readonly kind?: unknown; readonly items?: readonly Item[] } | null;
  if (game?.kind !== "coverage") return [];
  const index = String(scheme.parties.indexOf(party));
  return (game.items ?? []).map(({ value, coveredBy }) => ({
    value: String(value),
    isHeld: coveredBy?.includes(index) ?? false,
  }));
}

/** `12.5` percent → `1250`; nothing written is 0. */
function basisPoints(percent: string): string | undefined {
  if (percent === "") return "0";
  const match = PERCENT.exec(percent);
  return match === null ? undefined : String(BigInt(match[1] ?? "0") * 100n + BigInt((match[2] ?? "").padEnd(2, "0")));
}

function badPercent() {
  return missing({
    zh: "增加的百分比须写成数字,至多两位小数,例如 20;没有试算,请改正。",
    en: "Write the increase as a percentage with at most two decimals, such as 20; nothing was tried.",
  });
}

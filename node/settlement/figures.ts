import { canonicalText, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaMidnight, msOf, nextPeriod } from "../kernel/instant.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Figures } from "./messages.ts";
import type { ActiveDays, Declaration, PeriodInput, PostedUsage } from "./model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { byteOrder } from "./values.ts";

const DAY_MS = 86_400_000;

export const NO_FIGURES: Figures = { resources: [], costs: [], maxRevenueFen: null, caps: [], activeDays: [] };

/** Days of a calendar month, `2026-02` → 28. */
export function daysIn(periodId: string): number {
  const first = msOf(chinaMidnight(`${periodId}-01`));
  const next = msOf(chinaMidnight(`${nextPeriod(periodId)}-01`));
  return (next - first) / DAY_MS;
}

/** Names that the terms do not know are found when they are entered, not when the other region computes. */
export function checkFigures(terms: SettlementTerms, figures: Figures, periodId: string): Result<true> {
  const rates = new Set((terms.compensation ?? []).map(({ partyId, resource }) => `${partyId}#${resource}`));
  const costs = new Set((terms.costs ?? []).map(({ costId }) => costId));
  const products = new Set(terms.products.map(({ productId }) => productId));
  const parties = new Set(terms.parties.map(({ partyId }) => partyId));
  const days = BigInt(daysIn(periodId));
  const faults = [
    ...figures.resources
      .filter((r) => !rates.has(`${r.partyId}#${r.resource}`))
      .map((r) => `${r.partyId}#${r.resource}`),
    ...figures.costs.filter(({ costId }) => !costs.has(costId)).map(({ costId }) => costId),
    ...figures.caps.filter(({ productId }) => !products.has(productId)).map(({ productId }) => productId),
    ...figures.activeDays
      .filter((row) => !parties.has(row.partyId) || BigInt(row.days) > days)
      .map((row) => `${row.partyId} ${row.days}`),
    ...twice(figures),
  ];
  return faults.length === 0
    ? ok(true)
    : refuseProcess("SETTLEMENT_FIGURES", { value: faults.join(", ").slice(0, 400) });
}

function twice(figures: Figures): string[] {
  const keys = rowsOf(figures).map(({ key }) => key);
  return keys.filter((key, i) => keys.indexOf(key) !== i);
}

type Row = { readonly key: string; readonly value: string };

function rowsOf(figures: Figures): Row[] {
  return [
    ...figures.resources.map((r) => ({ key: `${r.partyId}#${r.resource}`, value: r.quantity })),
    ...figures.costs.map(({ costId, declaredFen }) => ({ key: `cost ${costId}`, value: declaredFen })),
    ...figures.caps.map(({ productId, capPriceMicro }) => ({ key: `cap ${productId}`, value: capPriceMicro })),
    ...figures.activeDays.map(({ partyId, days }) => ({ key: `days ${partyId}`, value: days })),
    ...(figures.maxRevenueFen === null ? [] : [{ key: "maxRevenueFen", value: figures.maxRevenueFen }]),
  ];
}

/**
 * One declaration from what the regions know: each figure by whoever gave it. Two different values for the same figure
 * stop the settlement; nobody's word counts more. The outcome does not depend on who is who.
 */
export function declarationOf(
  about: { readonly agreementId: string; readonly periodId: string },
  ...sides: readonly Figures[]
): Result<{ readonly declaration: Declaration; readonly text: string; readonly digest: string }> {
  const known = new Map<string, string>();
  for (const { key, value } of sides.flatMap(rowsOf)) {
    const other = known.get(key);
    if (other !== undefined && other !== value) {
      return refuseProcess("STATEMENT_INPUTS_DIFFER", { value: `${key}: ${other} / ${value}` });
    }
    known.set(key, value);
  }
  const declaration: Declaration = {
    type: "heliu.declaration.v1",
    ...about,
    days: daysIn(about.periodId).toString(),
    resources: union(sides, "resources", ({ partyId, resource }) => `${partyId}#${resource}`),
    costs: union(sides, "costs", ({ costId }) => costId),
    maxRevenueFen: sides.find(({ maxRevenueFen }) => maxRevenueFen !== null)?.maxRevenueFen ?? null,
    caps: union(sides, "caps", ({ productId }) => productId),
    activeDays: union(sides, "activeDays", ({ partyId }) => partyId),
  };
  return ok({ declaration, text: canonicalText(declaration), digest: digestOf(declaration) });
}

type Lists = Omit<Figures, "maxRevenueFen">;

function union<K extends keyof Lists>(
  sides: readonly Figures[],
  name: K,
  keyOf: (row: Lists[K][number]) => string,
): Lists[K][number][] {
  const all: Lists[K][number][] = sides.flatMap((side): readonly Lists[K][number][] => side[name]);
  const rows = new Map(all.map((row) => [keyOf(row), row]));
  return [...rows].sort(([x], [y]) => byteOrder(x, y)).map(([, row]) => row);
}

/** The declaration as the pipeline reads it: the period without usage and metered. */
export function periodOfDeclaration(declaration: Declaration): Omit<PeriodInput, "usage" | "metered"> {
  const { periodId, days, resources, costs, maxRevenueFen } = declaration;
  return { periodId, days, resources, costs, maxRevenueFen };
}

/** Who took part on how many days of earlier months, as the statements say that settled them. */
export function earlierDaysOf(posted: readonly PostedUsage[]): NonNullable<PeriodInput["earlierDays"]> {
  const known = new Map<string, ActiveDays | null>();
  for (const { usagePeriodId, activeDays } of posted) {
    known.set(usagePeriodId, activeDays ?? known.get(usagePeriodId) ?? null);
  }
  return [...known].map(([usagePeriodId, activeDays]) => ({ usagePeriodId, activeDays }));
}

/** Who joined or left within the month counts for its days; the terms' digest then covers it. */
export function termsWithDays(
  terms: SettlementTerms,
  { activeDays }: Pick<Declaration, "activeDays">,
): SettlementTerms {
  if (activeDays.length === 0) return terms;
  const days = new Map(activeDays.map((row) => [row.partyId, row.days]));
  const parties = terms.parties.map((party) => {
    const active = days.get(party.partyId);
    return active === undefined ? party : { ...party, activeDays: active };
  });
  return { ...terms, parties };
}

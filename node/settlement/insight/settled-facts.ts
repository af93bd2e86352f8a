import { ok, type Result } from "../../kernel/exchange-error.ts";
import type { Store } from "../../storage/port.ts";
import { list, parts, read } from "../../storage/transact.ts";
import { type BuildDeps, termsOf } from "../build.ts";
import type { Settlement } from "../process-model.ts";
import { settlements } from "../store.ts";
import { refuseInsight } from "./refusal.ts";
import { factsOf, type PeriodFacts } from "./replay.ts";

/** The computed statements of one agreement in these months; months without one are left out. */
export async function factsIn(
  deps: BuildDeps,
  agreementId: string,
  periods: readonly string[],
): Promise<Result<PeriodFacts[]>> {
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const found: PeriodFacts[] = [];
  for (const periodId of periods) {
    const settlement = await read(deps.store, settlements.at(periodId, agreementId));
    const facts = settlement === undefined ? undefined : factsOf(settlement, terms.value);
    if (facts !== undefined) found.push(facts);
  }
  return found.length === 0 ? refuseInsight("WHATIF_NOTHING", { agreementId }) : ok(found);
}

/** The last months of an agreement that have a computed statement, at most `count`, oldest first. */
export async function lastPeriods(deps: BuildDeps, agreementId: string, count: number): Promise<string[]> {
  const months: string[] = [];
  for await (const periodId of parts(deps.store, settlements)) months.push(periodId);
  const periods: string[] = [];
  // From the newest back: what is older than the months asked for is not read.
  for (const periodId of months.toReversed()) {
    if (periods.length === count) break;
    const found = await read(deps.store, settlements.at(periodId, agreementId));
    if (found !== undefined && found.built !== null) periods.unshift(periodId);
  }
  return periods;
}

/** Every settlement of a year, in the order of months; those of other years are not read. */
export async function* settlementsOfYear(store: Store, year: string): AsyncGenerator<Settlement> {
  for await (const settlement of list(store, settlements, [], { after: [`${year}-`] })) {
    if (!settlement.periodId.startsWith(`${year}-`)) return;
    yield settlement;
  }
}

/** Signed statements of a year, by agreement. */
export async function signedOfYear(deps: BuildDeps, year: string): Promise<Map<string, PeriodFacts[]>> {
  const found = new Map<string, PeriodFacts[]>();
  for await (const settlement of settlementsOfYear(deps.store, year)) {
    if (settlement.state !== "agreed") continue;
    const terms = await termsOf(deps, settlement.agreementId);
    const facts = terms.ok ? factsOf(settlement, terms.value) : undefined;
    if (facts === undefined) continue;
    found.set(settlement.agreementId, [...(found.get(settlement.agreementId) ?? []), facts]);
  }
  return found;
}

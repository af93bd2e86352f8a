import type { SettlementTerms } from "../policy/settlement-terms.ts";
import { refuseTwice } from "./allocate.ts";
import { daysIn } from "./figures.ts";
import type { LinePrice } from "./line-amount.ts";
import type { PeriodInput } from "./model.ts";
import { fail } from "./refusal.ts";
import { partiesOf } from "./schemes.ts";
import { checkId, checkPeriod, parseFen, parseNatural, parsePer, parsePrice } from "./values.ts";
import { checkVatRate } from "./vat.ts";

export type Product = LinePrice & { readonly metric: string };
export type Rate = {
  readonly partyId: string;
  readonly resource: string;
  readonly rateMicro: bigint;
  readonly per: bigint;
};
export type Cost = { readonly costId: string; readonly partyId: string; readonly capFen: bigint | null };

/** Days of a month, and of those who took part on only some of them. */
export type MonthDays = { readonly days: bigint; readonly activeDays: ReadonlyMap<string, bigint> };

/** The terms with every number read once and every name checked: what the pipeline computes on. */
export type CheckedTerms = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly days: bigint;
  readonly parties: readonly string[];
  readonly activeDays: ReadonlyMap<string, bigint>;
  /** Of earlier months; null: settled before their days were kept. Undefined: nothing is known of any. */
  readonly earlierDays: ReadonlyMap<string, MonthDays | null> | undefined;
  readonly vatBp: bigint;
  readonly products: ReadonlyMap<string, Product>;
  readonly maxRevenueFen: bigint | null;
  readonly fund: { readonly partyId: string; readonly rateBp: bigint; readonly capFen: bigint | null } | null;
  readonly rates: readonly Rate[];
  readonly costs: readonly Cost[];
  readonly carryUnpaidCosts: boolean;
  readonly scheme: SettlementTerms["scheme"];
  readonly floors: ReadonlyMap<string, bigint>;
  readonly onInfeasible: string;
};

/** Step 1 of settlement.md §5. */
export function checkTerms(terms: SettlementTerms, period: PeriodInput): CheckedTerms {
  const agreementId = checkId(terms.agreementId);
  const periodId = checkPeriod(period.periodId);
  const days = parseNatural(period.days, "days");
  if (days < 1n) fail("BAD_ACTIVE_DAYS", { value: "0", days: days.toString() });
  refuseTwice(terms.parties);
  for (const { partyId, regionId } of terms.parties) {
    checkId(partyId);
    checkId(regionId);
  }
  const parties = terms.parties.map(({ partyId }) => partyId);
  const known = new Set(parties);
  const member = (partyId: string) => (known.has(partyId) ? partyId : fail("UNKNOWN_PARTY", { value: partyId }));
  for (const partyId of partiesOf(terms.scheme)) member(partyId);
  const activeDays = readActiveDays(terms, days);
  const floors = readFloors(terms, activeDays, days, member);
  const maxRevenue = period.maxRevenueFen ?? terms.maxRevenueFen ?? null;
  return {
    agreementId,
    periodId,
    days,
    parties,
    activeDays,
    earlierDays: readEarlierDays(period),
    vatBp: checkVatRate(parseNatural(terms.vatBp ?? "0", "vatBp")),
    products: readProducts(terms),
    maxRevenueFen: maxRevenue === null ? null : parseNatural(maxRevenue, "maxRevenueFen"),
    fund: readFund(terms),
    rates: readRates(terms, member),
    costs: readCosts(terms, member),
    carryUnpaidCosts: terms.carryUnpaidCosts ?? false,
    scheme: terms.scheme,
    floors,
    onInfeasible: terms.guarantee?.onInfeasible ?? "refuse",
  };
}

function readActiveDays({ parties }: SettlementTerms, days: bigint): Map<string, bigint> {
  const active = new Map<string, bigint>();
  for (const { partyId, activeDays } of parties) {
    if (activeDays === undefined || activeDays === null) continue;
    const count = parseNatural(activeDays, "activeDays");
    if (count > days) fail("BAD_ACTIVE_DAYS", { value: activeDays, days: days.toString() });
    active.set(partyId, count);
  }
  return active;
}

function readEarlierDays({ earlierDays }: PeriodInput): CheckedTerms["earlierDays"] {
  if (earlierDays === undefined) return undefined;
  return new Map(
    earlierDays.map(({ usagePeriodId, activeDays }) => {
      if (activeDays === null) return [usagePeriodId, null];
      const active = activeDays.map(({ partyId, days }) => [partyId, parseNatural(days, "activeDays")] as const);
      return [usagePeriodId, { days: BigInt(daysIn(usagePeriodId)), activeDays: new Map(active) }];
    }),
  );
}

/**
 * The days that a line is shared by: those of its own month. "Late lines of its time still pay it by the old terms": who
 * left in this month or before it is paid in full for what was used before. Source: settlement.md §7.
 */
export function daysOfLine(terms: CheckedTerms, usagePeriodId: string | null): MonthDays {
  const { days, activeDays, periodId, earlierDays } = terms;
  if (usagePeriodId === null || usagePeriodId === periodId || earlierDays === undefined) return { days, activeDays };
  const earlier = earlierDays.get(usagePeriodId);
  if (earlier === undefined) return { days, activeDays: new Map() };
  if (earlier !== null) return earlier;
  // As such lines were shared then, so that what was signed comes out again; nobody was on no day at all then.
  return { days, activeDays: new Map([...activeDays].filter(([, count]) => count > 0n)) };
}

function readProducts({ products }: SettlementTerms): Map<string, Product> {
  const read = new Map<string, Product>();
  for (const { productId, metric, unitPriceMicro, per, capPriceMicro } of products) {
    checkId(productId);
    if (read.has(productId)) fail("DUPLICATE_LINE", { value: productId });
    read.set(productId, {
      metric,
      unitPriceMicro: parsePrice(unitPriceMicro),
      per: parsePer(per),
      capPriceMicro: capPriceMicro === null || capPriceMicro === undefined ? null : parsePrice(capPriceMicro),
    });
  }
  return read;
}

function readFund({ fund }: SettlementTerms): CheckedTerms["fund"] {
  if (fund === undefined || fund === null) return null;
  const rateBp = parseNatural(fund.rateBp, "rateBp");
  if (rateBp > 10_000n) fail("BAD_RATE", { value: fund.rateBp });
  const capFen = fund.capFen === null ? null : parseNatural(fund.capFen, "capFen");
  // The fund alone may stand outside the agreement.
  return { partyId: checkId(fund.partyId), rateBp, capFen };
}

function readRates({ compensation }: SettlementTerms, member: (partyId: string) => string): Rate[] {
  const rates = (compensation ?? []).map(({ partyId, resource, rateMicro, per }) => ({
    partyId: member(partyId),
    resource: checkId(resource),
    rateMicro: parsePrice(rateMicro),
    per: parsePer(per),
  }));
  refuseTwice(rates.map(({ partyId, resource }) => ({ partyId: `${partyId}#${resource}` })));
  return rates;
}

function readCosts({ costs }: SettlementTerms, member: (partyId: string) => string): Cost[] {
  const read = (costs ?? []).map(({ costId, partyId, capFen }) => ({
    costId: checkId(costId),
    partyId: member(partyId),
    capFen: capFen === null ? null : parseNatural(capFen, "capFen"),
  }));
  refuseTwice(read.map(({ costId }) => ({ partyId: costId })));
  return read;
}

function readFloors(
  { guarantee }: SettlementTerms,
  activeDays: ReadonlyMap<string, bigint>,
  days: bigint,
  member: (partyId: string) => string,
): Map<string, bigint> {
  const floors = guarantee?.floors ?? [];
  refuseTwice(floors);
  return new Map(
    floors.map(({ partyId, fen }) => {
      const full = parseFen(fen, "floor");
      if (full < 0n) fail("BAD_INTEGER", { field: "floor", value: fen });
      const active = activeDays.get(member(partyId));
      return [partyId, active === undefined ? full : (full * active) / days];
    }),
  );
}

import type { Principal } from "../../identity/model.ts";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import { chinaDateOf, instantOf, periodOf } from "../../kernel/instant.ts";
import type { Worker } from "../../kernel/worker.ts";
import type { HeldReceipt } from "../../metering/model.ts";
import { partyEnds } from "../../metering/party-end.ts";
import { unsignedIn } from "../../metering/unsigned.ts";
import { NO_USAGE, usages } from "../../metering/usage.ts";
import type { Agreement } from "../../negotiation/model.ts";
import { unknownAgreement } from "../../negotiation/refusal.ts";
import type { TopicHandler } from "../../outbox/model.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { list, read } from "../../storage/transact.ts";
import { termsOf } from "../build.ts";
import { NO_FIGURES, termsWithDays } from "../figures.ts";
import { withNotices } from "../party-notice.ts";
import { STATEMENT_READERS } from "../period-view.ts";
import type { Scheme } from "../scheme.ts";
import { agreementBooks, settlements } from "../store.ts";
import { gaugesOf } from "./alerts.ts";
import { type Alert, type Budget, budgetOf, budgets, isBefore } from "./budget-model.ts";
import { BUDGET_KIND, hasStopped, isOver, receiveBudget, setBudget } from "./budgets.ts";
import { previousPeriod } from "./calendar.ts";
import type { InsightDeps } from "./deps.ts";
import { derive, type PartyDerivation } from "./derivation.ts";
import { type AuthorisationFacts, type Disclosure, disclosureOf, type EntryFacts } from "./disclosure.ts";
import type { Exception, StatementEquation } from "./equation-view.ts";
import { type Forecast, forecastOf } from "./forecast.ts";
import { acknowledgeAlert, alertsOf, isAlertOf, waitingAlerts } from "./keep-alerts.ts";
import { makeQuote, type QuoteQuery, type QuoteView, quotesOf, useQuote } from "./keep-quotes.ts";
import type { Estimate, Quote } from "./quote.ts";
import { type PlacedReceipt, readEquation } from "./read-equation.ts";
import { refuseInsight } from "./refusal.ts";
import { checkReplay, factsOf } from "./replay.ts";
import { readRunningUsage } from "./running-usage.ts";
import { factsIn, lastPeriods, settlementsOfYear, signedOfYear } from "./settled-facts.ts";
import { spentFen } from "./spend.ts";
import { type Addition, type SupplierView, schemesOf, supplierView } from "./supplier.ts";
import { type UsageView, usageView } from "./usage-view.ts";
import { createUsageWatch } from "./watch-usage.ts";
import { type TermsChange, type WhatIf, whatIf } from "./what-if.ts";

export type DisclosureSources = {
  readonly regionName: string;
  readonly authorisations: () => readonly AuthorisationFacts[];
  readonly entry: (id: string) => Promise<EntryFacts | undefined>;
  /** `MM-DD` of the following year, and the rule that says so. */
  readonly due: (nowMs: number) => { readonly monthDay: string; readonly rule: string; readonly verified: boolean };
};

export type ReceiptPage = { readonly items: readonly PlacedReceipt[]; readonly next: string | null };
export type ReceiptFilter = {
  readonly bin?: string | undefined;
  readonly line?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
};

/** What a trial begins with: the signed terms, the months there are, and every registered scheme as it could look here. */
export type TrialBasis = {
  readonly terms: SettlementTerms;
  readonly periods: readonly string[];
  readonly schemes: readonly Scheme[];
};

/** Figures that people decide by. Everything here reads; what it writes are quotes, budgets and alerts of its own. */
export type Insight = Worker & {
  readonly equations: (periodId: string, agreementId?: string) => Promise<readonly StatementEquation[]>;
  /** What keeps a period from being closed: delivered, and not settled by anything. */
  readonly exceptions: (agreementId: string, periodId: string) => Promise<readonly Exception[]>;
  readonly receipts: (periodId: string, agreementId: string, filter: ReceiptFilter) => Promise<Result<ReceiptPage>>;
  readonly derivation: (periodId: string, agreementId: string, partyId?: string) => Promise<Result<PartyDerivation[]>>;
  readonly usage: (agreementId: string, periodId?: string) => Promise<Result<UsageView>>;
  readonly budget: (agreementId: string) => Promise<Result<Budget | null>>;
  readonly setBudget: (
    actor: Principal,
    agreementId: string,
    budget: { readonly fen: string | null; readonly hardStop: boolean },
  ) => Promise<Result<Budget>>;
  readonly alerts: (agreementId: string) => Promise<readonly Alert[]>;
  readonly acknowledge: (actor: Principal, agreementId: string, alertId: string) => Promise<Result<Alert>>;
  /** Alerts of this month that nobody has acknowledged; the highest of each measure. */
  readonly waiting: (principal: Principal) => Promise<readonly Alert[]>;
  readonly quote: (actor: Principal, agreementId: string, estimate: Estimate) => Promise<Result<Quote>>;
  readonly quotes: (agreementId: string, query: QuoteQuery) => Promise<Result<readonly QuoteView[]>>;
  readonly useQuote: (actor: Principal, agreementId: string, id: string, transferId: string) => Promise<Result<Quote>>;
  readonly trialBasis: (agreementId: string) => Promise<Result<TrialBasis>>;
  readonly whatIf: (
    agreementId: string,
    periods: readonly string[] | undefined,
    change: TermsChange,
  ) => Promise<Result<WhatIf>>;
  readonly supplier: (partyId: string, year: string, addition: Addition | null) => Promise<Result<SupplierView>>;
  /** With what each party is heading for, to those who may read the statement. */
  readonly forecast: (reader: Principal, agreementId: string) => Promise<Result<Forecast>>;
  readonly disclosure: (year: string) => Promise<Disclosure>;
  /** Looks at budgets and quotas now; otherwise a second after each use. */
  readonly look: () => Promise<void>;
  /** The settlement topic with this room's kind of message taken out of it. */
  readonly withBudgets: (settlement: TopicHandler) => TopicHandler;
};

/** A quarter, and what a supplier asks about. */
const QUARTER = 3;
const YEAR = 12;

export function createInsight(given: InsightDeps & { readonly disclosed: DisclosureSources }): Insight {
  const deps: InsightDeps = given;
  const watch = createUsageWatch(deps);
  const withAgreement = async <T>(
    id: string,
    use: (agreement: Agreement) => Promise<Result<T>>,
  ): Promise<Result<T>> => {
    const agreement = await deps.agreements.find(id);
    return agreement === undefined ? unknownAgreement() : use(agreement);
  };
  return {
    ...watch,
    name: "insight",
    equations: (periodId, agreementId) => equationsOf(deps, periodId, agreementId),
    async exceptions(agreementId, periodId) {
      const equation = await readEquation(deps, agreementId, periodId);
      return (equation?.exceptions ?? []).filter(({ blocks }) => blocks);
    },
    receipts: (periodId, agreementId, filter) => receiptPage(deps, periodId, agreementId, filter),
    derivation: (periodId, agreementId, partyId) => derivationOf(deps, periodId, agreementId, partyId),
    usage: (id, periodId) => withAgreement(id, async (agreement) => ok(await usageOf(deps, agreement, periodId))),
    budget: (id) => withAgreement(id, async () => ok((await read(deps.store, budgets.at(id))) ?? null)),
    setBudget: (actor, id, budget) => withAgreement(id, (agreement) => setBudget(deps, actor, agreement, budget)),
    alerts: (id) => alertsOf(deps, id),
    acknowledge: (actor, id, alertId) => acknowledgeAlert(deps, actor, id, alertId),
    waiting: (principal) => waitingAlerts(deps, principal),
    quote: (actor, id, estimate) => withAgreement(id, (agreement) => makeQuote(deps, actor, agreement, estimate)),
    quotes: (id, query) => withAgreement(id, async (agreement) => ok(await quotesOf(deps, agreement, query))),
    useQuote: (actor, id, quoteId, transferId) => useQuote(deps, actor, id, quoteId, transferId),
    trialBasis: (agreementId) => trialBasis(deps, agreementId),
    async whatIf(agreementId, periods, change) {
      const facts = await factsIn(deps, agreementId, periods ?? (await lastPeriods(deps, agreementId, QUARTER)));
      return facts.ok ? whatIf(agreementId, facts.value, change) : facts;
    },
    async supplier(partyId, year, addition) {
      return supplierView(partyId, [...(await signedOfYear(deps, year)).values()], addition);
    },
    async forecast({ roles }, agreementId) {
      const found = await forecast(deps, agreementId);
      const isOpen = roles.some((role) => STATEMENT_READERS.includes(role));
      return found.ok && !isOpen ? ok({ ...found.value, parties: [] }) : found;
    },
    disclosure: (year) => disclosure(deps, given.disclosed, year),
    withBudgets: (settlement) => ({
      receive: (message) => (message.kind === BUDGET_KIND ? receiveBudget(deps, message) : settlement.receive(message)),
      async delivered(message, answer) {
        if (message.kind !== BUDGET_KIND) await settlement.delivered(message, answer);
      },
      async refused(message, code, text) {
        if (message.kind !== BUDGET_KIND) return settlement.refused(message, code, text);
        // The budget stays in force here: it alarms, though the provider will not stop at it.
        deps.logger.warn({ peer: message.peer, code, why: text.en }, "the provider did not take the budget");
      },
    }),
  };
}

async function trialBasis(deps: InsightDeps, agreementId: string): Promise<Result<TrialBasis>> {
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const periods = await lastPeriods(deps, agreementId, YEAR);
  const facts = await factsIn(deps, agreementId, periods);
  if (!facts.ok) return facts;
  return ok({ terms: terms.value, periods, schemes: schemesOf(facts.value) });
}

async function equationsOf(deps: InsightDeps, periodId: string, agreementId?: string): Promise<StatementEquation[]> {
  const ids: string[] = [];
  if (agreementId !== undefined) ids.push(agreementId);
  else for await (const one of list(deps.store, settlements, [periodId])) ids.push(one.agreementId);
  const found: StatementEquation[] = [];
  for (const id of ids) {
    const equation = await readEquation(deps, id, periodId);
    if (equation !== undefined) found.push(equation);
  }
  return found;
}

async function receiptPage(
  deps: InsightDeps,
  periodId: string,
  agreementId: string,
  { bin, line, limit, cursor }: ReceiptFilter,
): Promise<Result<ReceiptPage>> {
  const items: PlacedReceipt[] = [];
  let skipping = cursor !== undefined;
  let isMore = false;
  const equation = await readEquation(deps, agreementId, periodId, (placed) => {
    const { core } = placed.receipt;
    const isWanted = (bin === undefined || isIn(placed, bin)) && (line === undefined || isOfLine(placed, line));
    if (skipping) {
      if (core.receiptId === cursor) skipping = false;
      return;
    }
    if (!isWanted) return;
    if (items.length < limit) items.push(placed);
    else isMore = true;
  });
  if (equation === undefined) return unknownAgreement();
  return ok({ items, next: isMore ? (items.at(-1)?.receipt.core.receiptId ?? null) : null });
}

/** The line of the statement, not the units that it leaves to a later one: what is listed adds up to what it charges for. */
function isOfLine({ receipt, productId, usagePeriodId, bin }: PlacedReceipt, line: string): boolean {
  const isElsewhere = bin !== "disputed" && EXCEPTIONS.includes(bin);
  return !isElsewhere && line === `${receipt.core.agreementId}/${productId}/${usagePeriodId}`;
}

const EXCEPTIONS = ["unsigned", "unreceipted", "equivocated", "disputed", "late"];

/** `capped` and `charged` are one class of receipts; which of them a line is depends on its price. */
function isIn({ bin }: PlacedReceipt, wanted: string): boolean {
  if (wanted === "exceptions") return EXCEPTIONS.includes(bin);
  return bin === wanted || (wanted === "capped" && bin === "charged");
}

async function derivationOf(deps: InsightDeps, periodId: string, agreementId: string, partyId?: string) {
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const settlement = await read(deps.store, settlements.at(periodId, agreementId));
  const facts = settlement === undefined ? undefined : factsOf(settlement, terms.value);
  if (facts === undefined) return refuseInsight("DERIVATION_NOTHING", { agreementId, periodId });
  const checked = checkReplay(facts);
  return checked.ok ? derive(facts, facts.result, partyId) : checked;
}

async function usageOf(deps: InsightDeps, agreement: Agreement, asked?: string): Promise<UsageView> {
  const { id, terms } = agreement;
  const nowMs = deps.runtime.nowMs();
  const periodId = asked ?? periodOf(nowMs);
  const running = await readRunningUsage(deps.store, id);
  const month = running.months[periodId] ?? {};
  const totals = (await read(deps.store, usages.at(id))) ?? NO_USAGE;
  const set = (await read(deps.store, budgets.at(id))) ?? null;
  const budgetFen = budgetOf(set ?? undefined, periodId);
  // A month is not held against a budget that came after it.
  const budget = set === null || isBefore(set, periodId) ? null : set;
  const answered = BigInt(totals.callsByMonth[periodId]?.commercial ?? "0");
  const spent = terms.price === null ? 0n : spentFen(terms.price, month, answered);
  const isStopped = periodId === periodOf(nowMs) && hasStopped(terms.price, budget ?? undefined, totals, month, nowMs);
  const gauges = gaugesOf({ month: periodId, limits: terms.limits, totals, spentFen: spent, budgetFen, isStopped });
  const said = await alertsOf(deps, id);
  return usageView({
    ...{ agreement, periodId, month, totals, budget, gauges },
    asOf: instantOf(nowMs),
    unsigned: await unsignedOf(deps, id, periodId),
    spentFen: spent,
    alerts: said.filter((alert) => gauges.some((gauge) => isAlertOf(alert, gauge))),
  });
}

async function unsignedOf({ store }: InsightDeps, agreementId: string, periodId: string): Promise<HeldReceipt[]> {
  const found: HeldReceipt[] = [];
  for (const direction of ["forward", "reverse"] as const) {
    for await (const held of unsignedIn(store, agreementId, direction)) {
      if (held.core.periodId === periodId) found.push(held);
    }
  }
  return found;
}

async function forecast(deps: InsightDeps, agreementId: string): Promise<Result<Forecast>> {
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const agreement = await deps.agreements.find(agreementId);
  const nowMs = deps.runtime.nowMs();
  const periodId = periodOf(nowMs);
  const before = previousPeriod(periodId);
  const running = await readRunningUsage(deps.store, agreementId);
  const books = await read(deps.store, agreementBooks.at(agreementId));
  const [last] = (await lastPeriods(deps, agreementId, 1)).slice(-1);
  const facts = last === undefined ? undefined : await factsIn(deps, agreementId, [last]);
  const declared = facts?.ok ? facts.value[0]?.declaration : undefined;
  const budget = await read(deps.store, budgets.at(agreementId));
  const ends = (await read(deps.store, partyEnds.at(agreementId))) ?? [];
  return forecastOf({
    terms: termsWithDays(terms.value, withNotices(NO_FIGURES, ends, periodId)),
    since: agreement?.terms.validFrom ?? "",
    until: agreement?.terms.validTo ?? "",
    hasEnded: agreement !== undefined && isOver(agreement),
    stopFen: budget?.hardStop === true ? budgetOf(budget, periodId) : null,
    periodId,
    month: running.months[periodId] ?? {},
    previous: running.months[before] ?? {},
    previousPeriodId: before,
    carry: books?.carry ?? null,
    declared: {
      resources: declared?.resources ?? null,
      costs: declared?.costs ?? null,
      maxRevenueFen: declared?.maxRevenueFen ?? null,
    },
    nowMs,
  });
}

async function disclosure(deps: InsightDeps, sources: DisclosureSources, year: string): Promise<Disclosure> {
  const nowMs = deps.runtime.nowMs();
  const signed = [...(await signedOfYear(deps, year)).values()].flat();
  const provided = new Set<string>();
  const unsigned: { agreementId: string; periodId: string }[] = [];
  for await (const { agreementId, periodId, provider, state } of settlementsOfYear(deps.store, year)) {
    if (provider !== deps.region) continue;
    provided.add(agreementId);
    if (state !== "agreed") unsigned.push({ agreementId, periodId });
  }
  const statements = signed.filter(({ agreementId }) => provided.has(agreementId));
  const authorisations = sources.authorisations();
  const ids = new Set([
    ...authorisations.flatMap(({ products, sources: resources }) => [...products, ...resources]),
    ...statements.flatMap(({ result }) => result.lines.map(({ productId }) => productId)),
  ]);
  const entries = new Map<string, EntryFacts>();
  for (const id of ids) {
    const entry = await sources.entry(id);
    if (entry !== undefined) entries.set(id, entry);
  }
  const { monthDay, rule, verified } = sources.due(nowMs);
  return disclosureOf({
    ...{ year, region: deps.region, regionName: sources.regionName, authorisations, entries, statements, unsigned },
    due: { on: `${Number(year) + 1}-${monthDay}`, rule, verified },
    today: chinaDateOf(nowMs),
  });
}

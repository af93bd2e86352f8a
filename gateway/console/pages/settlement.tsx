import { raw } from "hono/html";
import type { StatementMoney } from "../../../node/payments/money-state.ts";
import type { NettingView } from "../../../node/payments/netting-service.ts";
import type { PeriodView, StatementView } from "../../../node/settlement/period-view.ts";
import { moneyFlowSvg, shareBarSvg } from "../../reports/charts.ts";
import type { Names } from "../../reports/labels.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { BlockingTable } from "../parts/blocking.tsx";
import { Cards } from "../parts/cards.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { MoneyBadge } from "../parts/money-badge.tsx";
import { closedText, leadOf, ledgerText } from "../period-facts.ts";
import { holds, type View } from "../view.ts";
import { SettlementLines } from "./settlement-lines.tsx";
import { SettlementRegions } from "./settlement-regions.tsx";

const FORMATS = ["pdf", "xlsx", "csv", "json", "ledger", "hledger", "beancount"] as const;
const CHART_WIDTH = 1066;

export type SettlementModel = {
  readonly period: PeriodView;
  readonly names: Names;
  /** Rounds of netting, the newest last. */
  readonly plans: readonly NettingView[];
  readonly money: readonly StatementMoney[];
  readonly openDisputes: number;
  readonly done: string | undefined;
};

export function SettlementPage({ view, model }: { view: View; model: SettlementModel }) {
  const { period, done } = model;
  const { periodId, settlements } = period;
  const t = view.t.settlement;
  const signed = settlements.filter((one) => one.matched);
  const blocks = period.blocking.map((block) => {
    const found = settlements.find(({ agreementId }) => agreementId === block.agreementId);
    return { block, periodId, entryName: found?.entryName ?? block.agreementId };
  });
  return (
    <Layout view={view} title={`${periodId} ${t.title}`} place="settlements" done={done}>
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <div>
          <h1>{leadOf(view, period)}</h1>
          <p class="quiet facts">
            <span>{closedText(view, period)}</span>
            <span>
              {view.t.finance.ledger} {ledgerText(view, period)}
            </span>
            <span>{t.computed}</span>
          </p>
        </div>
        {signed.length === 0 ? null : <Downloads period={periodId} />}
      </header>
      {blocks.length === 0 ? null : (
        <section class="card waiting-card">
          <h2 class="card-header">{t.blocking}</h2>
          <BlockingTable view={view} blocks={blocks} />
        </section>
      )}
      <Cards cards={cardsOf(view, model)} />
      {signed.length === 0 ? null : <Pictures view={view} model={model} signed={signed} />}
      <SettlementLines view={view} period={period} />
      <SettlementRegions view={view} period={period} />
      <div class="columns">
        <Statements view={view} model={model} />
        <Netting view={view} model={model} />
      </div>
    </Layout>
  );
}

export function Downloads({ period, agreement }: { period: string; agreement?: string }) {
  const query = agreement === undefined ? "" : `&agreement=${encodeURIComponent(agreement)}`;
  return (
    <p class="actions">
      {FORMATS.map((format) => (
        <a class="btn btn-sm" href={`/console/settlements/${period}/report?format=${format}${query}`}>
          {format.length <= 4 ? format.toUpperCase() : format}
        </a>
      ))}
    </p>
  );
}

function cardsOf(view: View, { period, openDisputes }: SettlementModel): (readonly [string, string, string?])[] {
  const t = view.t.settlement;
  const ofDisputes = `/console/settlements/disputes?period=${period.periodId}`;
  const disputed = period.settlements.reduce((sum, one) => sum + BigInt(one.statement?.result.disputedFen ?? "0"), 0n);
  const receipts = period.settlements.reduce((sum, one) => sum + BigInt(one.statement?.receiptCount ?? "0"), 0n);
  return [
    [t.gross, t.yuan(yuan(period.grossFen))],
    ...period.perRegion.map(({ region, fen }): [string, string] => [
      t.ofRegion(view.nameOf(region)),
      t.yuan(yuan(fen)),
    ]),
    openDisputes > 0 ? [t.disputed, t.yuan(yuan(disputed)), ofDisputes] : [t.disputed, t.yuan(yuan(disputed))],
    [t.receiptCount, quantity(receipts.toString())],
  ];
}

type SignedProps = { view: View; model: SettlementModel; signed: readonly StatementView[] };

function Pictures({ view, model: { names }, signed }: SignedProps) {
  const t = view.t.settlement;
  const statements = signed.flatMap(({ statement }) => statement ?? []);
  const options = { names, width: CHART_WIDTH };
  return (
    <section class="card">
      <h2 class="card-header">{t.flow}</h2>
      <div class="card-body picture">{raw(shareBarSvg(statements, options))}</div>
      <details class="card-body">
        <summary>{t.money}</summary>
        <div class="picture">
          {signed.map(({ statement, consumer }) =>
            statement === null ? null : raw(moneyFlowSvg(statement, { ...options, payer: consumer })),
          )}
        </div>
      </details>
    </section>
  );
}

function Netting({ view, model: { plans, period } }: { view: View; model: SettlementModel }) {
  const t = view.t.settlement;
  const latest = plans.at(-1);
  return (
    <section class="card">
      <h2 class="card-header">{t.netting}</h2>
      <div class="card-body">
        <p>{latest === undefined ? view.t.netting.none : view.t.netting.leads[latest.state]}</p>
        <ul class="lines">
          {(latest?.payments ?? []).map(({ from, to, fen }) => (
            <li class="meter">
              <span>{t.pays(view.nameOf(from), view.nameOf(to))}</span> <strong class="num">{t.yuan(yuan(fen))}</strong>
            </li>
          ))}
        </ul>
      </div>
      <p class="card-footer">
        <a href={`/console/settlements/${period.periodId}/net`}>{view.t.finance.netting}</a>
      </p>
    </section>
  );
}

function Statements({ view, model: { period, money } }: { view: View; model: SettlementModel }) {
  const t = view.t.settlement;
  return (
    <section class="card">
      <h2 class="card-header">{t.statements}</h2>
      <ul class="card-body lines">
        {period.settlements.map((one) => {
          const paid = money.find(({ agreementId }) => agreementId === one.agreementId);
          return (
            <li>
              <span class={`dot ${one.matched ? "live" : "stale"}`}></span>
              <a href={`/console/settlements/${one.periodId}/${encodeURIComponent(one.agreementId)}`}>
                {one.entryName}
              </a>{" "}
              {t.states[one.state]} <DigestText digest={one.digest} />{" "}
              {paid === undefined ? null : <MoneyBadge view={view} money={paid} />}
            </li>
          );
        })}
      </ul>
      {holds(view, "finance") ? (
        <p class="card-footer">
          <a href={`/console/settlements/close?period=${period.periodId}`}>
            {period.closed === null ? view.t.finance.close : view.t.finance.closeAgain}
          </a>
        </p>
      ) : null}
    </section>
  );
}

import { raw } from "hono/html";
import type { PeriodView, StatementView } from "../../../node/settlement/period-view.ts";
import { moneyFlowSvg, shareBarSvg } from "../../reports/charts.ts";
import type { Names } from "../../reports/labels.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { Cards } from "../parts/cards.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { Layout } from "../parts/layout.tsx";
import { ReasonLine } from "../parts/reason.tsx";
import type { View } from "../view.ts";
import { SettlementLines } from "./settlement-lines.tsx";
import { closedText, leadOf } from "./settlements.tsx";

const FORMATS = ["pdf", "xlsx", "csv", "json", "ledger", "hledger", "beancount"] as const;
const CHART_WIDTH = 1066;

export type SettlementModel = {
  readonly period: PeriodView;
  readonly names: Names;
  readonly netting: readonly { readonly from: string; readonly to: string; readonly fen: string }[];
  readonly done: string | undefined;
};

export function SettlementPage({ view, model }: { view: View; model: SettlementModel }) {
  const { period, done } = model;
  const t = view.t.settlement;
  const signed = period.settlements.filter((one) => one.matched);
  return (
    <Layout view={view} title={`${period.periodId} ${t.title}`} place="settlements" done={done}>
      <header class="head">
        <div>
          <h1>{leadOf(view, period)}</h1>
          <p class="quiet facts">
            {Object.entries(period.digests).map(([region, digest]) => (
              <span>
                {t.digestOf(view.nameOf(region))} <DigestText digest={digest} />
              </span>
            ))}
            <span>{t.computed}</span>
            <span>{closedText(view, period)}</span>
          </p>
        </div>
        {signed.length === 0 ? null : <Downloads period={period.periodId} />}
      </header>
      <Blocking view={view} period={period} />
      <Cards cards={cardsOf(view, period)} />
      {signed.length === 0 ? null : <Pictures view={view} model={model} signed={signed} />}
      <SettlementLines view={view} period={period} />
      <div class="columns">
        <Netting view={view} model={model} />
        <Evidence view={view} period={period} />
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

function Blocking({ view, period: { periodId, blocking } }: { view: View; period: PeriodView }) {
  if (blocking.length === 0) return null;
  return (
    <section class="banner">
      <p>
        <strong>{view.t.settlement.blocking}</strong>
      </p>
      <ul class="lines">
        {blocking.map((reason) => (
          <li>
            <a href={`/console/settlements/${periodId}/${encodeURIComponent(reason.agreementId)}`}>→</a>{" "}
            <ReasonLine view={view} reason={reason} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function cardsOf(view: View, period: PeriodView): [string, string][] {
  const t = view.t.settlement;
  const disputed = period.settlements.reduce((sum, one) => sum + BigInt(one.statement?.result.disputedFen ?? "0"), 0n);
  const receipts = period.settlements.reduce((sum, one) => sum + BigInt(one.statement?.receiptCount ?? "0"), 0n);
  return [
    [t.gross, t.yuan(yuan(period.grossFen))],
    ...period.perRegion.map(({ region, fen }): [string, string] => [
      t.ofRegion(view.nameOf(region)),
      t.yuan(yuan(fen)),
    ]),
    [t.disputed, t.yuan(yuan(disputed))],
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

function Netting({ view, model: { netting } }: { view: View; model: SettlementModel }) {
  const t = view.t.settlement;
  return (
    <section class="card">
      <h2 class="card-header">{t.netting}</h2>
      <ul class="card-body lines">
        {netting.length === 0 ? <li>—</li> : null}
        {netting.map(({ from, to, fen }) => (
          <li class="meter">
            <span>{t.pays(view.nameOf(from), view.nameOf(to))}</span> <strong class="num">{t.yuan(yuan(fen))}</strong>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Evidence({ view, period }: { view: View; period: PeriodView }) {
  const t = view.t.settlement;
  return (
    <section class="card">
      <h2 class="card-header">{t.evidence}</h2>
      <ul class="card-body lines">
        {period.settlements.map((one) => (
          <li>
            <span class={`dot ${one.matched ? "live" : "stale"}`}></span>
            <a href={`/console/settlements/${one.periodId}/${encodeURIComponent(one.agreementId)}`}>{one.entryName}</a>{" "}
            {t.states[one.state]} <DigestText digest={one.digest} />
          </li>
        ))}
      </ul>
    </section>
  );
}

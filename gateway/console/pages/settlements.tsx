import type { Ageing } from "../../../node/payments/ageing.ts";
import type { PeriodView } from "../../../node/settlement/period-view.ts";
import { yuan } from "../../reports/money.ts";
import { AgeingTable } from "../parts/ageing-table.tsx";
import { BlockingTable } from "../parts/blocking.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { closedText, leadOf, ledgerText, regionStandings } from "../period-facts.ts";
import { titled } from "../punctuation.ts";
import { holds, type View } from "../view.ts";

export type FinanceModel = {
  readonly periods: readonly PeriodView[];
  /** Disputes that are not settled, by period. */
  readonly disputes: ReadonlyMap<string, number>;
  readonly ageing: Ageing;
  /** The month to close next. */
  readonly suggested: string;
};

/** The finance page: what blocks closing, where each period stands in each region, what is owed. */
export function SettlementsPage({ view, model }: { view: View; model: FinanceModel }) {
  const { periods, ageing, suggested } = model;
  const t = view.t.finance;
  const blocks = periods.flatMap(({ periodId, blocking, settlements }) =>
    blocking.map((block) => {
      const found = settlements.find(({ agreementId }) => agreementId === block.agreementId);
      return { block, periodId, entryName: found?.entryName ?? block.agreementId };
    }),
  );
  return (
    <Layout view={view} title={view.t.settlement.title} place="settlements">
      <FinanceTabs view={view} current="periods" />
      <header class="head">
        <div>
          <h1>{blocks.length === 0 ? t.leadClear : t.leadBlocked(blocks.length)}</h1>
          <p class="quiet facts">{periods[0] === undefined ? null : <span>{leadOf(view, periods[0])}</span>}</p>
        </div>
        <p class="actions">
          {holds(view, "finance") ? (
            <a class="btn btn-primary" href={`/console/settlements/close?period=${suggested}`}>
              {t.close}
            </a>
          ) : (
            <span class="quiet">{t.mayClose}</span>
          )}
        </p>
      </header>
      {blocks.length === 0 ? null : (
        <section class="card waiting-card">
          <h2 class="card-header">{view.t.settlement.blocking}</h2>
          <BlockingTable view={view} blocks={blocks} />
        </section>
      )}
      <section class="card" id="periods">
        <h2 class="card-header">{t.periodsTitle}</h2>
        <Periods view={view} model={model} />
      </section>
      <section class="card">
        <h2 class="card-header">
          <a href="/console/payments">{view.t.payments.ageing}</a>{" "}
          <small class="quiet">{view.t.payments.asOf(ageing.asOf)}</small>
        </h2>
        <AgeingTable view={view} ageing={ageing} />
      </section>
    </Layout>
  );
}

function Periods({ view, model: { periods, disputes } }: { view: View; model: FinanceModel }) {
  const t = view.t.finance;
  const { settlement } = view.t;
  if (periods.length === 0) return <p class="card-body">{settlement.none}</p>;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{settlement.period}</th>
            <th scope="col">{t.byRegion}</th>
            <th scope="col" class="num">
              {settlement.amount}
            </th>
            <th scope="col">{t.blocking}</th>
            <th scope="col">{t.disputes}</th>
            <th scope="col">{settlement.closeTitle}</th>
            <th scope="col">{t.ledger}</th>
          </tr>
        </thead>
        <tbody>
          {periods.map((period) => {
            const open = disputes.get(period.periodId) ?? 0;
            return (
              <tr>
                <th scope="row" class="keep">
                  <a href={`/console/settlements/${period.periodId}`}>{period.periodId}</a>
                </th>
                <td>
                  <RegionStates view={view} period={period} />
                </td>
                <td class="num">{yuan(period.grossFen)}</td>
                <td class="keep">
                  <span class={`marker ${period.blocking.length === 0 ? "good" : "warn"}`}>
                    {period.blocking.length === 0 ? t.none : t.things(period.blocking.length)}
                  </span>
                </td>
                <td class="keep">
                  {open === 0 ? (
                    t.none
                  ) : (
                    <a href={`/console/settlements/disputes?period=${period.periodId}`}>{t.openDisputes(open)}</a>
                  )}
                </td>
                <td>{closedText(view, period)}</td>
                <td>{ledgerText(view, period)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function RegionStates({ view, period }: { view: View; period: PeriodView }) {
  const t = view.t.finance;
  return (
    <ul class="lines tight">
      {regionStandings(view.region.id, period).map(({ region, statements, computed, signed }) => (
        <li class="keep">
          <span class={`dot ${signed === statements ? "live" : "stale"}`}></span>
          {titled(view, view.nameOf(region), `${t.computed(computed, statements)} · ${t.signed(signed, statements)}`)}
        </li>
      ))}
    </ul>
  );
}

import type { DisputeView } from "../../../node/settlement/dispute-view.ts";
import { quantity } from "../../reports/money.ts";
import { DisputeBadge } from "../parts/dispute-badge.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { Due, turnName } from "../parts/reason.tsx";
import { Time } from "../parts/time.tsx";
import { disputePath, statementPath } from "../statement-paths.ts";
import type { View } from "../view.ts";

export type DisputesModel = {
  readonly disputes: readonly DisputeView[];
  /** Of one period alone. */
  readonly period: string | undefined;
  /** What the agreement's entry is called. */
  readonly entryName: (agreementId: string) => string;
  readonly done: string | undefined;
};

/** Whose turn it is in each dispute, until when. */
export function DisputesPage({ view, model }: { view: View; model: DisputesModel }) {
  const { disputes, period, entryName, done } = model;
  const t = view.t.dispute;
  const open = disputes.filter(({ settled }) => !settled);
  return (
    <Layout view={view} title={t.title} place="settlements" done={done}>
      <FinanceTabs view={view} current="disputes" />
      <header class="head">
        <div>
          <h1>{t.lead(open.length)}</h1>
          {period === undefined ? null : (
            <p class="quiet facts">
              <span>
                <a href={`/console/settlements/${period}`}>{period}</a>
              </span>
              <span>
                <a href="/console/settlements/disputes">{view.t.negotiation.filterAll}</a>
              </span>
            </p>
          )}
        </div>
      </header>
      <section class="card scroll">
        {disputes.length === 0 ? (
          <p class="card-body">
            {t.empty} <a href="/console/settlements">{view.t.settlement.title}</a>
          </p>
        ) : (
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.about}</th>
                <th scope="col">{t.reason}</th>
                <th scope="col" class="num">
                  {t.receipts}
                </th>
                <th scope="col">{t.state}</th>
                <th scope="col">{t.turn}</th>
              </tr>
            </thead>
            <tbody>
              {[...open, ...disputes.filter(({ settled }) => settled)].map((dispute) => (
                <Row view={view} dispute={dispute} name={entryName(dispute.agreementId)} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </Layout>
  );
}

function Row({ view, dispute, name }: { view: View; dispute: DisputeView; name: string }) {
  const { periodId, openedAt, openedBy, receiptIds, reason, standing } = dispute;
  return (
    <tr>
      <th scope="row">
        <a href={disputePath(dispute)}>{name}</a>
        <br />
        <small>
          <a href={statementPath(dispute)}>{periodId}</a>
        </small>
      </th>
      <td>
        {reason === "" ? "—" : reason}
        <br />
        <small class="quiet">
          {view.nameOf(openedBy)} <Time view={view} at={openedAt} />
        </small>
      </td>
      <td class="num">{quantity(String(receiptIds.length))}</td>
      <td class="keep">
        <DisputeBadge view={view} dispute={dispute} />
      </td>
      <td class="keep">
        {standing === null ? (
          "—"
        ) : (
          <>
            {standing.turn === null ? null : (
              <>
                <strong>{turnName(view, standing.turn)}</strong>
                <br />
              </>
            )}
            {standing.until === null ? view.t.finance.noDue : <Due view={view} reason={standing} />}
          </>
        )}
      </td>
    </tr>
  );
}

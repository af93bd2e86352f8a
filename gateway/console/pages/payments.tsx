import type { Ageing } from "../../../node/payments/ageing.ts";
import type { PaymentView } from "../../../node/payments/list-payments.ts";
import { yuan } from "../../reports/money.ts";
import { dueDay } from "../format.ts";
import { AgeingTable } from "../parts/ageing-table.tsx";
import { FinanceTabs } from "../parts/finance-tabs.tsx";
import { Layout } from "../parts/layout.tsx";
import { RuleName, Unverified } from "../parts/reason.tsx";
import { statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";
import { PaymentRow } from "./payment-row.tsx";

export type PaymentsModel = {
  readonly ageing: Ageing;
  readonly open: readonly PaymentView[];
  readonly proposed: readonly PaymentView[];
  /** More rows are open than are shown. */
  readonly next: string | null;
  /** More are proposed than are shown: those first are to be decided first. */
  readonly proposedNext: string | null;
  /** What one person left out and may be claimed again. */
  readonly rejected: readonly PaymentView[];
  readonly rejectedNext: string | null;
  readonly done: string | undefined;
};

/** What has to be decided about money that came or went, and what is still owed. */
export function PaymentsPage({ view, model }: { view: View; model: PaymentsModel }) {
  const { ageing, open, proposed, next, proposedNext, rejected, rejectedNext, done } = model;
  const t = view.t.payments;
  const late = ageing.items
    .filter(({ side, daysOverdue }) => side === "receivable" && daysOverdue > 0)
    .reduce((sum, { fen }) => sum + BigInt(fen), 0n);
  return (
    <Layout view={view} title={t.title} place="settlements" done={done}>
      <FinanceTabs view={view} current="payments" />
      <header class="head">
        <div>
          <h1>
            {t.lead(open.length + proposed.length, next !== null || proposedNext !== null)}
            {late === 0n ? "" : ` · ${t.overdue(yuan(late))}`}
          </h1>
        </div>
        <p class="actions">
          {holds(view, "finance") ? (
            <a class="btn btn-primary" href="/console/payments/import">
              {t.importLink}
            </a>
          ) : (
            <span class="quiet">{t.importNeeds}</span>
          )}
        </p>
      </header>
      {proposed.length === 0 ? null : (
        <section class="card" id="proposed">
          <h2 class="card-header">{t.proposed}</h2>
          <Rows view={view} rows={proposed} />
        </section>
      )}
      <section class="card" id="open">
        <h2 class="card-header">{t.open}</h2>
        {open.length === 0 ? <p class="card-body quiet">{t.nothingOpen}</p> : <Rows view={view} rows={open} />}
        {next === null ? null : (
          <p class="card-footer">
            <a href={`/console/payments?cursor=${encodeURIComponent(next)}`}>{t.more}</a>
          </p>
        )}
      </section>
      {rejected.length === 0 ? null : (
        <section class="card" id="rejected">
          <h2 class="card-header">
            {t.setAside} <small class="quiet">{t.setAsideHint}</small>
          </h2>
          <Rows view={view} rows={rejected} />
          {rejectedNext === null ? null : (
            <p class="card-footer">
              <a href={`/console/payments?rejected=${encodeURIComponent(rejectedNext)}#rejected`}>{t.more}</a>
            </p>
          )}
        </section>
      )}
      <section class="card" id="ageing">
        <h2 class="card-header">
          {t.ageing} <small class="quiet">{t.asOf(ageing.asOf)}</small>
        </h2>
        <AgeingTable view={view} ageing={ageing} />
        <Items view={view} ageing={ageing} />
      </section>
    </Layout>
  );
}

function Rows({ view, rows }: { view: View; rows: readonly PaymentView[] }) {
  const t = view.t.payments;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.date}</th>
            <th scope="col">{t.party}</th>
            <th scope="col">{t.text}</th>
            <th scope="col" class="num">
              {t.amount}
            </th>
            <th scope="col">{t.suggestions}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((payment) => (
            <PaymentRow view={view} payment={payment} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Each thing owed, with the rule that says by when. */
function Items({ view, ageing: { items } }: { view: View; ageing: Ageing }) {
  const t = view.t.payments;
  if (items.length === 0) return null;
  return (
    <div class="scroll">
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.items}</th>
            <th scope="col">{t.counterparty}</th>
            <th scope="col">{t.side}</th>
            <th scope="col">{view.t.finance.due}</th>
            <th scope="col" class="num">
              {t.amount}
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map(({ kind, id, periodId, counterparty, side, fen, dueAt, dueRule, dueVerified, daysOverdue }) => (
            <tr>
              <th scope="row">
                <a
                  href={
                    kind === "due"
                      ? `/console/settlements/${periodId}/net`
                      : statementPath({ periodId, agreementId: id })
                  }
                >
                  {t.kinds[kind]}
                </a>{" "}
                {periodId}
                {kind === "due" ? <code class="block">{id}</code> : null}
              </th>
              <td>{view.nameOf(counterparty)}</td>
              <td>{t.sides[side]}</td>
              <td>
                <span class={daysOverdue > 0 ? "late" : ""}>
                  {dueAt === null ? view.t.finance.noDue : `${dueDay(dueAt, view.language)} · ${t.days(daysOverdue)}`}
                </span>{" "}
                <small class="quiet">
                  <RuleName view={view} rule={dueRule} />
                  {dueVerified ? null : <Unverified view={view} />}
                </small>
              </td>
              <td class="num">{yuan(fen)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

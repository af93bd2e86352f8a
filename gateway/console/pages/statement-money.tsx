import { yuan } from "../../reports/money.ts";
import { dueDay, fullTime } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";
import { MoneyBadge } from "../parts/money-badge.tsx";
import { RuleName, Unverified } from "../parts/reason.tsx";
import type { StatementModel } from "../statement-model.ts";
import { statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";

/** Agreed, invoiced, paid or overdue; by which rule it is due, in which plan it is netted. */
export function Money({ view, model: { one, money, invoice } }: { view: View; model: StatementModel }) {
  const t = view.t.statement;
  if (money === undefined) return null;
  const { dueAt, dueRule, dueVerified, round, invoices, payments } = money;
  return (
    <section class="card" id="money">
      <h2 class="card-header">
        {t.moneyTitle} <MoneyBadge view={view} money={money} />
      </h2>
      <ul class="card-body lines">
        <li>
          {dueAt === null ? t.noDueRule : <span title={fullTime(dueAt)}>{t.dueBy(dueDay(dueAt, view.language))}</span>}{" "}
          <small class="quiet">
            {view.t.reason.rule} <RuleName view={view} rule={dueRule} />
            {dueVerified ? null : <Unverified view={view} />}
          </small>
        </li>
        <li>
          <a href={`/console/settlements/${one.periodId}/net`}>{round === null ? t.noPlan : t.plan(round)}</a>
        </li>
        {payments.map(({ reference, from, to, fen, paidFen }) => (
          <li class="meter">
            <span>
              {view.t.settlement.pays(view.nameOf(from), view.nameOf(to))} <code>{reference}</code>
            </span>{" "}
            <span class="num">
              {yuan(paidFen)} / {view.t.settlement.yuan(yuan(fen))}
            </span>
          </li>
        ))}
        <li>
          {t.invoices}{" "}
          {invoices.length === 0
            ? t.noInvoice
            : invoices.map(({ number, date, fen, issuer }) => (
                <span class="block">
                  {t.invoiceOf(number, date, yuan(fen))} · {view.nameOf(issuer)}
                </span>
              ))}
        </li>
      </ul>
      {invoice === undefined || !holds(view, "finance") ? null : (
        <div class="card-body">
          <Confirm
            view={view}
            action={`${statementPath(one)}/invoice`}
            label={t.record}
            willHappen={t.recordWill}
            confirm={view.t.negotiation.confirm}
          >
            <label class="form-label" for="number">
              {t.number}
            </label>
            <input class="form-control" id="number" name="number" maxlength={64} required />
            <label class="form-label" for="date">
              {t.date}
            </label>
            <input class="form-control" id="date" name="date" type="date" required />
            <label class="form-label" for="fen">
              {t.whole}
            </label>
            <input
              class="form-control num"
              id="fen"
              name="fen"
              inputmode="decimal"
              placeholder={yuan(invoice.amountFen)}
            />
          </Confirm>
        </div>
      )}
    </section>
  );
}

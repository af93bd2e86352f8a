import type { InvoiceFacts } from "../../../node/payments/invoice-facts.ts";
import type { Invoice } from "../../../node/payments/model.ts";
import { yuan } from "../../reports/money.ts";
import { dueDay, fullTime } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";
import { MoneyBadge } from "../parts/money-badge.tsx";
import { RuleName, Unverified } from "../parts/reason.tsx";
import type { StatementModel } from "../statement-model.ts";
import { statementPath } from "../statement-paths.ts";
import { holds, type View } from "../view.ts";

/** Agreed, invoiced, paid or overdue; by which rule it is due, in which plan it is netted. */
export function Money({ view, model: { one: statement, money, invoice } }: { view: View; model: StatementModel }) {
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
          <a href={`/console/settlements/${statement.periodId}/net`}>{round === null ? t.noPlan : t.plan(round)}</a>
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
          {t.invoices} {invoices.length === 0 ? t.noInvoice : null}
          {invoices.map((one) => (
            <InvoiceLine view={view} path={`${statementPath(statement)}/invoice/cancel`} invoice={one} />
          ))}
        </li>
        {invoice === undefined || invoice.seller === view.region.id ? null : (
          <li class="quiet">{t.invoiceByPeer(view.nameOf(invoice.seller))}</li>
        )}
      </ul>
      {invoice === undefined || !mayRecord(view, invoice) ? null : (
        <div class="card-body">
          <Confirm
            view={view}
            action={`${statementPath(statement)}/invoice`}
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
              placeholder={yuan(invoice.leftFen)}
            />
          </Confirm>
        </div>
      )}
    </section>
  );
}

/** An invoice is the seller's, and only while there is something left to invoice. */
const mayRecord = (view: View, { seller, leftFen }: InvoiceFacts) =>
  holds(view, "finance") && seller === view.region.id && leftFen !== "0";

function InvoiceLine({ view, path, invoice }: { view: View; path: string; invoice: Invoice }) {
  const t = view.t.statement;
  const { number, date, fen, issuer, cancelledAt, cancelledFor = "" } = invoice;
  const facts = `${t.invoiceOf(number, date, yuan(fen))} · ${view.nameOf(issuer)}`;
  if (cancelledAt !== undefined) {
    return (
      <div class="quiet">
        <s>{facts}</s> {t.invoiceCancelled(cancelledFor)}
      </div>
    );
  }
  const field = `why-${number}`;
  return (
    <div>
      {facts}
      {holds(view, "finance") && issuer === view.region.id ? (
        <Confirm
          view={view}
          action={path}
          label={t.cancelInvoice}
          willHappen={t.cancelInvoiceWill}
          confirm={view.t.negotiation.confirm}
          tone="danger"
        >
          <input type="hidden" name="number" value={number} />
          <label class="form-label" for={field}>
            {t.cancelReason}
          </label>
          <input class="form-control" id={field} name="reason" maxlength={500} required />
        </Confirm>
      ) : null}
    </div>
  );
}

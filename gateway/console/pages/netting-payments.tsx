import type { NettingView } from "../../../node/payments/netting-service.ts";
import { yuan } from "../../reports/money.ts";
import { dueDay, fullTime } from "../format.ts";
import { Time } from "../parts/time.tsx";
import type { View } from "../view.ts";

/** Who has to pay what, with the reference that finds its way back, and what has arrived. */
export function NettingPayments({ view, plan: { payments, digest, signedAt } }: { view: View; plan: NettingView }) {
  const t = view.t.netting;
  // Until all regions have signed, no day is known; that says nothing of the rule.
  const noDay = signedAt === null ? t.dueWhenSigned : view.t.finance.noDue;
  if (digest === null) return null;
  return (
    <section class="card">
      <h2 class="card-header">
        {t.payments} <small class="quiet">{t.referenceHint}</small>
      </h2>
      {payments.length === 0 ? (
        <p class="card-body">{t.noPayments}</p>
      ) : (
        <div class="scroll">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.from}</th>
                <th scope="col">{t.to}</th>
                <th scope="col">{t.reference}</th>
                <th scope="col" class="num">
                  {t.amount}
                </th>
                <th scope="col">{t.due}</th>
                <th scope="col" class="num">
                  {t.paid}
                </th>
                <th scope="col">{t.confirmed}</th>
              </tr>
            </thead>
            <tbody>
              {payments.map(({ from, to, reference, fen, dueAt, paidFen, confirmedAt }) => (
                <tr>
                  <th scope="row">{view.nameOf(from)}</th>
                  <td>{view.nameOf(to)}</td>
                  <td>
                    <code>{reference}</code>
                  </td>
                  <td class="num">{yuan(fen)}</td>
                  <td class="keep" title={dueAt === null ? undefined : fullTime(dueAt)}>
                    {dueAt === null ? noDay : dueDay(dueAt, view.language)}
                  </td>
                  <td class="num">{yuan(paidFen)}</td>
                  <td class="keep">{confirmedAt === null ? t.notConfirmed : <Time view={view} at={confirmedAt} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

import type { PeriodView } from "../../../node/settlement/period-view.ts";
import { yuan } from "../../reports/money.ts";
import { shortTime } from "../format.ts";
import { CommentField, Confirm } from "../parts/confirm.tsx";
import { Layout } from "../parts/layout.tsx";
import { aside } from "../punctuation.ts";
import { holds, type View } from "../view.ts";

type Props = { view: View; periods: readonly PeriodView[]; suggested: string };

export function SettlementsPage({ view, periods, suggested }: Props) {
  const t = view.t.settlement;
  const latest = periods[0];
  return (
    <Layout view={view} title={t.title} place="settlements">
      <header class="head">
        <h1>{latest === undefined ? t.title : leadOf(view, latest)}</h1>
      </header>
      <section class="card">
        {periods.length === 0 ? (
          <p class="card-body">{t.none}</p>
        ) : (
          <div class="scroll">
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{t.period}</th>
                  <th scope="col">{t.statements}</th>
                  <th scope="col" class="num">
                    {t.amount}
                  </th>
                  <th scope="col">{t.closeTitle}</th>
                </tr>
              </thead>
              <tbody>
                {periods.map((period) => (
                  <tr>
                    <th scope="row">
                      <a href={`/console/settlements/${period.periodId}`}>{period.periodId}</a>
                    </th>
                    <td>
                      <span class={`marker ${period.matched ? "good" : "warn"}`}>
                        {period.settlements.length} · {period.matched ? t.matched : t.notMatched}
                      </span>
                    </td>
                    <td class="num">{yuan(period.grossFen)}</td>
                    <td class="keep">{closedText(view, period)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
      <section class="card">
        <h2 class="card-header">{t.closeTitle}</h2>
        <div class="card-body">
          {holds(view, "finance") ? <CloseForm view={view} period={suggested} /> : <p>{t.needsFinance}</p>}
        </div>
      </section>
    </Layout>
  );
}

export function leadOf({ t }: View, { periodId, settlements, matched }: PeriodView): string {
  const open = settlements.filter((one) => !one.matched).length;
  const [year = "", month = ""] = periodId.split("-");
  const name = t.settlement.month(year, String(Number(month)));
  return matched || open === 0 ? t.settlement.lead(name) : t.settlement.leadOpen(name, open);
}

export function closedText(view: View, { closed }: PeriodView): string {
  if (closed === null) return "—";
  const t = view.t.settlement;
  return `${t.closedAt(shortTime(closed.closedAt, view.nowMs))}${closed.early ? aside(view, t.early) : ""}`;
}

function CloseForm({ view, period }: { view: View; period: string }) {
  const t = view.t.settlement;
  return (
    <Confirm
      view={view}
      action="/console/settlements/close"
      label={t.close}
      willHappen={t.closeWill}
      confirm={view.t.negotiation.confirm}
      tone="primary"
    >
      <label class="form-label" for="period">
        {t.closeMonth}
      </label>
      <input
        class="form-control"
        id="period"
        name="period"
        value={period}
        pattern="[0-9]{4}-(0[1-9]|1[0-2])"
        required
      />
      <label class="form-check">
        <input class="form-check-input" type="checkbox" name="early" value="true" />
        <span class="form-check-label">{t.closeEarly}</span>
      </label>
      <CommentField id="reason" name="reason" label={t.closeReason} />
    </Confirm>
  );
}

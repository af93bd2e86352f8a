import type { Agreement } from "../../../node/negotiation/model.ts";
import { alertTitle, measureWord } from "../../../node/settlement/insight/alert-words.ts";
import { alertsToNote } from "../../../node/settlement/insight/alerts.ts";
import { type Alert, THRESHOLDS } from "../../../node/settlement/insight/budget-model.ts";
import type { GaugeView, UsageView } from "../../../node/settlement/insight/usage-view.ts";
import { INSIGHT_READERS } from "../../readers.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { bytes, shortTime } from "../format.ts";
import { Confirm } from "../parts/confirm.tsx";
import { metricName } from "../party-name.ts";
import { holds, say, type View } from "../view.ts";
import { BudgetForm } from "./budget-form.tsx";

type Props = { view: View; agreement: Agreement; usage: UsageView };

/** The running month while it happens; the open page renews it. */
export function LiveUsage({ view, agreement, usage }: Props) {
  const t = view.t.usage;
  const { gauges, lines, unsigned, unreceiptedCalls } = usage;
  const isPriced = agreement.terms.price !== null;
  const base = `/console/agreements/${encodeURIComponent(agreement.id)}`;
  const query = new URLSearchParams({ agreement: agreement.id });
  return (
    <section class="card">
      <h2 class="card-header">{t.title(usage.periodId)}</h2>
      <div class="card-body" id="usage" hx-get={base} hx-trigger="every 5s" hx-select="#usage" hx-swap="outerHTML">
        {isPriced ? (
          <p class="meter">
            <span>{t.soFar}</span> <strong class="num">{yuan(usage.amountFen)}</strong>
          </p>
        ) : null}
        {gauges.length === 0 ? <p class="quiet">{t.noLimit}</p> : null}
        {gauges.map((gauge) => (
          <Gauge view={view} gauge={gauge} alerts={usage.alerts} />
        ))}
        <Lines view={view} agreement={agreement} lines={lines} />
        <p class="quiet">
          {say(view, unsigned.text)}
          {unreceiptedCalls === "0" ? null : ` ${t.unreceipted(quantity(unreceiptedCalls))}`} ·{" "}
          {t.asOf(shortTime(usage.asOf, view.nowMs))}
        </p>
      </div>
      <Alerts view={view} base={base} alerts={usage.alerts} />
      {isPriced ? (
        <>
          <BudgetForm view={view} agreement={agreement} usage={usage} base={base} />
          <p class="card-footer">
            {holds(view, ...INSIGHT_READERS.whatIf) ? (
              <>
                <a href={`/console/what-if?${query}`}>{t.tryTerms}</a> ·{" "}
              </>
            ) : null}
            <a href={`/console/what-if/forecast?${query}`}>{t.outlook}</a>
          </p>
        </>
      ) : null}
    </section>
  );
}

function Gauge({ view, gauge, alerts }: { view: View; gauge: GaugeView; alerts: readonly Alert[] }) {
  const t = view.t.usage;
  const { measure, used, limit, left, usedBp } = gauge;
  const show = measure === "budget" ? yuan : measure === "maxBytes" ? bytes : quantity;
  const text = measure === "budget" ? t.spent(show(used), show(limit)) : t.of(show(used), show(limit));
  const percent = (Number(usedBp) / 100).toFixed(1);
  const own = alerts.filter((alert) => alert.measure === measure);
  return (
    <div class="gauge">
      <p class="meter">
        <span>{say(view, measureWord(measure))}</span> <span class="num">{text}</span>
        <progress value={usedBp} max={10_000} aria-label={say(view, measureWord(measure))}></progress>
      </p>
      <p class="markers">
        {THRESHOLDS.map((threshold) => {
          const at = own.find((alert) => alert.threshold === threshold)?.at;
          const tone = at === undefined ? "" : threshold === 100 ? "bad" : "warn";
          const title = at === undefined ? t.notReached(threshold) : t.reached(threshold, shortTime(at, view.nowMs));
          return (
            <span class={`marker ${tone}`} title={title}>
              {at === undefined ? "" : "✓ "}
              {threshold}%
            </span>
          );
        })}
        <small class="quiet">
          {t.percent(percent)} · {t.left(show(left))}
        </small>
      </p>
    </div>
  );
}

type LinesProps = { view: View; agreement: Agreement; lines: UsageView["lines"] };

function Lines({ view, agreement, lines }: LinesProps) {
  const t = view.t.usage;
  if (lines.length === 0) return <p class="quiet">{t.nothing}</p>;
  return (
    <dl class="facts-list">
      {lines.map(({ productId, metric, quantity: used, free, amountFen }) => (
        <>
          <dt>{productId === agreement.entry.id ? agreement.entry.name : productId}</dt>
          <dd>
            {metric === "bytes" ? bytes(used) : `${quantity(used)} ${metricName(view, metric)}`}
            {free === "0" ? null : ` · ${t.free} ${quantity(free)}`}
            {agreement.terms.price === null ? null : ` · ${view.t.insight.yuan(yuan(amountFen))}`}
          </dd>
        </>
      ))}
    </dl>
  );
}

function Alerts({ view, base, alerts }: { view: View; base: string; alerts: readonly Alert[] }) {
  const t = view.t.usage;
  const open = alertsToNote(alerts);
  if (open.length === 0) return null;
  const may = holds(view, "finance", "requester", "publisher");
  return (
    <div class="card-body">
      <h3 class="small-head">{t.alerts}</h3>
      <ul class="lines">
        {open.map((alert) => (
          <li class="actions">
            <span class={alert.threshold === 100 ? "late" : ""}>{say(view, alertTitle(alert))}</span>
            {may ? (
              <Confirm
                view={view}
                action={`${base}/alerts/${encodeURIComponent(alert.id)}`}
                label={t.acknowledge}
                willHappen={t.acknowledgeWill}
                confirm={view.t.negotiation.confirm}
              />
            ) : null}
          </li>
        ))}
      </ul>
      {may ? null : <p class="quiet">{t.mayAcknowledge}</p>}
    </div>
  );
}

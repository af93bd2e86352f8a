import type { Failure } from "../../../node/kernel/exchange-error.ts";
import type { Text } from "../../../node/kernel/text.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { Forecast, Outlook } from "../../../node/settlement/insight/forecast.ts";
import { quantity, yuan } from "../../reports/money.ts";
import { Cards } from "../parts/cards.tsx";
import { AgreementChoice, InsightFrame } from "../parts/insight-frame.tsx";
import { metricName, partyName } from "../party-name.ts";
import { aside } from "../punctuation.ts";
import { say, type View } from "../view.ts";

export type ForecastModel = {
  readonly agreements: readonly Agreement[];
  readonly agreement: Agreement | undefined;
  readonly forecast: Forecast | undefined;
  /** Why there is none yet; no mistake of whoever opens the page. */
  readonly notYet: Text | undefined;
  readonly error: Failure["error"] | undefined;
};

/** Where the running month is heading, with its range: a single number would claim to know. */
export function ForecastPage({ view, model }: { view: View; model: ForecastModel }) {
  const t = view.t.forecast;
  const { agreements, agreement, forecast, notYet, error } = model;
  const lead = forecast === undefined ? t.lead : t.expected(forecast.periodId, yuan(forecast.amountFen.expected));
  return (
    <InsightFrame view={view} current="forecast" title={t.title} lead={lead} agreement={agreement?.id} error={error}>
      <AgreementChoice view={view} action="/console/what-if/forecast" chosen={agreement?.id} agreements={agreements} />
      {notYet === undefined ? null : <p class="notice">{say(view, notYet)}</p>}
      {forecast === undefined ? null : <Outcome view={view} forecast={forecast} />}
    </InsightFrame>
  );
}

function Outcome({ view, forecast }: { view: View; forecast: Forecast }) {
  const t = view.t.forecast;
  const { amountFen, daysOver, daysLeft, daysSeen, method, parties, usage } = forecast;
  return (
    <>
      <Cards
        cards={[
          [t.soFar, yuan(amountFen.soFar)],
          [t.low, yuan(amountFen.low)],
          [t.middle, yuan(amountFen.expected)],
          [t.high, yuan(amountFen.high)],
        ]}
      />
      <section class="banner good">
        <p>
          <strong>{t.range(yuan(amountFen.low), yuan(amountFen.high))}</strong> · {t.days(daysOver, daysLeft, daysSeen)}
        </p>
        <p class="quiet">
          {t.method}: {say(view, method.text)}
        </p>
      </section>
      <div class="columns">
        {parties.length === 0 ? null : (
          <section class="card">
            <h2 class="card-header">{t.parties}</h2>
            <table class="table">
              <Head view={view} first={view.t.insight.party} />
              <tbody>
                {parties.map(({ partyId, ...outlook }) => (
                  <Range name={partyName(view, partyId)} title={partyId} outlook={outlook} show={yuan} />
                ))}
              </tbody>
            </table>
          </section>
        )}
        <section class="card">
          <h2 class="card-header">{t.usage}</h2>
          <table class="table">
            <Head view={view} first={t.purpose} />
            <tbody>
              {usage.map(({ productId, metric, purposeClass, ...outlook }) => (
                <Range
                  name={`${purposeName(view, purposeClass)}${aside(view, metricName(view, metric))}`}
                  title={productId}
                  outlook={outlook}
                  show={quantity}
                />
              ))}
            </tbody>
          </table>
        </section>
      </div>
    </>
  );
}

function purposeName(view: View, purposeClass: string): string {
  const names: { readonly [purposeClass: string]: string } = view.t.agreement.purposes;
  return names[purposeClass] ?? purposeClass;
}

function Head({ view, first }: { view: View; first: string }) {
  const t = view.t.forecast;
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        {t.columns.map((word) => (
          <th scope="col" class="num">
            {word}
          </th>
        ))}
      </tr>
    </thead>
  );
}

type RangeProps = { name: string; title: string; outlook: Outlook; show: (value: string) => string };

function Range({ name, title, outlook, show }: RangeProps) {
  return (
    <tr>
      <th scope="row" title={title}>
        {name}
      </th>
      <td class="num">{show(outlook.low)}</td>
      <td class="num">{show(outlook.expected)}</td>
      <td class="num">{show(outlook.high)}</td>
    </tr>
  );
}

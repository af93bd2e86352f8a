import type { Failure } from "../../../node/kernel/exchange-error.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { TrialBasis } from "../../../node/settlement/insight/service.ts";
import type { WhatIf, WhatIfPeriod } from "../../../node/settlement/insight/what-if.ts";
import { yuan } from "../../reports/money.ts";
import { AgreementChoice, InsightFrame } from "../parts/insight-frame.tsx";
import { difference, partyName } from "../party-name.ts";
import { say, type View } from "../view.ts";
import { type TrialFigures, TrialForm } from "./trial-form.tsx";

export type WhatIfModel = {
  readonly agreements: readonly Agreement[];
  readonly agreement: string | undefined;
  readonly basis: TrialBasis | undefined;
  readonly figures: TrialFigures | undefined;
  readonly result: WhatIf | undefined;
  /** The form was sent; else the figures are those of the signed terms. */
  readonly isAsked: boolean;
  readonly error: Failure["error"] | undefined;
};

/** The same use under other terms, before anyone signs. */
export function WhatIfPage({ view, model }: { view: View; model: WhatIfModel }) {
  const t = view.t.whatIf;
  const { agreements, agreement, basis, figures, result, isAsked, error } = model;
  return (
    <InsightFrame
      view={view}
      current="whatIf"
      title={t.title}
      lead={isAsked && result !== undefined ? leadOf(view, result) : t.lead}
      agreement={agreement}
      error={error}
      aside={<span class="marker info">{view.t.insight.nothingStored}</span>}
    >
      <AgreementChoice view={view} action="/console/what-if" chosen={agreement} agreements={agreements} />
      {agreement !== undefined && basis === undefined && error === undefined ? (
        <p class="notice">{view.t.insight.noPeriod}</p>
      ) : null}
      {basis === undefined || figures === undefined ? null : (
        <div class="columns trial">
          <TrialForm
            view={view}
            agreement={agreements.find(({ id }) => id === agreement)}
            basis={basis}
            figures={figures}
          />
          {result === undefined ? null : <Outcome view={view} result={result} />}
        </div>
      )}
    </InsightFrame>
  );
}

function leadOf({ t }: View, { amountBeforeFen, amountAfterFen }: WhatIf): string {
  if (amountBeforeFen === amountAfterFen) return t.whatIf.same(yuan(amountBeforeFen));
  return t.whatIf.result(yuan(amountBeforeFen), yuan(amountAfterFen));
}

function Outcome({ view, result }: { view: View; result: WhatIf }) {
  const t = view.t.whatIf;
  return (
    <div id="outcome">
      <section class="card">
        <h2 class="card-header">{t.partiesTitle}</h2>
        <p class="card-body">{say(view, result.text)}</p>
        <PartyTable view={view} parties={result.parties} total={result} />
      </section>
      <section class="card">
        <h2 class="card-header">{t.perPeriod}</h2>
        {result.periods.map((period) => (
          <Month view={view} period={period} />
        ))}
      </section>
    </div>
  );
}

type TableProps = {
  view: View;
  parties: WhatIf["parties"];
  total: Pick<WhatIf, "amountBeforeFen" | "amountAfterFen">;
};

function PartyTable({ view, parties, total }: TableProps) {
  const t = view.t.insight;
  const delta = (BigInt(total.amountAfterFen) - BigInt(total.amountBeforeFen)).toString();
  return (
    <table class="table tight" id="parties">
      <thead>
        <tr>
          <th scope="col">{t.party}</th>
          <th scope="col" class="num">
            {t.before}
          </th>
          <th scope="col" class="num">
            {t.after}
          </th>
          <th scope="col" class="num">
            {t.delta}
          </th>
        </tr>
      </thead>
      <tbody>
        {parties.map(({ partyId, beforeFen, afterFen, deltaFen }) => (
          <tr data-party={partyId}>
            <th scope="row" title={partyId}>
              {partyName(view, partyId)}
            </th>
            <td class="num">{yuan(beforeFen)}</td>
            <td class="num">{yuan(afterFen)}</td>
            <td class="num">{difference(deltaFen)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{t.total}</th>
          <td class="num">{yuan(total.amountBeforeFen)}</td>
          <td class="num">{yuan(total.amountAfterFen)}</td>
          <td class="num">{difference(delta)}</td>
        </tr>
      </tfoot>
    </table>
  );
}

/** Why each party would get its fen, down to price and quantity. */
function Month({ view, period }: { view: View; period: WhatIfPeriod }) {
  const t = view.t.whatIf;
  const { periodId, isSigned, amountBeforeFen, amountAfterFen, derivation } = period;
  const isDeferred = period.deferredBeforeFen !== "0" || period.deferredAfterFen !== "0";
  return (
    <details class="month">
      <summary class="card-body">
        <strong>{periodId}</strong>{" "}
        <span class="num">
          {yuan(amountBeforeFen)} → {yuan(amountAfterFen)}
        </span>{" "}
        <span class={`marker ${isSigned ? "good" : "warn"}`}>{isSigned ? t.signed : t.unsigned}</span>{" "}
        <span class="quiet">{t.derivation}</span>
      </summary>
      <div class="card-body">
        {isDeferred ? (
          <p class="quiet">{t.deferred(yuan(period.deferredBeforeFen), yuan(period.deferredAfterFen))}</p>
        ) : null}
        {derivation.map(({ partyId, text, parts, adjustment }) => (
          <div class="derived">
            <h3 title={partyId}>{partyName(view, partyId)}</h3>
            <p>{say(view, text)}</p>
            <ul>
              {parts.map((part) => (
                <li>{say(view, part.text)}</li>
              ))}
              {adjustment === null ? null : <li>{say(view, adjustment.text)}</li>}
            </ul>
          </div>
        ))}
      </div>
    </details>
  );
}

import type { Failure } from "../../../node/kernel/exchange-error.ts";
import type { SupplierOutcome, SupplierView } from "../../../node/settlement/insight/supplier.ts";
import { yuan } from "../../reports/money.ts";
import { namedParties } from "../named-parties.ts";
import { InsightFrame } from "../parts/insight-frame.tsx";
import { difference, partyName } from "../party-name.ts";
import { say, type View } from "../view.ts";

export type SupplierModel = {
  readonly parties: readonly string[];
  readonly years: readonly string[];
  readonly party: string;
  readonly year: string;
  /** Contributions that some agreement of the party shares by. */
  readonly metrics: readonly string[];
  /** Items of a coverage game, by number. */
  readonly items: readonly { readonly value: string; readonly isHeld: boolean }[];
  readonly written: (name: string) => string | undefined;
  readonly covers: readonly number[];
  readonly nameOfAgreement: (id: string) => string;
  readonly result: SupplierView | undefined;
  readonly error: Failure["error"] | undefined;
};

/** For whoever provides: what its unit would have got. */
export function SupplierPage({ view, model }: { view: View; model: SupplierModel }) {
  const t = view.t.supplier;
  const { result, party, year } = model;
  const lead = result === undefined ? t.lead : t.received(partyName(view, party), year, yuan(result.receivedFen));
  return (
    <InsightFrame
      view={view}
      current="supplier"
      title={t.title}
      lead={lead}
      error={model.error}
      aside={<span class="marker info">{view.t.insight.nothingStored}</span>}
    >
      {model.parties.length === 0 ? (
        <p class="notice">{view.t.insight.noAgreement}</p>
      ) : (
        <div class="columns trial">
          <SupplierForm view={view} model={model} />
          {result === undefined ? null : (
            <div>
              <Outcomes view={view} model={model} title={t.schemesTitle} outcomes={result.schemes} id="schemes" />
              {result.withAddition.length === 0 ? null : (
                <Outcomes
                  view={view}
                  model={model}
                  title={t.additionTitle}
                  outcomes={result.withAddition}
                  id="addition"
                />
              )}
            </div>
          )}
        </div>
      )}
    </InsightFrame>
  );
}

function SupplierForm({ view, model }: { view: View; model: SupplierModel }) {
  const t = view.t.supplier;
  const { parties, years, metrics, items } = model;
  return (
    <form class="card" id="trial" method="get" action="/console/what-if/supplier">
      <div class="card-body">
        <label class="form-label" for="party">
          {view.t.insight.party}
        </label>
        <select class="form-select" id="party" name="party">
          {parties.map((id) => (
            <option value={id} selected={id === model.party}>
              {partyName(view, id)}
            </option>
          ))}
        </select>
        <label class="form-label" for="year">
          {t.year}
        </label>
        <select class="form-select" id="year" name="year">
          {years.map((year) => (
            <option value={year} selected={year === model.year}>
              {year}
            </option>
          ))}
        </select>
        {metrics.length === 0 ? (
          <p class="form-hint">{t.noMetrics}</p>
        ) : (
          <fieldset>
            <legend>{t.adds}</legend>
            {metrics.map((metric) => (
              <p class="row-field">
                <label for={`add:${metric}`}>{metric}</label>
                <input
                  class="form-control num"
                  id={`add:${metric}`}
                  name={`add:${metric}`}
                  value={model.written(`add:${metric}`) ?? ""}
                  inputmode="decimal"
                />
              </p>
            ))}
            <p class="form-hint">{t.addsHint}</p>
          </fieldset>
        )}
        {items.length === 0 ? null : (
          <fieldset>
            <legend>{t.covers}</legend>
            {items.map(({ value, isHeld }, i) => (
              <label class="form-check">
                <input
                  type="checkbox"
                  class="form-check-input"
                  name="cover"
                  value={String(i)}
                  checked={isHeld || model.covers.includes(i)}
                  disabled={isHeld}
                />
                <span class="form-check-label">{t.item(i + 1, value)}</span>
              </label>
            ))}
          </fieldset>
        )}
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.show}
          </button>
        </p>
      </div>
    </form>
  );
}

type OutcomesProps = {
  view: View;
  model: SupplierModel;
  title: string;
  outcomes: readonly SupplierOutcome[];
  id: string;
};

function Outcomes({ view, model, title, outcomes, id }: OutcomesProps) {
  const t = view.t.supplier;
  const inWords = (text: string, agreementId: string) =>
    namedParties(text, model.parties, (id) => partyName(view, id)).replaceAll(
      agreementId,
      model.nameOfAgreement(agreementId),
    );
  return (
    <section class="card scroll" id={id}>
      <h2 class="card-header">{title}</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.scheme}</th>
            <th scope="col" class="num">
              {t.got}
            </th>
            <th scope="col" class="num">
              {t.would}
            </th>
            <th scope="col" class="num">
              {view.t.insight.delta}
            </th>
          </tr>
        </thead>
        {outcomes.map((one) => (
          <tbody>
            <tr class="said-below">
              <th scope="row">
                {say(view, one.title)}{" "}
                <span class={`marker ${one.isAgreed ? "good" : ""}`}>{one.isAgreed ? t.agreed : t.illustration}</span>
                <small class="quiet block">{model.nameOfAgreement(one.agreementId)}</small>
              </th>
              <td class="num">{yuan(one.receivedFen)}</td>
              <td class="num">{one.refusal === null ? yuan(one.wouldReceiveFen) : t.cannot}</td>
              <td class="num">{one.refusal === null ? difference(one.deltaFen) : "—"}</td>
            </tr>
            <tr>
              <td colspan={4} class="quiet">
                <small>{inWords(say(view, one.text), one.agreementId)}</small>
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </section>
  );
}

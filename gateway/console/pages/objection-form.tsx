import type { Failure } from "../../../node/kernel/exchange-error.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import { objectionTypes } from "../../../node/procedures/objection.ts";
import type { Transfer } from "../../../node/transfer/model.ts";
import { quantity } from "../../reports/money.ts";
import { shortTime } from "../format.ts";
import { CommentField } from "../parts/confirm.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { AgreementChoice } from "../parts/insight-frame.tsx";
import { Layout } from "../parts/layout.tsx";
import { metricName } from "../party-name.ts";
import { holds, say, type View } from "../view.ts";

export type ObjectionFormModel = {
  readonly agreements: readonly Agreement[];
  readonly agreement: Agreement | undefined;
  readonly transfers: readonly Transfer[];
  /** What the reader came from. */
  readonly transfer: string | undefined;
  readonly receipt: string | undefined;
  readonly written: (name: string) => string | undefined;
  readonly error: Failure["error"] | undefined;
};

export function ObjectionFormPage({ view, model }: { view: View; model: ObjectionFormModel }) {
  const t = view.t.objection;
  const { agreements, agreement, error } = model;
  return (
    <Layout view={view} title={t.raiseTitle} place="transfers">
      <header class="head">
        <h1>{t.raiseLead}</h1>
        <a href="/console/objections">{t.title}</a>
      </header>
      {error === undefined ? null : (
        <p class="notice bad" role="alert">
          {say(view, error.text)} <code>{error.code}</code>
        </p>
      )}
      {!holds(view, "requester", "finance") ? (
        <p class="notice">{t.mayRaise}</p>
      ) : agreement === undefined ? (
        <p class="notice">
          {t.noAgreement} <a href="/console/search">{view.t.nav.search} →</a>
        </p>
      ) : (
        <>
          <AgreementChoice view={view} action="/console/objections/new" chosen={agreement.id} agreements={agreements} />
          <RaiseForm view={view} model={model} agreement={agreement} />
        </>
      )}
    </Layout>
  );
}

function RaiseForm({ view, model, agreement }: { view: View; model: ObjectionFormModel; agreement: Agreement }) {
  const t = view.t.objection;
  const { transfers, transfer, receipt, written } = model;
  const kind = written("about") ?? (receipt !== undefined ? "receipts" : transfer !== undefined ? "transfer" : "entry");
  const type = written("type") ?? "quality";
  return (
    <form class="card" id="raise" method="post" action="/console/objections">
      <FormToken view={view} />
      <input type="hidden" name="agreement" value={agreement.id} />
      <div class="card-body">
        <fieldset>
          <legend>{t.type}</legend>
          {objectionTypes.map((one) => (
            <Choice name="type" value={one} isChosen={one === type} word={t.types[one]} />
          ))}
        </fieldset>
        <fieldset>
          <legend>{t.about}</legend>
          <Choice
            name="about"
            value="entry"
            isChosen={kind === "entry"}
            word={`${t.aboutEntry}:${agreement.entry.name}`}
          />
          {transfers.length === 0 ? null : (
            <div class="choice">
              <Choice name="about" value="transfer" isChosen={kind === "transfer"} word={t.aboutTransfer} />
              <select class="form-select" name="transfer" aria-label={t.aboutTransfer}>
                {transfers.map(({ id, createdAt, rows, state }) => (
                  <option value={id} selected={id === (written("transfer") ?? transfer)}>
                    {`${shortTime(createdAt, view.nowMs)} · ${quantity(rows)} ${metricName(view, "rows")} · ${view.t.transferStates[state]}`}
                  </option>
                ))}
              </select>
            </div>
          )}
          <div class="choice">
            <Choice name="about" value="receipts" isChosen={kind === "receipts"} word={t.aboutReceipts} />
            <label for="from">{t.from}</label>
            <input
              class="form-control num few"
              id="from"
              name="from"
              inputmode="numeric"
              value={written("from") ?? receipt ?? ""}
            />
            <label for="to">{t.to}</label>
            <input
              class="form-control num few"
              id="to"
              name="to"
              inputmode="numeric"
              value={written("to") ?? receipt ?? ""}
            />
          </div>
        </fieldset>
        <CommentField id="text" name="text" label={t.text} hint={t.textHint} isRequired value={written("text") ?? ""} />
        <details class="confirm">
          <summary class="btn btn-primary">{t.send}</summary>
          <div class="card card-body">
            <p>{t.sendWill(view.nameOf(agreement.provider))}</p>
            <p class="actions">
              <button type="submit" class="btn btn-primary">
                {view.t.negotiation.confirm}
              </button>
            </p>
          </div>
        </details>
      </div>
    </form>
  );
}

function Choice({ name, value, isChosen, word }: { name: string; value: string; isChosen: boolean; word: string }) {
  return (
    <label class="form-check">
      <input type="radio" class="form-check-input" name={name} value={value} checked={isChosen} />
      <span class="form-check-label">{word}</span>
    </label>
  );
}

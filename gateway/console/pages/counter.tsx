import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { ExchangeError } from "../../../node/kernel/exchange-error.ts";
import type { Negotiation } from "../../../node/negotiation/model.ts";
import { purposes } from "../../../node/policy/model.ts";
import type { SettlementTerms } from "../../../node/policy/settlement-terms.ts";
import { unitPrice } from "../../reports/money.ts";
import { fieldLabel, label } from "../labels.ts";
import { CommentField } from "../parts/confirm.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { Layout } from "../parts/layout.tsx";
import { RowConditions } from "../parts/row-conditions.tsx";
import { titled } from "../punctuation.ts";
import { lastDay } from "../term-rows.ts";
import { say, type View } from "../view.ts";

type Props = {
  view: View;
  negotiation: Negotiation;
  entry: CatalogEntry;
  error?: ExchangeError | undefined;
};

/** The terms on the table, to be changed and proposed anew. */
export function CounterPage({ view, negotiation, entry, error }: Props) {
  const t = view.t.negotiation;
  const { terms, revision } = negotiation;
  const base = `/console/negotiations/${encodeURIComponent(negotiation.id)}`;
  return (
    <Layout view={view} title={t.counterTitle} place="negotiations">
      <header class="head">
        <h1>{titled(view, t.counterTitle, negotiation.entry.name)}</h1>
        <a href={base}>{t.counterBack}</a>
      </header>
      {error === undefined ? null : (
        <p class="notice bad" role="alert">
          {say(view, error.text)} <code>{error.code}</code>
        </p>
      )}
      <form class="card card-body" method="post" action={`${base}/counter`}>
        <FormToken view={view} />
        <input type="hidden" name="revision" value={String(revision)} />
        <fieldset>
          <legend>{view.t.terms.purposes}</legend>
          <div class="checks">
            {purposes.map((purpose) => (
              <label class="form-check">
                <input
                  class="form-check-input"
                  type="checkbox"
                  name="purposes"
                  value={purpose}
                  checked={terms.purposes.includes(purpose)}
                />
                <span class="form-check-label">{label(view, "purpose", purpose)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{view.t.terms.fields}</legend>
          <div class="checks">
            {entry.fields.map(({ name }) => (
              <label class="form-check">
                <input
                  class="form-check-input"
                  type="checkbox"
                  name="fields"
                  value={name}
                  checked={terms.fields.includes(name)}
                />
                <span class="form-check-label">{fieldLabel(view, entry, name)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{view.t.terms.rows}</legend>
          <RowConditions view={view} entry={entry} rows={terms.rows} />
        </fieldset>
        <div class="columns">
          <div>
            <label class="form-label" for="validTo">
              {view.t.entry.validTo}
            </label>
            <input class="form-control" id="validTo" name="validTo" type="date" value={lastDay(terms.validTo)} />
          </div>
          <div>
            <label class="form-label" for="maxRows">
              {view.t.entry.maxRows}
            </label>
            <input
              class="form-control"
              id="maxRows"
              name="maxRows"
              inputmode="numeric"
              pattern="[0-9]*"
              value={terms.limits.maxRows ?? ""}
            />
            <p class="form-hint">{view.t.entry.maxRowsHint}</p>
          </div>
        </div>
        {terms.price === null ? null : <Price view={view} price={terms.price} />}
        <label class="form-label" for="legalBasis">
          {view.t.terms.legalBasis}
        </label>
        <input class="form-control" id="legalBasis" name="legalBasis" value={terms.legalBasis ?? ""} maxlength={500} />
        <CommentField id="comment" name="comment" label={t.comment} />
        <p class="form-hint">{t.counterWill(view.nameOf(negotiation.peer))}</p>
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.counter}
          </button>
          <a class="btn" href={base}>
            {t.counterBack}
          </a>
        </p>
      </form>
    </Layout>
  );
}

function Price({ view, price }: { view: View; price: SettlementTerms }) {
  const t = view.t.terms;
  const { scheme } = price;
  return (
    <fieldset>
      <legend>{t.price}</legend>
      {price.products.map(({ productId, unitPriceMicro }) => (
        <label class="form-label">
          {productId} {t.unitPrice}
          <input
            class="form-control"
            name={`price:${productId}`}
            inputmode="decimal"
            pattern="[0-9]+(\.[0-9]{1,6})?"
            value={unitPrice(unitPriceMicro).replaceAll(",", "")}
          />
        </label>
      ))}
      {scheme.kind !== "fixed" ? null : (
        <>
          <p class="form-label">{t.weights}</p>
          <div class="checks">
            {price.parties.map(({ partyId, regionId, role }) => (
              <label>
                {view.nameOf(regionId)} {view.t.partyRoles[role]}
                <input
                  class="form-control"
                  name={`weight:${partyId}`}
                  inputmode="numeric"
                  pattern="[0-9]+"
                  value={scheme.weights.find((one) => one.partyId === partyId)?.weight ?? "0"}
                />
              </label>
            ))}
          </div>
        </>
      )}
    </fieldset>
  );
}

import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { Agreement } from "../../../node/negotiation/model.ts";
import type { CallsAnswer } from "../../../node/transfer/call-product.ts";
import { fieldLabel, label } from "../labels.ts";
import { FormToken } from "../parts/form-token.tsx";
import type { View } from "../view.ts";

type Props = { view: View; agreement: Agreement; entry: CatalogEntry; answer?: CallsAnswer | undefined };

/** Calls of a product by hand; programs use the API. */
export function CallForm({ view, agreement, entry, answer }: Props) {
  const t = view.t.agreement;
  return (
    <section class="card" id="call">
      <h2 class="card-header">{t.callTitle}</h2>
      <form class="card-body" method="post" action={`/console/agreements/${encodeURIComponent(agreement.id)}/call`}>
        <FormToken view={view} />
        <label class="form-label" for="purpose">
          {view.t.terms.purposes}
        </label>
        <select class="form-select" id="purpose" name="purpose">
          {agreement.terms.purposes.map((purpose) => (
            <option value={purpose}>{label(view, "purpose", purpose)}</option>
          ))}
        </select>
        <fieldset>
          <legend>{t.callInputs}</legend>
          {agreement.terms.fields.map((name) => (
            <label class="row-field">
              <span>{fieldLabel(view, entry, name)}</span>
              <input class="form-control form-control-sm" name={`input:${name}`} maxlength={1_000} />
            </label>
          ))}
        </fieldset>
        <p class="form-hint">{t.callWill}</p>
        <button type="submit" class="btn btn-primary">
          {t.call}
        </button>
      </form>
      {answer === undefined ? null : <Answers view={view} answer={answer} />}
    </section>
  );
}

function Answers({ view, answer }: { view: View; answer: CallsAnswer }) {
  return (
    <div class="card-body" role="status">
      <strong>{view.t.agreement.answers(answer.answered, answer.refused)}</strong>
      <ol>
        {answer.answers.map((one) => (
          <li>
            <code>{"output" in one ? JSON.stringify(one.output) : JSON.stringify(one)}</code>
          </li>
        ))}
      </ol>
    </div>
  );
}

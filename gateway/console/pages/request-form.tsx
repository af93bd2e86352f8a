import type { CatalogEntry } from "../../../node/catalog/model.ts";
import type { Offer } from "../../../node/policy/model.ts";
import { dayOf } from "../format.ts";
import { fieldLabel, label } from "../labels.ts";
import { CommentField } from "../parts/confirm.tsx";
import { FormToken } from "../parts/form-token.tsx";
import { RowConditions } from "../parts/row-conditions.tsx";
import { aside } from "../punctuation.ts";
import { lastDay } from "../term-rows.ts";
import type { View } from "../view.ts";

const USUAL_DAYS = 365;
const DAY_MS = 86_400_000;

type Props = { view: View; region: string; entry: CatalogEntry; offer: Offer };

/** What differs from the published offer; everything begins as it was published. */
export function RequestForm({ view, region, entry, offer }: Props) {
  const t = view.t.entry;
  const { terms } = offer;
  const until = lastDay(terms.validTo);
  const usual = dayOf(new Date(view.nowMs + USUAL_DAYS * DAY_MS).toISOString());
  return (
    <form
      class="card"
      id="ask"
      method="post"
      action={`/console/entries/${region}/${encodeURIComponent(entry.id)}/request`}
    >
      <h2 class="card-header">{t.askTitle}</h2>
      <div class="card-body">
        <FormToken view={view} />
        <fieldset>
          <legend>{t.purposes}</legend>
          <div class="checks">
            {terms.purposes.map((purpose, i) => (
              <label class="form-check">
                <input class="form-check-input" type="checkbox" name="purposes" value={purpose} checked={i === 0} />
                <span class="form-check-label">{label(view, "purpose", purpose)}</span>
              </label>
            ))}
          </div>
        </fieldset>
        <label class="form-label" for="legalBasis">
          {t.legalBasis}
        </label>
        <input class="form-control" id="legalBasis" name="legalBasis" maxlength={500} />
        <p class="form-hint">{t.legalBasisHint}</p>
        <fieldset>
          <legend>{t.chooseFields}</legend>
          <div class="checks">
            {terms.fields.map((name) => (
              <label class="form-check">
                <input class="form-check-input" type="checkbox" name="fields" value={name} checked />
                <span class="form-check-label">
                  {fieldLabel(view, entry, name)}
                  {terms.masks[name] === undefined ? "" : aside(view, view.t.masks[terms.masks[name]])}
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <fieldset>
          <legend>{t.rowCondition}</legend>
          <RowConditions view={view} entry={entry} />
        </fieldset>
        <div class="columns">
          <div>
            <label class="form-label" for="validTo">
              {t.validTo}
            </label>
            <input
              class="form-control"
              id="validTo"
              name="validTo"
              type="date"
              value={usual < until ? usual : until}
              max={until}
            />
            <p class="form-hint">{t.until(until)}</p>
          </div>
          <div>
            <label class="form-label" for="maxRows">
              {t.maxRows}
            </label>
            <input class="form-control" id="maxRows" name="maxRows" inputmode="numeric" pattern="[0-9]*" />
            <p class="form-hint">{t.maxRowsHint}</p>
          </div>
        </div>
        <CommentField id="comment" name="comment" label={t.comment} />
        <details class="confirm">
          <summary class="btn btn-primary">{t.confirm}</summary>
          <div class="card card-body">
            <p>{t.willHappen(view.nameOf(region))}</p>
            <p class="actions">
              <button type="submit" class="btn btn-primary">
                {t.send}
              </button>
            </p>
          </div>
        </details>
      </div>
    </form>
  );
}

import type { Agreement } from "../../../node/negotiation/model.ts";
import type { TrialBasis } from "../../../node/settlement/insight/service.ts";
import type { Scheme } from "../../../node/settlement/scheme.ts";
import { titleOf } from "../../../node/settlement/schemes.ts";
import { partyName } from "../party-name.ts";
import { plainYuan, plainYuanOfFen } from "../trial-form.ts";
import { say, type View } from "../view.ts";

export type TrialFigures = {
  readonly periods: readonly string[];
  /** As chosen, with its figures as written. */
  readonly scheme: Scheme;
  /** What was written into the other fields; undefined where the signed terms stand. */
  readonly written: (name: string) => string | undefined;
};

type Props = { view: View; agreement: Agreement | undefined; basis: TrialBasis; figures: TrialFigures };

/** Asks by address: nothing is changed, and the answer can be sent to a colleague as a link. */
export function TrialForm({ view, agreement, basis, figures }: Props) {
  const t = view.t.whatIf;
  const { terms, periods, schemes } = basis;
  const { scheme, written } = figures;
  const id = agreement?.id ?? "";
  const nameOf = (productId: string) => (productId === agreement?.entry.id ? agreement.entry.name : productId);
  return (
    <form class="card" id="trial" method="get" action="/console/what-if">
      <h2 class="card-header">{t.terms}</h2>
      <div class="card-body">
        <input type="hidden" name="agreement" value={id} />
        <input type="hidden" name="try" value="1" />
        <fieldset>
          <legend>{t.periods}</legend>
          <div class="chips">
            {[...periods].reverse().map((period) => (
              <label class="form-check">
                <input
                  type="checkbox"
                  class="form-check-input"
                  name="period"
                  value={period}
                  checked={figures.periods.includes(period)}
                />
                <span class="form-check-label">{period}</span>
              </label>
            ))}
          </div>
        </fieldset>
        {terms.products.map(({ productId, unitPriceMicro, capPriceMicro }) => (
          <>
            <Amount
              name={`price:${productId}`}
              label={t.price(nameOf(productId))}
              value={written(`price:${productId}`) ?? plainYuan(unitPriceMicro)}
              isRequired
            />
            <Amount
              name={`cap:${productId}`}
              label={t.cap(nameOf(productId))}
              value={written(`cap:${productId}`) ?? (capPriceMicro === null ? "" : plainYuan(capPriceMicro))}
            />
          </>
        ))}
        <Amount
          name="max"
          label={t.max}
          value={written("max") ?? (terms.maxRevenueFen == null ? "" : plainYuanOfFen(terms.maxRevenueFen))}
        />
        <label class="form-label" for="scheme">
          {t.scheme}
        </label>
        <select class="form-select" id="scheme" name="scheme">
          {schemes.map((one) => (
            <option value={one.kind} selected={one.kind === scheme.kind}>
              {one.kind === terms.scheme.kind ? t.agreed(say(view, titleOf(one))) : say(view, titleOf(one))}
            </option>
          ))}
        </select>
        <p class="form-hint">{t.schemeHint}</p>
        <SchemeFields view={view} scheme={scheme} />
        <p class="actions">
          <button type="submit" class="btn btn-primary">
            {t.try}
          </button>
          <a href={`/console/what-if?${new URLSearchParams({ agreement: id })}`}>{t.reset}</a>
        </p>
      </div>
    </form>
  );
}

type AmountProps = { name: string; label: string; value: string; isRequired?: boolean };

function Amount({ name, label, value, isRequired = false }: AmountProps) {
  return (
    <>
      <label class="form-label" for={name}>
        {label}
      </label>
      <input class="form-control num" id={name} name={name} value={value} inputmode="decimal" required={isRequired} />
    </>
  );
}

function SchemeFields({ view, scheme }: { view: View; scheme: Scheme }) {
  const t = view.t.whatIf;
  if (scheme.kind === "fixed") {
    return <Shares view={view} legend={t.shares} prefix="fixed" weights={scheme.weights} />;
  }
  if (scheme.kind === "tiers") {
    return (
      <>
        {scheme.brackets.map(({ upToFen, weights }, i) => (
          <>
            {upToFen === null ? null : (
              <Amount name={`tier${i}:upTo`} label={t.upTo(i + 1)} value={plainYuanOfFen(upToFen)} isRequired />
            )}
            <Shares
              view={view}
              legend={upToFen === null ? t.lastTier : t.tier(i + 1)}
              prefix={`tier${i}`}
              weights={weights}
            />
          </>
        ))}
      </>
    );
  }
  if (scheme.kind === "contribution" && scheme.components.length > 0) {
    return (
      <fieldset>
        <legend>{t.components}</legend>
        {scheme.components.map(({ metric, weight }) => (
          <Weight name={`contribution:${metric}`} label={metric} value={weight} />
        ))}
      </fieldset>
    );
  }
  return <p class="form-hint">{t.noFigures}</p>;
}

type SharesProps = {
  view: View;
  legend: string;
  prefix: string;
  weights: readonly { readonly partyId: string; readonly weight: string }[];
};

function Shares({ view, legend, prefix, weights }: SharesProps) {
  return (
    <fieldset>
      <legend>{legend}</legend>
      {weights.map(({ partyId, weight }) => (
        <Weight name={`${prefix}:${partyId}`} label={partyName(view, partyId)} value={weight} />
      ))}
    </fieldset>
  );
}

function Weight({ name, label, value }: { name: string; label: string; value: string }) {
  return (
    <p class="row-field">
      <label for={name}>{label}</label>
      <input class="form-control num" id={name} name={name} value={value} inputmode="decimal" required />
    </p>
  );
}

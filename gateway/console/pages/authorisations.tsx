import type { DisclosedAuthorisation } from "../../../node/settlement/insight/disclosure.ts";
import { quantity } from "../../reports/money.ts";
import { label } from "../labels.ts";
import { joined } from "../punctuation.ts";
import type { View } from "../view.ts";

export function Authorisations({
  view,
  authorisations,
}: {
  view: View;
  authorisations: readonly DisclosedAuthorisation[];
}) {
  const t = view.t.disclosure;
  const modes: { readonly [mode: string]: string } = t.modes;
  return (
    <section class="card scroll">
      <h2 class="card-header">{t.authorisations}</h2>
      {authorisations.length === 0 ? <p class="card-body">{t.none}</p> : null}
      {authorisations.map((one) => (
        <dl class="card-body facts-list">
          <dt>{t.authorisation}</dt>
          <dd>
            <strong>{one.id}</strong> · {modes[one.mode] ?? one.mode}
          </dd>
          <dt>{t.bodies}</dt>
          <dd>{[one.authorisingBody, one.implementingBody, one.operator].join(" / ")}</dd>
          <dt>{t.valid}</dt>
          <dd>{view.t.terms.from(one.validFrom, one.validTo)}</dd>
          <dt>{t.purposes}</dt>
          <dd>
            {joined(
              view,
              one.purposes.map((purpose) => label(view, "purpose", purpose)),
            )}
          </dd>
          {one.maxPermittedRevenue === null ? null : (
            <>
              <dt>{t.permitted}</dt>
              <dd>
                {quantity(one.maxPermittedRevenue.yuan)} ({one.maxPermittedRevenue.cycleFrom} –{" "}
                {one.maxPermittedRevenue.cycleTo}
                {one.maxPermittedRevenue.trial ? ` · ${t.trial}` : ""})
              </dd>
            </>
          )}
          <dt>{t.resources}</dt>
          <dd>
            {joined(
              view,
              one.resources.map(({ id, name }) => (name === "" ? id : name)),
            )}
          </dd>
          <dt>{t.exit}</dt>
          <dd>{one.exitTerms === "" ? "—" : one.exitTerms}</dd>
        </dl>
      ))}
    </section>
  );
}

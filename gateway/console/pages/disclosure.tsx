import type { DisclosedProduct, Disclosure } from "../../../node/settlement/insight/disclosure.ts";
import { quantity, unitPrice, yuan } from "../../reports/money.ts";
import { documentFormats } from "../../reports/render.ts";
import { Cards } from "../parts/cards.tsx";
import { DigestText } from "../parts/digest-text.tsx";
import { InsightFrame } from "../parts/insight-frame.tsx";
import { RuleName, Unverified } from "../parts/reason.tsx";
import { metricName } from "../party-name.ts";
import { joined } from "../punctuation.ts";
import { say, type View } from "../view.ts";
import { Authorisations } from "./authorisations.tsx";

type Props = { view: View; disclosure: Disclosure; years: readonly string[] };

/** What the region has to publish once a year, and what is still missing for it. */
export function DisclosurePage({ view, disclosure, years }: Props) {
  const t = view.t.disclosure;
  const { year, authorisations, products, statementDigests, gaps } = disclosure;
  const file = (format: string) => `/console/disclosure/file?${new URLSearchParams({ year, format })}`;
  return (
    <InsightFrame
      view={view}
      current="disclosure"
      title={t.title}
      lead={`${t.title} ${year}`}
      aside={
        <p class="actions">
          {documentFormats.map((format) => (
            <a class="btn btn-sm" href={file(format)}>
              {format.toUpperCase()}
            </a>
          ))}
        </p>
      }
    >
      <form class="choice short" method="get" action="/console/disclosure">
        <label class="form-label" for="year">
          {view.t.supplier.year}
        </label>
        <select class="form-select" id="year" name="year">
          {years.map((one) => (
            <option value={one} selected={one === year}>
              {one}
            </option>
          ))}
        </select>
        <button type="submit" class="btn btn-sm btn-outline-primary">
          {t.show}
        </button>
      </form>
      <section class={`banner ${disclosure.isOverdue ? "bad" : ""}`}>
        <p>
          <strong>{disclosure.isOverdue ? t.overdue(disclosure.dueOn) : t.due(disclosure.dueOn)}</strong>{" "}
          <small class="quiet">
            {view.t.reason.rule} <RuleName view={view} rule={disclosure.dueRule} />
            {disclosure.dueVerified ? null : <Unverified view={view} />}
          </small>
        </p>
        <p>{say(view, disclosure.text)}</p>
      </section>
      <Cards
        cards={[
          [t.incomeYuan, yuan(disclosure.incomeFen)],
          [t.authorisations, String(authorisations.length)],
          [t.products, String(products.length)],
          [t.statements, String(statementDigests.length)],
        ]}
      />
      <section class={`card ${gaps.length === 0 ? "" : "faulty"}`}>
        <h2 class="card-header">{t.gaps}</h2>
        {gaps.length === 0 ? (
          <p class="card-body">{t.noGaps}</p>
        ) : (
          <ul class="card-body lines">
            {gaps.map((gap) => (
              <li>{say(view, gap)}</li>
            ))}
          </ul>
        )}
      </section>
      <Products view={view} products={products} />
      <Authorisations view={view} authorisations={authorisations} />
      <div class="columns">
        <Distribution view={view} disclosure={disclosure} />
        <section class="card">
          <h2 class="card-header">{t.digests}</h2>
          <ul class="card-body lines">
            {statementDigests.length === 0 ? <li>{t.none}</li> : null}
            {statementDigests.map((digest) => (
              <li>
                <DigestText digest={digest} />
              </li>
            ))}
          </ul>
        </section>
      </div>
    </InsightFrame>
  );
}

function Products({ view, products }: { view: View; products: readonly DisclosedProduct[] }) {
  const t = view.t.disclosure;
  if (products.length === 0) return null;
  return (
    <section class="card scroll">
      <h2 class="card-header">{t.products}</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.product}</th>
            {[t.capPrice, t.listPrice, t.charged, t.quantity, t.free, t.incomeYuan].map((word) => (
              <th scope="col" class="num">
                {word}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {products.map((one) => (
            <tr>
              <th scope="row">
                {one.name === "" ? one.productId : one.name}
                <small class="quiet block">
                  {one.productId} · {one.authorisation ?? "—"}
                </small>
              </th>
              <td class="num">{one.capPriceYuan ?? "—"}</td>
              <td class="num">{one.listPriceYuan ?? "—"}</td>
              <td class="num">
                {one.chargedPricesMicro.length === 0 ? "—" : joined(view, one.chargedPricesMicro.map(unitPrice))}
              </td>
              <td class="num">
                {quantity(one.quantity)} {metricName(view, one.metric)}
              </td>
              <td class="num">{quantity(one.freeQuantity)}</td>
              <td class="num">{yuan(one.incomeFen)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Distribution({ view, disclosure }: { view: View; disclosure: Disclosure }) {
  const t = view.t.disclosure;
  const roles: { readonly [role: string]: string } = view.t.partyRoles;
  const labels = view.t.settlement.kinds;
  const kinds: { readonly [kind: string]: string } = { ...labels, guarantee: labels.adjustment };
  return (
    <section class="card">
      <h2 class="card-header">{t.distribution}</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">{t.role}</th>
            <th scope="col">{t.kind}</th>
            <th scope="col" class="num">
              {t.incomeYuan}
            </th>
          </tr>
        </thead>
        <tbody>
          {disclosure.distribution.length === 0 ? (
            <tr>
              <td colspan={3} class="quiet">
                {t.none}
              </td>
            </tr>
          ) : null}
          {disclosure.distribution.map(({ role, kind, fen }) => (
            <tr>
              <th scope="row">{roles[role] ?? role}</th>
              <td>{kinds[kind] ?? kind}</td>
              <td class="num">{yuan(fen)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="card-footer">{t.deferred(yuan(disclosure.deferredClosingFen))}</p>
    </section>
  );
}

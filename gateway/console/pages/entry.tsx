import type { CatalogEntry, DataItem } from "../../../node/catalog/model.ts";
import type { ExchangeError, Result } from "../../../node/kernel/exchange-error.ts";
import type { Offer } from "../../../node/policy/model.ts";
import type { Deadline } from "../../../node/rules/service.ts";
import { quantity } from "../../reports/money.ts";
import { dueDay } from "../format.ts";
import { label, nameOfEntry } from "../labels.ts";
import { Layout } from "../parts/layout.tsx";
import { RuleName, Unverified } from "../parts/reason.tsx";
import { SharingBadge } from "../parts/sharing-badge.tsx";
import { joined, titled } from "../punctuation.ts";
import { holds, say, type View } from "../view.ts";
import { RequestForm } from "./request-form.tsx";

export type EntryModel = {
  readonly region: string;
  readonly entry: CatalogEntry;
  readonly offer: Result<Offer>;
  /** When the provider would have to answer a request made now. */
  readonly deadline: Result<Deadline>;
  readonly error?: ExchangeError | undefined;
};

export function EntryPage({ view, model }: { view: View; model: EntryModel }) {
  const { region, entry, offer } = model;
  const isOwn = region === view.region.id;
  return (
    <Layout view={view} title={nameOfEntry(view, entry)} place="search">
      <header class="head">
        <div>
          <h1>{nameOfEntry(view, entry)}</h1>
          <p class="quiet facts">
            <span>{view.nameOf(region)}</span>
            <span>{entry.provider.name}</span>
            <span>{entry.id}</span>
            {isOwn ? null : <span>{view.t.entry.mirrored(view.nameOf(region))}</span>}
            <span>
              <a
                href={
                  isOwn
                    ? "/console/objections"
                    : `/console/objections/new?entry=${encodeURIComponent(`${region}/${entry.id}`)}`
                }
              >
                {isOwn ? view.t.objection.title : view.t.objection.raise}
              </a>
            </span>
          </p>
        </div>
        <SharingBadge view={view} sharing={entry.sharing.attribute} kind={entry.kind} />
      </header>
      {model.error === undefined ? null : (
        <p class="notice bad" role="alert">
          {say(view, model.error.text)} <code>{model.error.code}</code>
        </p>
      )}
      <Answer view={view} model={model} />
      <p class="abstract">{entry.abstract}</p>
      <div class="columns wide-left">
        <Fields view={view} entry={entry} offer={offer} />
        <Facts view={view} entry={entry} />
      </div>
      {!isOwn && offer.ok && holds(view, "requester") ? (
        <RequestForm view={view} region={region} entry={entry} offer={offer.value} />
      ) : null}
    </Layout>
  );
}

/** May I have it, how, and for how long. */
function Answer({ view, model: { region, entry, offer, deadline } }: { view: View; model: EntryModel }) {
  const t = view.t.entry;
  const isOwn = region === view.region.id;
  if (!offer.ok) {
    return (
      <section class="banner bad">
        <p>
          <strong>{titled(view, t.barred, "")}</strong>
          {say(view, offer.error.text)} <code>{offer.error.code}</code>
        </p>
        <p class="quiet">{t.review}</p>
      </section>
    );
  }
  const mayHave =
    entry.kind === "product" ? t.product : entry.sharing.attribute === "conditional" ? t.conditional : t.free;
  const isAsked = entry.kind === "product" || entry.sharing.attribute !== "unconditional";
  return (
    <section class={isAsked ? "banner" : "banner good"}>
      <p>
        <strong>{isOwn ? t.own : mayHave}</strong>
        {entry.sharing.condition === undefined ? "" : ` · ${titled(view, t.condition, entry.sharing.condition)}`}
        {isAsked && deadline.ok ? (
          <>
            {` · ${t.answeredBy(dueDay(deadline.value.until, view.language))} `}
            <RuleName view={view} rule={deadline.value.rule} />
            {deadline.value.verified ? null : <Unverified view={view} />}
          </>
        ) : null}
      </p>
      <p class="actions">
        {isOwn ? (
          <a class="btn btn-sm" href={`/console/catalog/${encodeURIComponent(entry.id)}`}>
            {t.toOwnCatalog}
          </a>
        ) : null}
        {!isOwn && holds(view, "requester") ? (
          <a class="btn btn-sm btn-primary" href="#ask">
            {t.askTitle}
          </a>
        ) : null}
        {!isOwn && !holds(view, "requester") ? <span class="quiet">{t.needsRole}</span> : null}
      </p>
    </section>
  );
}

function Fields({ view, entry, offer }: { view: View; entry: CatalogEntry; offer: Result<Offer> }) {
  const t = view.t.entry;
  const offered = new Set(offer.ok ? offer.value.terms.fields : []);
  return (
    <section class="card">
      <h2 class="card-header">{t.fields(entry.fields.length)}</h2>
      <div class="scroll">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.fieldLabel}</th>
              <th scope="col">{t.fieldType}</th>
              <th scope="col">{t.sensitivity}</th>
              <th scope="col">{t.offered}</th>
            </tr>
          </thead>
          <tbody>
            {entry.fields.map((field) => (
              <FieldRow view={view} field={field} isOffered={offered.has(field.name)} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function FieldRow({ view, field, isOffered }: { view: View; field: DataItem; isOffered: boolean }) {
  const t = view.t.entry;
  const name = view.language === "en" ? (field.labelEn ?? field.label) : field.label;
  return (
    <tr>
      <th scope="row">
        {name}
        <br />
        <small class="quiet">{field.name}</small>
      </th>
      <td>{label(view, "fieldType", field.type)}</td>
      <td>
        {field.sensitivity} {label(view, "sensitivity", field.sensitivity)}
      </td>
      <td>
        {isOffered ? "✓" : <span class="quiet">{t.notOffered}</span>}
        {isOffered && field.masking !== undefined ? ` · ${view.t.masks[field.masking]}` : ""}
      </td>
    </tr>
  );
}

function Facts({ view, entry }: { view: View; entry: CatalogEntry }) {
  const t = view.t.entry;
  const { product } = entry;
  const facts: readonly (readonly [string, string | undefined])[] = [
    [t.provider, entry.provider.name],
    [t.code, entry.resourceCode],
    [t.how, howOf(view, entry)],
    [t.price, product === undefined ? t.noPrice : priceOf(view, product)],
    [t.frequency, label(view, "updateFrequency", entry.updateFrequency)],
    [t.level, label(view, "dataLevel", entry.dataLevel)],
    [
      t.formats,
      joined(
        view,
        entry.formats.map((format) => label(view, "format", format)),
      ),
    ],
    [t.records, entry.recordCount === undefined ? undefined : quantity(String(entry.recordCount))],
    [t.modified, `${entry.modified} · ${t.version} ${entry.version}`],
    [t.basis, entry.legalBasis ?? entry.opening.basis],
    [t.registration, entry.registration?.code],
    [t.contact, entry.contact === undefined ? undefined : `${entry.contact.role} ${entry.contact.phone}`],
  ];
  return (
    <section class="card">
      <h2 class="card-header">{t.facts}</h2>
      <dl class="card-body facts-list">
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ),
        )}
      </dl>
    </section>
  );
}

function howOf(view: View, { sharing, kind }: CatalogEntry): string {
  const method = sharing.method === undefined ? undefined : label(view, "shareMethod", sharing.method);
  return [label(view, "resourceKind", kind), method].filter((word) => word !== undefined).join(" · ");
}

function priceOf(view: View, product: NonNullable<CatalogEntry["product"]>): string {
  const t = view.t.entry;
  const units: { readonly [unit: string]: string } = view.t.priceUnits;
  const each = t.priceEach(product.listPrice, product.capPrice, units[product.unit] ?? product.unit);
  const quota = product.freeQuota;
  if (quota === null) return each;
  return `${each} · ${t.freeQuota(quantity(String(quota.perMonth)), label(view, "purpose", quota.purpose))}`;
}

import type { CatalogEntry } from "../../node/catalog/model.ts";
import type { RowCondition, UsageTerms } from "../../node/policy/model.ts";
import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import { quantity, unitPrice } from "../reports/money.ts";
import { bytes, dayOf } from "./format.ts";
import { fieldLabel, label } from "./labels.ts";
import { aside, joined } from "./punctuation.ts";
import type { OpenView } from "./view.ts";

/** One term as people read it; its parts are compared from round to round. */
export type TermRow = { readonly key: string; readonly name: string; readonly values: readonly string[] };

type Words = Pick<OpenView, "language" | "t" | "nameOf">;

export function termRows(view: Words, terms: UsageTerms, entry: CatalogEntry | undefined): TermRow[] {
  const t = view.t.terms;
  const row = (key: string, name: string, values: readonly string[], otherwise: string): TermRow => ({
    key,
    name,
    values: values.length === 0 ? [otherwise] : values,
  });
  const masks = Object.entries(terms.masks).map(
    ([field, mask]) => `${fieldLabel(view, entry, field)} ${view.t.masks[mask]}`,
  );
  return [
    row(
      "purposes",
      t.purposes,
      terms.purposes.map((purpose) => label(view, "purpose", purpose)),
      t.none,
    ),
    row("legalBasis", t.legalBasis, terms.legalBasis === null ? [] : [terms.legalBasis], t.none),
    row(
      "fields",
      t.fields,
      terms.fields.map((field) => fieldLabel(view, entry, field)),
      t.none,
    ),
    row(
      "rows",
      t.rows,
      terms.rows.map((condition) => conditionText(view, condition, entry)),
      t.allRows,
    ),
    row("masks", t.masks, masks, t.noMask),
    row("period", t.period, [t.from(dayOf(terms.validFrom), lastDay(terms.validTo))], t.none),
    row("limits", t.limits, limitTexts(view, terms.limits), t.noLimit),
    row("channel", t.channel, [channelText(view, terms.channel)], t.none),
    row("price", t.price, terms.price === null ? [] : priceTexts(view, terms.price), t.free),
    ...(terms.price === null ? [] : [row("shares", t.shares, shareTexts(view, terms.price), t.none)]),
  ];
}

export function lastDay(validTo: string): string {
  return dayOf(new Date(Date.parse(validTo) - 1).toISOString());
}

function conditionText(view: Words, { field, op, value }: RowCondition, entry: CatalogEntry | undefined): string {
  return `${fieldLabel(view, entry, field)} ${view.t.ops[op]} ${joined(view, [value].flat())}`;
}

function limitTexts(
  { t }: Words,
  { maxRows, maxBytes, maxCallsPerMonth, freeCallsPerMonth = null, rowsPerSecond }: UsageTerms["limits"],
): string[] {
  return [
    ...(maxRows === null ? [] : [t.terms.maxRows(quantity(maxRows))]),
    ...(maxBytes === null ? [] : [t.terms.maxBytes(bytes(maxBytes))]),
    ...(maxCallsPerMonth === null ? [] : [t.terms.maxCalls(quantity(maxCallsPerMonth))]),
    ...(freeCallsPerMonth === null ? [] : [t.terms.freeCalls(quantity(freeCallsPerMonth))]),
    ...(rowsPerSecond === null ? [] : [t.terms.rate(quantity(rowsPerSecond))]),
  ];
}

function channelText(view: Words, channel: string): string {
  if (channel === "heliu") return view.t.terms.channelHeliu;
  return view.t.terms.channelOutside(label(view, "shareMethod", channel.replace(/^outside:/, "")));
}

function priceTexts({ t }: Words, { products }: SettlementTerms): string[] {
  return products.map(({ productId, unitPriceMicro, capPriceMicro }) => {
    const each = t.terms.each(productId, unitPrice(unitPriceMicro));
    return capPriceMicro === null ? each : `${each}${aside({ t }, t.terms.cap(unitPrice(capPriceMicro)))}`;
  });
}

function shareTexts(view: Words, { scheme, parties }: SettlementTerms): string[] {
  const scheme_ = view.t.terms.schemes[scheme.kind];
  if (scheme.kind !== "fixed") return [scheme_];
  const total = scheme.weights.reduce((sum, { weight }) => sum + Number(weight), 0);
  return scheme.weights.map(({ partyId, weight }) => {
    const party = parties.find((one) => one.partyId === partyId);
    const name = party === undefined ? partyId : `${view.nameOf(party.regionId)} ${view.t.partyRoles[party.role]}`;
    return `${name} ${total > 0 ? `${Math.round((Number(weight) / total) * 1000) / 10}%` : weight}`;
  });
}

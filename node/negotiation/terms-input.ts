import type { CatalogEntry } from "../catalog/model.ts";
import { canonicalize } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf, isDate, msOf } from "../kernel/instant.ts";
import { type PartialTerms, type UsageTerms, usageTermsSchema } from "../policy/model.ts";
import { refuse } from "./refusal.ts";

/** What changes; a key that is absent or undefined leaves the term as it stands. */
export type TermsChange = { readonly [K in keyof PartialTerms]?: PartialTerms[K] | undefined };

/** Terms as a person gave them, over those on the table: checked, instants in UTC, fields in the entry's order, nothing twice. */
export function changedTerms(base: UsageTerms, change: TermsChange, entry: CatalogEntry): Result<UsageTerms> {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
  const fields = change.fields ?? base.fields;
  // Masks follow the fields: one on a field that is no longer asked for would say nothing.
  const kept = Object.fromEntries(Object.entries(base.masks).filter(([field]) => fields.includes(field)));
  const masks = change.masks === undefined ? kept : { ...kept, ...change.masks };
  const limits = { ...base.limits, ...definedOf(change.limits ?? {}) };
  const parsed = usageTermsSchema.safeParse({ ...base, ...given, masks, limits });
  if (!parsed.success) return malformed(parsed.error.issues[0]?.path.join(".") ?? "terms");

  // Through JSON once, as it will be stored: a key that is present but undefined has no canonical form.
  const data: UsageTerms = JSON.parse(JSON.stringify(parsed.data));
  if (!isInstant(data.validFrom)) return malformed("validFrom");
  if (!isInstant(data.validTo)) return malformed("validTo");
  const order = new Map(entry.fields.map((field, index) => [field.name, index]));
  const rank = (name: string) => order.get(name) ?? entry.fields.length;
  const terms: UsageTerms = {
    ...data,
    purposes: [...new Set(data.purposes)],
    fields: [...new Set(data.fields)].sort((a, b) => rank(a) - rank(b)),
    validFrom: instantOf(msOf(data.validFrom)),
    validTo: instantOf(msOf(data.validTo)),
  };
  // It will be signed, and what has no canonical form (numbers inside a scheme, broken text) cannot be.
  const canonical = canonicalize(terms);
  return canonical.ok ? ok(terms) : canonical;
}

/** Without the first question the 30th of February would be the 2nd of March. */
function isInstant(text: string): boolean {
  return isDate(text.slice(0, 10)) && !Number.isNaN(msOf(text));
}

function definedOf(record: object): object {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
}

function malformed(place: string): Result<never> {
  return refuse(
    "TERMS_MALFORMED",
    {
      zh: `条款 ${place} 的内容不正确;请对照条目的要约改正。`,
      en: `The term ${place} is not valid; correct it by the entry's offer.`,
    },
    { place },
  );
}

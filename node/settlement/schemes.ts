import type { Language, Text } from "../kernel/text.ts";
import { largestRemainder, type Quotas, type Share } from "./allocate.ts";
import { contribution } from "./contribution.ts";
import { fixed } from "./fixed.ts";
import { fail } from "./refusal.ts";
import type { Scheme, SchemeBasis, SchemeKind, SchemeOf, SchemeRule, SplitContext } from "./scheme.ts";
import { shapley } from "./shapley.ts";
import { tiers } from "./tiers.ts";

/** All schemes there are. Source: settlement.md §4. */
const rules: { readonly [K in SchemeKind]: SchemeRule<K> } = { fixed, contribution, tiers, shapley };

export function partiesOf<K extends SchemeKind>(scheme: SchemeOf<K>): readonly string[] {
  return ruleOf<K>(scheme).parties(scheme);
}

export function split(total: bigint, scheme: Scheme, context: SplitContext): Share[] {
  // Looked up even for a zero amount: terms with a scheme nobody knows must not settle by luck.
  const rule = ruleOf(scheme);
  return total === 0n ? [] : largestRemainder(total, rule.quotas(total, scheme, context), context);
}

/** The exact parts that `split` rounds; the total is not 0. */
export function quotasOfScheme(total: bigint, scheme: Scheme, context: SplitContext): Quotas {
  return ruleOf(scheme).quotas(total, scheme, context);
}

export function titleOf(scheme: Scheme): Text {
  return ruleOf(scheme).title;
}

/** What every registered scheme is called, wherever a person reads of it. */
export function schemeTitles(language: Language): { readonly [K in SchemeKind]: string } {
  const titles = Object.entries(rules).map(([kind, { title }]) => [kind, title[language]]);
  return Object.fromEntries(titles) as { readonly [K in SchemeKind]: string };
}

/** Every registered scheme as it could look for an agreement; its own kind is for the caller to put in. */
export function illustrations(basis: SchemeBasis): Scheme[] {
  return Object.values(rules).map((rule) => rule.illustrate(basis));
}

function ruleOf<K extends SchemeKind>(scheme: SchemeOf<K>): SchemeRule<K> {
  const kind = scheme.kind as K;
  if (!Object.hasOwn(rules, kind))
    fail("UNKNOWN_SCHEME", { value: String(kind), known: Object.keys(rules).join(", ") });
  return rules[kind] as unknown as SchemeRule<K>;
}

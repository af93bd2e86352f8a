import type { Share } from "./allocate.ts";
import { contribution } from "./contribution.ts";
import { fixed } from "./fixed.ts";
import { fail } from "./refusal.ts";
import type { Scheme, SchemeKind, SchemeOf, SchemeRule, SplitContext } from "./scheme.ts";
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
  return total === 0n ? [] : rule.split(total, scheme, context);
}

function ruleOf<K extends SchemeKind>(scheme: SchemeOf<K>): SchemeRule<K> {
  const kind = scheme.kind as K;
  if (!Object.hasOwn(rules, kind)) fail("UNKNOWN_SCHEME", { value: String(kind) });
  return rules[kind] as unknown as SchemeRule<K>;
}

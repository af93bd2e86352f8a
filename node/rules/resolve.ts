import type { OverrideMode, Rule, RulePack, RuleValue } from "./model.ts";
import { overrideModes, ruleLevels } from "./model.ts";

/** The rule that governs, and the nearer ones that were not allowed to. */
export type ResolvedRule = {
  readonly pack: RulePack;
  readonly rule: Rule;
  /** How far the levels above and the rule itself let a still nearer level go. */
  readonly mode: OverrideMode;
  readonly overruled: readonly { readonly pack: string; readonly why: "fixed" | "not-stricter" | "no-reason" }[];
};

export type Scope = {
  /** China date of receipt: the rule in force that day governs the whole matter. */
  readonly on: string;
  /** The other region; rules agreed with it apply only to matters between the two. */
  readonly peer?: string | undefined;
};

/** Walks from the country to the agreement; a nearer rule takes over only as far as the levels above allow it to. */
export function resolveRule(packs: readonly RulePack[], key: string, scope: Scope): ResolvedRule | undefined {
  let found: ResolvedRule | undefined;
  for (const level of ruleLevels) {
    const nearer = inForce(
      packs.filter((pack) => pack.level === level),
      key,
      scope,
    );
    if (nearer === undefined) continue;
    found = found === undefined ? { ...nearer, mode: nearer.rule.override, overruled: [] } : override(found, nearer);
  }
  return found;
}

type Candidate = { readonly pack: RulePack; readonly rule: Rule };

function inForce(packs: readonly RulePack[], key: string, { on, peer }: Scope): Candidate | undefined {
  const candidates: Candidate[] = [];
  for (const pack of packs) {
    if (pack.level === "agreement" && (peer === undefined || !pack.jurisdiction.split("+").includes(peer))) continue;
    for (const rule of pack.rules) {
      const isInForce = rule.effectiveFrom <= on && (rule.effectiveTo === null || on < rule.effectiveTo);
      if (rule.key === key && isInForce) candidates.push({ pack, rule });
    }
  }
  // Of several versions the later one counts, and of its rules the one that came into force last.
  return candidates.sort((a, b) => compare(order(b), order(a)))[0];
}

function order({ pack, rule }: Candidate): string {
  return `${rule.effectiveFrom}/${pack.publishedAt}/${pack.version}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function override(above: ResolvedRule, nearer: Candidate): ResolvedRule {
  const why = objection(above, nearer.rule);
  const name = `${nearer.pack.id}@${nearer.pack.version}`;
  if (why !== undefined) return { ...above, overruled: [...above.overruled, { pack: name, why }] };
  return { ...nearer, mode: stricterMode(above.mode, nearer.rule.override), overruled: above.overruled };
}

function objection(above: ResolvedRule, nearer: Rule): "fixed" | "not-stricter" | "no-reason" | undefined {
  if (above.mode === "fixed") return "fixed";
  const relation = strictness(above.rule, nearer);
  if (above.mode === "tighten-only")
    return relation === "stricter" || relation === "equal" ? undefined : "not-stricter";
  return isDeadline(nearer) && relation === "looser" && nearer.reason === undefined ? "no-reason" : undefined;
}

function stricterMode(a: OverrideMode, b: OverrideMode): OverrideMode {
  return overrideModes.indexOf(a) < overrideModes.indexOf(b) ? a : b;
}

const DEADLINE_UNITS = ["workday", "day", "hour", "MM-DD"];

function isDeadline(rule: Rule): boolean {
  return DEADLINE_UNITS.includes(rule.unit);
}

/** Stricter is a shorter deadline, an earlier date, a longer retention. What cannot be compared is not stricter. */
function strictness(above: Rule, nearer: Rule): "stricter" | "equal" | "looser" | "unknown" {
  const difference = above.unit === nearer.unit ? differenceOf(above.value, nearer.value) : undefined;
  if (difference === undefined) return "unknown";
  if (difference === 0) return "equal";
  const isRetention = !isDeadline(nearer) && /Min[A-Z]/.test(nearer.key);
  if (!isRetention && !isDeadline(nearer)) return "unknown";
  return difference > 0 === isRetention ? "stricter" : "looser";
}

function differenceOf(above: RuleValue, nearer: RuleValue): number | undefined {
  if (typeof above === "number" && typeof nearer === "number") return nearer - above;
  if (typeof above === "string" && typeof nearer === "string") return compare(nearer, above);
  return undefined;
}

import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { type ExchangeError, refusals } from "../kernel/exchange-error.ts";
import type { DeadlineRules } from "../policy/decide.ts";
import type { PackInForce } from "../policy/decision-record.ts";
import { type DecisionItem, decideAgain } from "./decide-again.ts";
import type { AuditBundle } from "./model.ts";

/** The rules by which decisions are made again, of the region that made them first. */
export type RerunRules = DeadlineRules & { readonly packs: () => readonly PackInForce[] };

export type RerunReport = {
  /** Decisions made again. */
  readonly count: number;
  /** Of those, with the same outcome. */
  readonly equal: number;
  readonly faults: readonly ExchangeError[];
};

const refuse = refusals({
  DECISION_DIFFERS: "integrity",
  DECISION_RULES_DIFFER: "integrity",
  DECISION_UNREADABLE: "invalid-input",
});

/** What a leaf says of a decision. */
export type DecisionClaim = {
  readonly seq: string;
  readonly inputs: string;
  readonly outcome: string;
  readonly decision: string;
};

type Inputs = {
  readonly type: "heliu.decision-inputs.v1";
  readonly rules: readonly { readonly id: string; readonly version: string; readonly digest: string | null }[];
  readonly items: readonly [DecisionItem];
};

/** Makes every decision of a bundle again from its recorded inputs. The bundle must have been verified before. */
export function rerunBundle(bundle: AuditBundle, rules: RerunRules): RerunReport {
  const claims = bundle.log.entries.flatMap(({ leaf: { detail } }): DecisionClaim[] => {
    const { inputs, outcome, decision = "", agreementSeq: seq = "" } = detail;
    return inputs === undefined || outcome === undefined ? [] : [{ seq, inputs, outcome, decision }];
  });
  const { document } = bundle.agreement;
  return rerun(claims, [...bundle.documents, document] as Canonical[], rules);
}

export function rerun(claims: Iterable<DecisionClaim>, documents: Iterable<Canonical>, rules: RerunRules): RerunReport {
  const held = new Map<string, Canonical>();
  for (const document of documents) held.set(digestOf(document), document);
  const digests = new Map(rules.packs().map(({ id, version, digest }) => [`${id}@${version}`, digest]));
  const faults: ExchangeError[] = [];
  let count = 0;
  let equal = 0;
  for (const claim of claims) {
    count += 1;
    const inputs = held.get(claim.inputs) as Inputs | undefined;
    const again = inputs === undefined ? undefined : decideAgain(inputs.items[0], held, rules);
    if (inputs === undefined || again === undefined) {
      faults.push(unreadable(claim).error);
      continue;
    }
    const other = inputs.rules.find(({ id, version, digest }) => {
      const present = digests.get(`${id}@${version}`);
      return digest !== null && present !== digest;
    });
    if (other !== undefined) faults.push(rulesDiffer(claim, `${other.id}@${other.version}`).error);
    if (digestOf(again) === claim.outcome) equal += 1;
    else faults.push(differs(claim, (again as { readonly decision: string }).decision).error);
  }
  return { count, equal, faults };
}

function differs({ seq, decision, inputs }: DecisionClaim, again: string) {
  return refuse(
    "DECISION_DIFFERS",
    {
      zh: `第 ${seq} 条所记的决定(${decision})按同样的输入重做后结果不同(${again}):规则或记录被改动过。请比对规则包版本。`,
      en: `The decision of entry ${seq} (${decision}), made again from the same inputs, comes out differently (${again}): a rule or the record was altered. Compare the versions of the rule packs.`,
    },
    { seq, inputs, decision, again },
  );
}

function rulesDiffer({ seq }: DecisionClaim, pack: string) {
  return refuse(
    "DECISION_RULES_DIFFER",
    {
      zh: `第 ${seq} 条依据的规则包 ${pack} 与您手中的同一版本内容不同,或您没有这一版本;请取得当时的规则包。`,
      en: `Entry ${seq} was decided by a rule pack ${pack} that is not the one of that version you hold, or you hold none; get the pack of that time.`,
    },
    { seq, pack },
  );
}

function unreadable({ seq, inputs }: DecisionClaim) {
  return refuse(
    "DECISION_UNREADABLE",
    {
      zh: `第 ${seq} 条的决定无法重做:缺少其输入,或输入的结构不对。`,
      en: `The decision of entry ${seq} cannot be made again: its inputs are missing or not of the known form.`,
    },
    { seq, inputs },
  );
}

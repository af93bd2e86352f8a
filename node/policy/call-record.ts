import type { Canonical } from "../kernel/canonical-json.ts";
import type { Result } from "../kernel/exchange-error.ts";
import { instantOf, msOf, periodOf } from "../kernel/instant.ts";
import type { BudgetStop } from "./budget-stop.ts";
import { type PackInForce, plain, type RecordedDecision, recorded, refusedOutcome } from "./decision-record.ts";
import { type BindingAgreement, type CallPlan, enforceCall, type UsageSoFar } from "./enforce.ts";
import type { Purpose } from "./model.ts";

/** Under which circumstances one call was judged: what else the answer follows from is the same for its whole group. */
type CallBound = {
  readonly at: string;
  readonly status: BindingAgreement["status"];
  /** Calls of the month before it, by purpose class. */
  readonly used: { readonly [purposeClass: string]: string };
  readonly stop: BudgetStop | null;
};

/**
 * Calls of one window that were let through, alike in purpose and fields. The first and the last stand for those between:
 * use only grows and time only passes within a window, so what is allowed at both ends was allowed at every one.
 */
export type CallGroup = {
  readonly purpose: Purpose;
  readonly fields: readonly string[];
  readonly count: number;
  readonly first: CallBound;
  readonly last: CallBound;
};

export type JudgedCall = {
  readonly purpose: Purpose;
  readonly input: { readonly [field: string]: string };
  readonly status: BindingAgreement["status"];
  /** Before this call. */
  readonly totals: UsageSoFar;
  readonly nowMs: number;
};

/** With the call counted in its group. Of what was asked stay the names of the fields, never the values. */
export function withCall(groups: readonly CallGroup[], call: JudgedCall): readonly CallGroup[] {
  const { purpose, input, status, totals, nowMs } = call;
  const fields = Object.keys(input).sort();
  const used = totals.callsByMonth[periodOf(nowMs)] ?? {};
  const bound = { at: instantOf(nowMs), status, used, stop: totals.stop ?? null };
  const isSame = (group: CallGroup) => group.purpose === purpose && sameNames(group.fields, fields);
  const group = groups.find(isSame);
  if (group === undefined) return [...groups, { purpose, fields, count: 1, first: bound, last: bound }];
  const grown = { ...group, count: group.count + 1, last: bound };
  return groups.map((each) => (each === group ? grown : each));
}

function sameNames(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((name, i) => name === others[i]);
}

type Binding = BindingAgreement & { readonly digest: string };

/** The decisions of one window as one record. */
export function recordCalls(
  agreement: Binding,
  groups: readonly CallGroup[],
  packs: readonly PackInForce[],
): RecordedDecision {
  const written = groups.map((group) => ({ ...group, count: String(group.count) }));
  const item = { kind: "calls", agreement: agreement.digest, groups: plain(written) };
  return recorded(item, [], outcomeOfCalls(agreement, groups), packs);
}

/** Judges both ends of each group by enforcement itself: also where the record is first made, so that it cannot differ. */
export function outcomeOfCalls(agreement: Binding, groups: readonly Omit<CallGroup, "count">[]): Canonical {
  const judged = groups.map((group) => ({
    first: outcomeOf(judge(agreement, group, group.first)),
    last: outcomeOf(judge(agreement, group, group.last)),
  }));
  const isAllowed = judged.every(({ first, last }) => first.decision === "allow" && last.decision === "allow");
  return { decision: isAllowed ? "allow" : "refuse", groups: judged };
}

function judge(
  agreement: Binding,
  { purpose, fields }: Pick<CallGroup, "purpose" | "fields">,
  { at, status, used, stop }: CallBound,
): Result<CallPlan> {
  const nowMs = msOf(at);
  const input = Object.fromEntries(fields.map((field) => [field, ""]));
  const totals = { rows: "0", bytes: "0", calls: "0", callsByMonth: { [periodOf(nowMs)]: used }, stop };
  return enforceCall({ agreement: { ...agreement, status }, input, purpose, totals, nowMs });
}

function outcomeOf(plan: Result<CallPlan>) {
  if (!plan.ok) return refusedOutcome(plan.error);
  const { purposeClass, outputs, callsLeft } = plan.value;
  return { decision: "allow", purposeClass, outputs, callsLeft: callsLeft === null ? null : String(callsLeft) };
}

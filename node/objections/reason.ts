import type { Reason } from "../kernel/reason.ts";
import { clocksOf, type ObjectionState, type ObjectionType, turnOf } from "../procedures/objection.ts";
import type { Rules } from "../rules/service.ts";

const TEXT: { readonly [S in ObjectionState]: { readonly zh: string; readonly en: string } } = {
  raised: { zh: "等待提供方受理异议。", en: "The provider has to take the objection up." },
  marked: {
    zh: "已受理并标注,等待来源单位核实答复。",
    en: "Taken up and marked; the source has to verify and answer.",
  },
  verified: { zh: "已核实,等待另一名审批人复核。", en: "Verified; another person has to approve the answer." },
  handled: { zh: "已答复,等待提出方确认或退回。", en: "Answered; whoever raised it has to confirm or send it back." },
  archived: { zh: "已归档。", en: "Filed." },
  refused: { zh: "不予受理,理由见答复。", en: "Not taken up; the answer says why." },
  withdrawn: { zh: "已由提出方撤回。", en: "Withdrawn by whoever raised it." },
};

/** Whose turn it is and until when. Where no rule pack sets a deadline none runs, and the reason says so by its empty rule. */
export function reasonOf(
  rules: Rules,
  about: { type: ObjectionType; state: ObjectionState; requester: string; provider: string; atMs: number },
): Reason | null {
  const { type, state, atMs } = about;
  const turn = turnOf(type, state);
  if (turn === null) return null;
  const clocks = clocksOf(type);
  const key = state === "raised" ? clocks.accept : turn.side === "provider" ? clocks.verify : undefined;
  const due = key === undefined ? undefined : rules.deadline(key, atMs);
  return {
    code: `OBJECTION_${state.toUpperCase()}`,
    rule: due?.ok ? due.value.rule : "",
    turn: { region: about[turn.side], role: turn.role },
    until: due?.ok ? due.value.until : null,
    verified: due?.ok ? due.value.verified : true,
    text: TEXT[state],
    neutral: TEXT[state],
  };
}

import { msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { clocksOf, type ObjectionState, type ObjectionType, raiserOf, turnOf } from "../procedures/objection.ts";
import type { Rules } from "../rules/service.ts";
import type { Objection } from "./model.ts";

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

type About = {
  readonly type: ObjectionType;
  readonly state: ObjectionState;
  readonly requester: string;
  readonly provider: string;
  readonly atMs: number;
  /** As it stood before; absent for a new one. */
  readonly before?: Pick<Objection, "state" | "reason" | "timeline">;
};

/** Whose turn it is and until when. Where no rule pack sets a deadline none runs, and the reason says so by its empty rule. */
export function reasonOf(rules: Rules, about: About): Reason | null {
  const { type, state, before } = about;
  const turn = turnOf(type, state, raiserOf(before?.timeline ?? []));
  if (turn === null) return null;
  return {
    code: `OBJECTION_${state.toUpperCase()}`,
    ...clockOf(rules, about, turn.side),
    turn: { region: about[turn.side], role: turn.role },
    text: TEXT[state],
    neutral: TEXT[state],
  };
}

type Clock = Pick<Reason, "rule" | "until" | "verified">;

function clockOf(rules: Rules, { type, state, atMs, before }: About, side: "requester" | "provider"): Clock {
  const none = { rule: "", until: null, verified: true };
  if (side === "requester") return none;
  const clocks = clocksOf(type);
  const isGoingOn = before !== undefined && isBeingVerified(before.state) && isBeingVerified(state);
  // What the other region was told stays so; only a reason that a refused message left there says nothing of it.
  if (isGoingOn && before.reason?.code.startsWith("OBJECTION_")) return pickClock(before.reason);
  const fromMs = isGoingOn ? begunMs(before.timeline, atMs) : atMs;
  const due = rules.deadline(state === "raised" ? clocks.accept : clocks.verify, fromMs);
  return due.ok ? pickClock(due.value) : none;
}

function isBeingVerified(state: ObjectionState): boolean {
  return state === "marked" || state === "verified";
}

/** Verification has one clock, from when it was taken up or sent back here; the provider's own steps do not wind it up again. */
function begunMs(timeline: Objection["timeline"], otherwise: number): number {
  const begun = timeline.findLast(({ event }) => event === "accept" || event === "reopen");
  return begun === undefined ? otherwise : msOf(begun.at);
}

function pickClock({ rule, until, verified }: Clock): Clock {
  return { rule, until, verified };
}

/** A reason as the other region sent it. In which of our roles it is our turn is ours to say. */
export function reasonTold(told: Reason | null, region: string, { timeline }: Pick<Objection, "timeline">) {
  return told?.turn?.region === region ? { ...told, turn: { region, role: raiserOf(timeline) } } : told;
}

import { fourEyes, requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Deadline, Rules } from "../rules/service.ts";
import type { Move, Procedure, ProcedureActor, Step } from "./procedure.ts";

export type Advance<State extends string> = {
  readonly from: State;
  readonly to: State;
  /** The role under which the move was made; never a person. */
  readonly by: ProcedureActor;
  /** The clock that starts with this move, and the rule it comes from. */
  readonly due: Deadline | null;
};

const refuse = refusals({
  ILLEGAL_TRANSITION: "illegal-transition",
  GUARD_NOT_MET: "illegal-transition",
  REASON_REQUIRED: "invalid-input",
  NODE_ONLY: "forbidden",
});

/** What a step leads to, or why it may not be made. Pure: the caller writes the result. */
export function advance<State extends string, Event extends string, Guard extends string>(
  procedure: Procedure<State, Event, Guard>,
  step: Step<State, Event, Guard>,
  rules: Rules,
): Result<Advance<State>> {
  const rows = procedure.moves.filter((move) => move.from === step.state && move.event === step.event);
  if (rows[0] === undefined) return illegal(procedure, step.state, step.event);
  const allowed = mayMake(rows[0], step.actor, step.requestedBy);
  if (!allowed.ok) return allowed;
  const move = rows.find(({ guard }) => guard === undefined || step.holds(guard));
  if (move === undefined) return guardNotMet(rows);
  if (move.needsReason && (step.comment ?? "").trim() === "") return reasonRequired(step.event);

  if (move.clock === undefined) return ok({ from: step.state, to: move.to, by: move.by, due: null });
  const due = rules.deadline(move.clock, step.atMs);
  return due.ok ? ok({ from: step.state, to: move.to, by: move.by, due: due.value }) : due;
}

/** What a person may do next, for the buttons of a page and the list of tasks. */
export function available<State extends string, Event extends string, Guard extends string>(
  procedure: Procedure<State, Event, Guard>,
  state: State,
  actor: Principal,
  requestedBy: string | null,
): Event[] {
  const moves = procedure.moves.filter((move) => move.from === state && mayMake(move, actor, requestedBy).ok);
  return [...new Set(moves.map(({ event }) => event))];
}

function mayMake(move: Move<string, string, string>, actor: Principal, requestedBy: string | null): Result<true> {
  if (move.by === "node") return actor.userId === "node" ? ok(true) : nodeOnly(move.event);
  const role = requireRole(actor, move.by);
  if (!role.ok || !move.fourEyes || requestedBy === null) return role;
  return fourEyes(requestedBy, actor);
}

function illegal(procedure: Procedure<string, string, string>, state: string, event: string): Failure {
  const offered = procedure.moves.filter((move) => move.from === state).map((move) => move.event);
  return refuse(
    "ILLEGAL_TRANSITION",
    {
      zh: `当前状态 ${state} 不能执行 ${event};可执行:${offered.join("、") || "无"}。请刷新后再试。`,
      en: `In state ${state} nobody may ${event}; possible now: ${offered.join(", ") || "nothing"}. Reload and try again.`,
    },
    { procedure: procedure.name, state, event, offered },
  );
}

function guardNotMet(rows: readonly Move<string, string, string>[]): Failure {
  const guards = rows.flatMap(({ guard }) => guard ?? []);
  return refuse(
    "GUARD_NOT_MET",
    {
      zh: `条件未满足:${guards.join("、")};请先处理后再提交。`,
      en: `A condition does not hold: ${guards.join(", ")}; settle it first, then try again.`,
    },
    { guards },
  );
}

function reasonRequired(event: string): Failure {
  return refuse(
    "REASON_REQUIRED",
    {
      zh: `执行 ${event} 须说明理由,对方和审计人员都会看到;请填写理由。`,
      en: `To ${event}, a reason is needed, because the other side and the auditors will read it; state one.`,
    },
    { event },
  );
}

function nodeOnly(event: string): Failure {
  return refuse(
    "NODE_ONLY",
    {
      zh: `${event} 由节点自动执行,不由人员操作。`,
      en: `${event} is done by the node itself, not by a person.`,
    },
    { event },
  );
}

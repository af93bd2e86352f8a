import { type Failure, ok, type Result, refusals } from "./exchange-error.ts";

/** One allowed move: where to, and who may make it. */
export type Move<State extends string, Party extends string> = { readonly to: State; readonly by: Party | "either" };

/** A life cycle as data: for each state, the events that leave it. A state without events is final. */
export type Transitions<State extends string, Event extends string, Party extends string> = {
  readonly [S in State]: { readonly [E in Event]?: Move<State, Party> };
};

const refuse = refusals({ ILLEGAL_TRANSITION: "illegal-transition" });

/** The state after an event, or `ILLEGAL_TRANSITION` naming both; the caller changes nothing then. */
export function step<State extends string, Event extends string, Party extends string>(
  table: Transitions<State, Event, Party>,
  from: State,
  event: Event,
  by: Party,
): Result<State> {
  const move = table[from][event];
  if (move !== undefined && (move.by === "either" || move.by === by)) return ok(move.to);
  return illegal(from, event, by);
}

export function isFinal<State extends string>(table: Transitions<State, string, string>, state: State): boolean {
  return Object.keys(table[state]).length === 0;
}

function illegal(from: string, event: string, by: string): Failure {
  return refuse(
    "ILLEGAL_TRANSITION",
    {
      zh: `当前状态 ${from} 不允许由 ${by} 执行 ${event};请刷新后按页面给出的下一步操作。`,
      en: `In state ${from}, ${by} may not ${event}; reload and take one of the actions offered.`,
    },
    { from, event, by },
  );
}

import type { Principal, Role } from "../identity/model.ts";

/** Who makes a move: a person holding the role, or the node itself. */
export type ProcedureActor = Role | "node";

/**
 * One row of a procedure's table. Several rows may share state and event: the first whose guard holds is taken, so a
 * row without guard comes last.
 */
export type Move<State extends string, Event extends string, Guard extends string> = {
  readonly from: State;
  readonly event: Event;
  readonly to: State;
  readonly by: ProcedureActor;
  /** A condition that the room evaluates; the table only names it. */
  readonly guard?: Guard;
  /** Rule key of the clock that starts for whoever moves next. */
  readonly clock?: string;
  /** The person must say why. */
  readonly needsReason?: true;
  /** The person must be another one than who asked. */
  readonly fourEyes?: true;
};

/** A procedure among persons, as data. Source: domain.md §6. */
export type Procedure<State extends string, Event extends string, Guard extends string> = {
  readonly name: string;
  readonly moves: readonly Move<State, Event, Guard>[];
};

export type Step<State extends string, Event extends string, Guard extends string> = {
  readonly state: State;
  readonly event: Event;
  readonly actor: Principal;
  /** User id of the person whose request is decided, for four eyes. */
  readonly requestedBy: string | null;
  readonly comment: string | null;
  readonly holds: (guard: Guard) => boolean;
  /** When the matter reached this node; the clock's day of receipt. */
  readonly atMs: number;
};

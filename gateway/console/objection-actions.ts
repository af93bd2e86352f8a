import type { Principal, Role } from "../../node/identity/model.ts";
import type { Objection } from "../../node/objections/model.ts";
import {
  type ObjectionEvent,
  objectionProcedure,
  REQUESTER_EVENTS,
  raiserOf,
} from "../../node/procedures/objection.ts";

/** What may be done next from here, and why this reader may not where they may not. */
export type ObjectionAction = {
  readonly event: ObjectionEvent;
  readonly role: Role;
  readonly needsReason: boolean;
  readonly barred: "role" | "self" | null;
};

const MOST_REOPENED = 2;

/** From the procedure's own table, so that no button promises what the service refuses. */
export function objectionActions(objection: Objection, { roles, userId }: Principal): ObjectionAction[] {
  const { type, state, side, reopened, verifiedBy, timeline } = objection;
  const found = new Map<ObjectionEvent, ObjectionAction>();
  const { moves } = objectionProcedure(type, raiserOf(timeline));
  for (const { from, event, by, needsReason = false, fourEyes = false } of moves) {
    const isOurs = REQUESTER_EVENTS.includes(event) === (side === "requester");
    if (from !== state || by === "node" || !isOurs || found.has(event)) continue;
    if (event === "reopen" && reopened >= MOST_REOPENED) continue;
    const isSelf = fourEyes && verifiedBy === userId;
    const barred = !roles.includes(by) ? "role" : isSelf ? "self" : null;
    found.set(event, { event, role: by, needsReason, barred });
  }
  return [...found.values()];
}

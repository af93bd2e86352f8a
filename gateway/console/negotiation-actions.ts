import type { Principal, Role } from "../../node/identity/model.ts";
import { maySendTermination, type NegotiationEvent, nextState } from "../../node/negotiation/machine.ts";
import type { Negotiation } from "../../node/negotiation/model.ts";
import { isAwaitingOthers } from "../../node/negotiation/third-region-signing.ts";

export type ActionName = "approve" | "countersign" | "accept" | "counter" | "reject" | "terminate";

/** What may be done next from here, and why this reader may not where they may not. */
export type PossibleAction = {
  readonly name: ActionName;
  readonly roles: readonly Role[];
  readonly barred: "role" | "self" | null;
};

type Candidate = { readonly name: ActionName; readonly roles: readonly Role[]; readonly isLegal: boolean };

/** From the machine itself, so that no button promises what the service refuses. */
export function actionsOf(negotiation: Negotiation, { userId, roles: held }: Principal): PossibleAction[] {
  return candidates(negotiation)
    .filter(({ isLegal }) => isLegal)
    .map(({ name, roles }) => {
      const isSelf = (name === "approve" || name === "countersign") && negotiation.requestedBy === userId;
      const barred = !roles.some((role) => held.includes(role)) ? "role" : isSelf ? "self" : null;
      return { name, roles, barred };
    });
}

function candidates({ state, role, waitsFor }: Negotiation): Candidate[] {
  const isAwaiting = isAwaitingOthers({ state, waitsFor });
  const can = (event: NegotiationEvent) => nextState(state, event, role).ok;
  const canEnd = maySendTermination(state, role).ok;
  if (role === "provider") {
    return [
      { name: "approve", roles: ["approver"], isLegal: can("agree") && !isAwaiting },
      { name: "counter", roles: ["approver", "publisher"], isLegal: can("offer") && !isAwaiting },
      { name: "reject", roles: ["approver"], isLegal: canEnd },
    ];
  }
  return [
    { name: "accept", roles: ["requester"], isLegal: can("accept") },
    { name: "countersign", roles: ["approver"], isLegal: can("verify") },
    { name: "counter", roles: ["requester"], isLegal: can("request") },
    { name: "terminate", roles: ["requester", "approver"], isLegal: canEnd },
  ];
}

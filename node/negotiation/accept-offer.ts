import { requireRole } from "../identity/authorise.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { commitAction } from "./commit-step.ts";
import type { Act } from "./counter-offer.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findOwn } from "./find-negotiation.ts";
import { negotiationEvent } from "./messages.ts";
import type { Negotiation } from "./model.ts";
import { advance } from "./record.ts";
import { unknownNegotiation } from "./refusal.ts";
import { sentAndWaiting } from "./request-negotiation.ts";

/** The requester takes the provider's offer as it stands. */
export async function acceptOffer(deps: NegotiationDeps, act: Act): Promise<Result<Negotiation>> {
  const { actor, comment = null, revision } = act;
  const role = requireRole(actor, "requester");
  if (!role.ok) return role;
  const found = await findOwn(deps, act.id);
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  return commitAction(deps, { id, peer, agreementId, revision }, ({ negotiation, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const by = negotiation.role;
    const reason = sentAndWaiting(peer);
    const moved = advance(negotiation, { event: "accept", by, actor: "requester", at, comment, reason });
    if (!moved.ok) return moved;
    // Whoever says yes to the price must not be the one who countersigns it.
    const after: Negotiation = { ...moved.value, requestedBy: actor.userId };
    return ok({ negotiation: after, send: negotiationEvent(after, "ACCEPTED", comment) });
  });
}

import { fourEyes, requireRole } from "../identity/authorise.ts";
import type { Result } from "../kernel/exchange-error.ts";
import { agreeStep } from "./agree.ts";
import { lawful, standingOf } from "./answer-request.ts";
import { commitAction } from "./commit-step.ts";
import type { Act } from "./counter-offer.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findOwn } from "./find-negotiation.ts";
import { nextState } from "./machine.ts";
import type { Negotiation } from "./model.ts";
import { verifyStep } from "./receive-agreement.ts";
import { unknownAgreement, unknownNegotiation } from "./refusal.ts";
import { othersOf } from "./third-region-signing.ts";

/** An approver's yes: at the provider to the request, at the consumer to a priced agreement; never by who asked. */
export async function approveNegotiation(deps: NegotiationDeps, act: Act): Promise<Result<Negotiation>> {
  const role = requireRole(act.actor, "approver");
  if (!role.ok) return role;
  const found = await findOwn(deps, act.id);
  if (!found.ok) return found;
  return found.value.role === "provider" ? grant(deps, found.value, act) : countersign(deps, found.value, act);
}

async function grant(deps: NegotiationDeps, found: Negotiation, act: Act): Promise<Result<Negotiation>> {
  const { actor, comment = null, revision } = act;
  const { id, peer, agreementId, entry } = found;
  const standing = await standingOf(deps, entry.id);
  if (!standing.ok) return standing;
  const others = othersOf(found, deps.region);
  return commitAction(deps, { id, peer, agreementId, others, revision }, ({ negotiation, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const { state, terms: asked, requestedBy } = negotiation;
    // First the machine, so that a second approval is told what it is: late.
    const legal = nextState(state, "agree", "provider");
    if (!legal.ok) return legal;
    const eyes = requestedBy === null ? undefined : fourEyes(requestedBy, actor);
    if (eyes?.ok === false) return eyes;
    const terms = { ...asked, channel: standing.value.channel };
    // The entry may have been withdrawn, or its cap lowered, while the request waited.
    const allowed = lawful(deps, negotiation, standing.value, terms, nowMs);
    if (!allowed.ok) return allowed;
    const mode = state === "ACCEPTED" ? "countered" : "approved";
    const before = { ...negotiation, terms };
    return agreeStep(deps, before, { at }, { actor: "approver", mode, approvedBy: actor.userId, comment });
  });
}

async function countersign(deps: NegotiationDeps, found: Negotiation, act: Act): Promise<Result<Negotiation>> {
  const { actor, comment = null, revision } = act;
  const { id, peer, agreementId } = found;
  return commitAction(deps, { id, peer, agreementId, revision }, ({ negotiation, agreement, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const legal = nextState(negotiation.state, "verify", "consumer");
    if (!legal.ok) return legal;
    const { requestedBy } = negotiation;
    const eyes = requestedBy === null ? undefined : fourEyes(requestedBy, actor);
    if (eyes?.ok === false) return eyes;
    if (agreement === undefined) return unknownAgreement();
    const before = { ...negotiation, approvedBy: actor.userId };
    return verifyStep(deps, before, agreement, { at, actor: "approver", comment });
  });
}

import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { cannotSign } from "./agree.ts";
import { withAgreementId } from "./agreement.ts";
import { counterStep, lawful, standingOf } from "./answer-request.ts";
import { commitAction } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findOwn } from "./find-negotiation.ts";
import { contractRequest } from "./messages.ts";
import type { Negotiation } from "./model.ts";
import { lookAtOffer } from "./receive-offer.ts";
import { advance, withTerms } from "./record.ts";
import { unknownNegotiation } from "./refusal.ts";
import { sentAndWaiting } from "./request-negotiation.ts";
import { changedTerms, type TermsChange } from "./terms-input.ts";

export type Act = {
  readonly actor: Principal;
  readonly id: string;
  readonly comment?: string | undefined;
  readonly revision?: number | undefined;
};

/** Other terms: the provider offers them, the consumer asks for them. */
export async function counterOffer(
  deps: NegotiationDeps,
  act: Act & { readonly terms: TermsChange },
): Promise<Result<Negotiation>> {
  const found = await findOwn(deps, act.id);
  if (!found.ok) return found;
  return found.value.role === "provider"
    ? offerOtherTerms(deps, found.value, act)
    : askForOtherTerms(deps, found.value, act);
}

type Countering = Act & { readonly terms: TermsChange };

async function offerOtherTerms(
  deps: NegotiationDeps,
  found: Negotiation,
  act: Countering,
): Promise<Result<Negotiation>> {
  const { actor, terms: change, comment = null, revision } = act;
  const isApprover = actor.roles.includes("approver");
  const role = requireRole(actor, isApprover ? "approver" : "publisher");
  if (!role.ok) return role;
  const { id, peer, agreementId, entry } = found;
  const standing = await standingOf(deps, entry.id);
  if (!standing.ok) return standing;

  return commitAction(deps, { id, peer, agreementId, revision }, ({ negotiation, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const changed = changedTerms(negotiation.terms, change, standing.value.entry);
    if (!changed.ok) return changed;
    const terms = withAgreementId({ ...changed.value, channel: standing.value.channel }, agreementId ?? "");
    if (terms.price !== null && negotiation.binding === "dsp") return cannotSign();
    const allowed = lawful(deps, negotiation, standing.value, terms, nowMs);
    if (!allowed.ok) return allowed;
    const by = isApprover ? "approver" : "publisher";
    // A publisher's offer is agreed only after an approver has said yes, and never by the publisher.
    const owner = isApprover
      ? { approvedBy: actor.userId, requestedBy: null }
      : { approvedBy: null, requestedBy: actor.userId };
    const offer = { entry: standing.value.entry, terms, reason: lookAtOffer(peer), actor: by, comment };
    const step = counterStep(negotiation, { at }, { ...offer, approvedBy: owner.approvedBy });
    return step.ok ? ok({ ...step.value, negotiation: { ...step.value.negotiation, ...owner } }) : step;
  });
}

async function askForOtherTerms(
  deps: NegotiationDeps,
  found: Negotiation,
  act: Countering,
): Promise<Result<Negotiation>> {
  const { actor, terms: change, comment = null, revision } = act;
  const role = requireRole(actor, "requester");
  if (!role.ok) return role;
  const { id, peer, agreementId, entry } = found;
  const mirrored = await deps.entries.mirrored(entry.region, entry.id);
  if (!mirrored.ok) return mirrored;

  return commitAction(deps, { id, peer, agreementId, revision }, ({ negotiation, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const terms = changedTerms(negotiation.terms, change, mirrored.value);
    if (!terms.ok) return terms;
    const reason = sentAndWaiting(peer);
    const moved = advance(negotiation, { event: "request", by: "consumer", actor: "requester", at, comment, reason });
    if (!moved.ok) return moved;
    const onTable = withTerms(moved.value, { by: "consumer", at, terms: terms.value, comment });
    // Who asked last is who must not countersign.
    const after: Negotiation = { ...onTable, mode: "pending", requestedBy: actor.userId };
    return ok({ negotiation: after, send: contractRequest(after, comment, deps.region) });
  });
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { replyClock } from "../policy/decide.ts";
import { fromOdrl } from "../policy/odrl.ts";
import { parseOfferId } from "../policy/offer.ts";
import { neutralWait, reasonOfRefusal } from "../policy/refusal.ts";
import { agreeStep } from "./agree.ts";
import { lawful, refuseStep, standingOf } from "./answer-request.ts";
import { commitMessage } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findForMessage, learnPid } from "./find-negotiation.ts";
import { datasetUrn, eventSchema, offerSchema, parseMessage } from "./messages.ts";
import { advance, withOffer, withTerms } from "./record.ts";
import { malformedMessage, unknownNegotiation, waitReason } from "./refusal.ts";
import { othersOf } from "./third-region-signing.ts";

/** The consumer's side of a counter-offer: it lies on the table until the requester has looked at it. */
export async function receiveOffer(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const kind = "ContractOfferMessage";
  const message = parseMessage(offerSchema, kind, inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "consumer");
  if (!found.ok) return found;
  const { id, peer, agreementId, entry } = found.value;
  const { offer, comment = null, providerPid } = message.value;
  if (offer.target !== datasetUrn(entry.region, entry.id)) return malformedMessage(kind, "offer.target");
  // Another connector may name its offers as it likes; then the version that was asked for stands.
  const offerId = offer["@id"];
  const offered = parseOfferId(offerId);
  const isOther = offered !== undefined && (offered.region !== entry.region || offered.entryId !== entry.id);
  if (isOther) return malformedMessage(kind, "offer.@id");
  const terms = fromOdrl(offer);
  if (!terms.ok) return terms;

  return commitMessage(deps, { id, peer, agreementId, inbound }, ({ negotiation, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const why = message.value.reason;
    const reason = { ...lookAtOffer(deps.region), ...(why === undefined ? {} : { code: why.code, text: why.text }) };
    const before = learnPid(negotiation, providerPid);
    const actor = `peer:${peer}`;
    const moved = advance(before, { event: "offer", by: "provider", actor, at, comment, reason });
    if (!moved.ok) return moved;
    const { value } = moved;
    const about = offered === undefined ? value : withOffer(value, { offerId, version: offered.version });
    const onTable = withTerms(about, { by: "provider", at, terms: terms.value, comment });
    return ok({ negotiation: { ...onTable, mode: "countered" } });
  });
}

/** The provider's side of `ACCEPTED`: an offer that an approver (or the policy itself) made is agreed at once. */
export async function receiveAccepted(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(eventSchema, "ContractNegotiationEventMessage", inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "provider");
  if (!found.ok) return found;
  const { id, peer, agreementId, entry } = found.value;
  const standing = await standingOf(deps, entry.id);
  if (!standing.ok) return standing;

  const others = othersOf(found.value, deps.region);
  return commitMessage(deps, { id, peer, agreementId, others, inbound }, ({ negotiation, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const { comment = null } = message.value;
    const reason = approveAccepted(deps, peer, nowMs);
    const accepted = advance(negotiation, {
      event: "accept",
      by: "consumer",
      actor: `peer:${peer}`,
      at,
      comment,
      reason,
    });
    if (!accepted.ok) return accepted;
    const { approvedBy, requestedBy, terms } = accepted.value;
    const mayStillBe = lawful(deps, accepted.value, standing.value, terms, nowMs);
    if (!mayStillBe.ok) {
      return refuseStep(accepted.value, { at, nowMs }, { actor: "node", reason: reasonOfRefusal(mayStillBe.error) });
    }
    const isOfferOfPublisher = approvedBy === null && requestedBy !== null;
    if (isOfferOfPublisher) return ok({ negotiation: accepted.value });
    return agreeStep(deps, accepted.value, { at }, { actor: "node", mode: "countered", approvedBy });
  });
}

export function lookAtOffer(consumer: string) {
  const text = {
    zh: "提供方给出了不同的条件;请申请人接受,或另提条件。",
    en: "The provider offers other terms; the requester may accept them or ask for others.",
  };
  const wait = waitReason(
    { code: "OFFER_TO_ACCEPT", rule: "dsp.negotiation", region: consumer, role: "requester" },
    text,
  );
  // It tells nothing that is not anybody's to know; the usual neutral text would say that the provider is waited for.
  return { ...wait, neutral: text };
}

/** The clock of the consumer's word runs as for a request: nobody but this region can go on, or end it, from here. */
function approveAccepted({ region, rules }: NegotiationDeps, consumer: string, nowMs: number): Reason {
  return {
    code: "AWAITING_APPROVAL",
    ...replyClock(rules, nowMs, consumer),
    turn: { region, role: "approver" },
    text: {
      zh: "对方已接受发布人给出的条件;须由提供方审批人批准。",
      en: "The peer accepted the terms a publisher offered; an approver of the provider has to approve them.",
    },
    neutral: neutralWait,
  };
}

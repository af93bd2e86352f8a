import type { Result } from "../kernel/exchange-error.ts";
import { newUlid, newUrn } from "../kernel/ids.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { fromOdrl } from "../policy/odrl.ts";
import { parseOfferId } from "../policy/offer.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { answerStep, type Standing, standingOf } from "./answer-request.ts";
import { commitMessage } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findForMessage } from "./find-negotiation.ts";
import { datasetUrn, parseMessage, requestSchema } from "./messages.ts";
import { advance, opened, withTerms } from "./record.ts";
import { malformedMessage, refuse, unknownNegotiation } from "./refusal.ts";
import { entryOf } from "./request-negotiation.ts";

const KIND = "ContractRequestMessage";

/** A consumer asks, first or again. Everything that follows from it is decided in the same commit. */
export async function receiveRequest(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(requestSchema, KIND, inbound.body);
  if (!message.ok) return message;
  const asked = parseOfferId(message.value.offer["@id"]);
  if (asked === undefined || asked.region !== deps.region) return unknownOffer();
  const { target } = message.value.offer;
  if (target !== undefined && target !== datasetUrn(deps.region, asked.entryId))
    return malformedMessage(KIND, "offer.target");

  const standing = await standingOf(deps, asked.entryId);
  if (!standing.ok || isHidden(standing.value)) return unknownOffer();
  const isFirst = message.value.providerPid === undefined;
  const current = String(standing.value.entry.version);
  if (isFirst && current !== asked.version) return outdated(current);
  const { offer } = standing.value;
  const terms = fromOdrl(message.value.offer, offer.ok ? offer.value.terms : undefined);
  if (!terms.ok) return terms;
  const request = { ...message.value, terms: terms.value, standing: standing.value, version: asked.version };
  return message.value.providerPid === undefined
    ? receiveFirst(deps, inbound, request)
    : receiveAgain(deps, inbound, { ...request, providerPid: message.value.providerPid });
}

type Request = {
  readonly consumerPid: string;
  readonly offer: { readonly "@id": string };
  readonly callbackAddress?: string | undefined;
  readonly comment?: string | undefined;
  readonly terms: Parameters<typeof opened>[0]["terms"];
  readonly standing: Standing;
  /** Of the offer that it asks by. */
  readonly version: string;
};

function receiveFirst(deps: NegotiationDeps, inbound: InboundMessage, request: Request): Promise<Result<Answer>> {
  const { region, runtime } = deps;
  const { peer, binding } = inbound;
  const { consumerPid, terms, standing, comment = null } = request;
  const id = newUrn(runtime);
  const agreementId = `AGR-${newUlid(runtime)}`;
  const others = thirdRegionsOf(terms.price, region, peer);
  const place = { id, peer, agreementId, others, inbound, creates: { peerPid: consumerPid } };
  return commitMessage(deps, place, ({ at, nowMs }) => {
    const negotiation = opened({
      id,
      peerPid: consumerPid,
      role: "provider",
      peer,
      binding,
      callbackAddress: binding === "dsp" ? (request.callbackAddress ?? null) : null,
      entry: entryOf(region, standing.entry),
      offerId: request.offer["@id"],
      agreementId,
      terms,
      at,
      actor: `peer:${peer}`,
      comment,
      requestedBy: null,
      reason: null,
    });
    return answerStep(deps, negotiation, standing, { at, nowMs });
  });
}

async function receiveAgain(
  deps: NegotiationDeps,
  inbound: InboundMessage,
  request: Request & { readonly providerPid: string },
): Promise<Result<Answer>> {
  const { standing, terms, comment = null } = request;
  const found = await findForMessage(deps, inbound, request, "provider");
  if (!found.ok) return found;
  const { id, peer, agreementId, entry } = found.value;
  if (entry.id !== standing.entry.id) return malformedMessage(KIND, "offer");
  const others = thirdRegionsOf(terms.price, deps.region, peer);
  return commitMessage(deps, { id, peer, agreementId, others, inbound }, ({ negotiation, at, nowMs }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const actor = `peer:${peer}`;
    const moved = advance(negotiation, { event: "request", by: "consumer", actor, at, comment, reason: null });
    if (!moved.ok) return moved;
    // It answers our offer, whatever was published since; what is asked is judged by the entry as it is now.
    if (request.version !== negotiation.entry.version) return notTheOffer(negotiation.entry.version);
    const onTable = withTerms(moved.value, { by: "consumer", at, terms, comment });
    // Whoever countered before has not agreed to what is asked now.
    return answerStep(deps, { ...onTable, mode: "pending", approvedBy: null }, standing, { at, nowMs });
  });
}

/** A secret, or what was never public, must not be told from what does not exist. */
function isHidden({ entry, offer }: Standing): boolean {
  if (!offer.ok && (offer.error.code === "STATE_SECRET" || offer.error.code === "WORK_SECRET")) return true;
  return entry.status !== "published" && entry.status !== "suspended";
}

function unknownOffer(): Result<never> {
  return refuse("OFFER_UNKNOWN", {
    zh: "本节点没有这个要约;请从最新目录中选择。",
    en: "This node has no such offer; choose one from the catalogue as it is now.",
  });
}

function outdated(version: string): Result<never> {
  return refuse(
    "OFFER_OUTDATED",
    {
      zh: `该条目已更新为第 ${version} 版,所依据的要约已失效;请等目录同步后重新申请。`,
      en: `The entry is now at version ${version}, so the offer asked by is no longer valid; ask again once your mirror has caught up.`,
    },
    { version },
  );
}

function notTheOffer(version: string): Result<never> {
  return refuse(
    "OFFER_OUTDATED",
    {
      zh: `提供方在本次协商中给出的是该条目第 ${version} 版的要约,所答复的不是这一要约;请重新申请。`,
      en: `What the provider offers in this negotiation is version ${version} of the entry, and the answer is to another offer; ask afresh.`,
    },
    { version },
  );
}

import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs } from "../outbox/store.ts";
import { read, transact } from "../storage/transact.ts";
import { awaitingVerification } from "./agree.ts";
import { checkSignature } from "./agreement.ts";
import { commitMessage, laneOf, type Step } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { endStep } from "./end-negotiation.ts";
import { findForMessage, learnPid } from "./find-negotiation.ts";
import { isOver } from "./machine.ts";
import { contractAgreement, parseMessage, termination } from "./messages.ts";
import type { Agreement, Negotiation } from "./model.ts";
import { advance } from "./record.ts";
import { refuse, unknownAgreement, unknownNegotiation } from "./refusal.ts";
import { agreements, negotiations, putNegotiation } from "./store.ts";
import {
  cosignatureSchema,
  noticeSchema,
  partyRefusalSchema,
  proposalAnswerSchema,
  waitNotice,
} from "./third-region-messages.ts";
import { firstWait, isAwaitingOthers, noted, thirdRegionsIn, withSignature } from "./third-region-signing.ts";

/** The provider's side of a third region's signature: with the last one it agrees, as the protocol has it. */
export async function receiveCosignature(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(cosignatureSchema, "HeliuAgreementSignature", inbound.body);
  if (!message.ok) return message;
  const { agreementId, digest, signature } = message.value;
  const place = await placeOf(deps, inbound, agreementId, digest);
  if (!place.ok) return place;
  const { peer: region } = inbound;
  const key = deps.trust.statementKey(region, signature.keyId, deps.runtime.nowMs());
  return commitMessage(deps, place.value, ({ negotiation: before, agreement, at }) => {
    if (before === undefined) return unknownNegotiation();
    if (agreement === undefined) return unknownAgreement();
    if (agreement.partySignatures?.some((one) => one.region === region)) return ok({ negotiation: before });
    if (!isAwaitingOthers(before) || agreement.status !== "pending") return notAwaited(before);
    const signed = checkSignature(agreement.document, key, signature.signature);
    if (!signed.ok) return signed;
    const partySignatures = withSignature(agreement, { region, ...signature });
    const revision = agreement.revision + 1;
    const cosigned: Agreement = { ...agreement, partySignatures, updatedAt: at, revision };
    const waitsFor = before.waitsFor?.filter((one) => one.region !== region) ?? [];
    return signedStep({ ...before, waitsFor }, cosigned, { region, at });
  });
}

function signedStep(
  before: Negotiation,
  agreement: Agreement,
  { region, at }: { readonly region: string; readonly at: string },
): Result<Step> {
  if (before.waitsFor?.length !== 0) {
    const negotiation = noted(before, { event: "party-signed", actor: `peer:${region}`, at });
    return ok({ negotiation, agreement, send: waitNotice(negotiation, firstWait(negotiation)) });
  }
  const reason = awaitingVerification(before.peer);
  const agreed = advance(before, { event: "agree", by: "provider", actor: `peer:${region}`, at, reason });
  if (!agreed.ok) return agreed;
  return ok({ negotiation: agreed.value, agreement, send: contractAgreement(agreed.value, agreement) });
}

/** A third region's no ends the negotiation for everybody, with the rule it stands on. */
export async function receivePartyRefusal(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(partyRefusalSchema, "HeliuAgreementRefusal", inbound.body);
  if (!message.ok) return message;
  const { agreementId, digest, reason: said } = message.value;
  const place = await placeOf(deps, inbound, agreementId, digest);
  if (!place.ok) return place;
  const { peer: region } = inbound;
  const reason: Reason = { ...said, turn: null, until: null };
  return commitMessage(deps, place.value, (scene) => {
    const { negotiation: before, nowMs } = scene;
    if (before === undefined) return unknownNegotiation();
    // It ended otherwise meanwhile; there is nothing left to refuse.
    if (isOver(before.state)) return ok({ negotiation: before });
    if (!isAwaitingOthers(before)) return notAwaited(before);
    return refusedStep(before, scene, { region, reason, nowMs });
  });
}

type Refusing = { readonly region: string; readonly reason: Reason; readonly nowMs: number };

/** TERMINATED because a third region does not sign, or its node does not take the document. Pure. */
export function refusedStep(
  before: Negotiation,
  scene: Parameters<typeof endStep>[0],
  { region, reason, nowMs }: Refusing,
): Result<Step> {
  const actor = `peer:${region}`;
  const ended = endStep(scene, before, { by: "provider", actor, reason, comment: null });
  if (!ended.ok) return ended;
  const negotiation: Negotiation = { ...ended.value.negotiation, mode: "refused" };
  const toOthers = (ended.value.toOthers ?? []).filter(({ peer }) => peer !== region);
  const { code, rule } = reason;
  const detail = { code, rule, peer: region, entry: `${before.entry.region}/${before.entry.id}` };
  const about = { atMs: nowMs, subject: before.id, actor, digest: digestOf(detail), detail };
  const leaf = { kind: "policy.refused", ...about } as const;
  return ok({ ...ended.value, negotiation, send: termination(negotiation, reason), toOthers, leaves: [leaf] });
}

/** Only a region that the document pays may say anything about it; to any other the agreement does not exist. */
async function placeOf({ store }: NegotiationDeps, inbound: InboundMessage, agreementId: string, digest: string) {
  const agreement = await read(store, agreements.at(agreementId));
  const isTheirs = agreement !== undefined && thirdRegionsIn(agreement).includes(inbound.peer);
  if (!isTheirs || agreement.role !== "provider" || agreement.digest !== digest) return unknownAgreement();
  const { negotiationId: id, peer } = agreement;
  return ok({ id, peer, agreementId, inbound, others: thirdRegionsIn(agreement) });
}

/** The third region has the document: whose turn it is there, and until when, is shown here and told to the consumer. */
export async function noteProposed(deps: NegotiationDeps, message: OutboxMessage, answer: Answer): Promise<void> {
  const said = proposalAnswerSchema.safeParse(answer);
  const reason = said.success ? said.data.reason : null;
  if (reason === null || reason.turn?.region !== message.peer) return;
  const { store, runtime, region } = deps;
  const ref = negotiations.at(message.lane.slice(laneOf("").length));
  const found = await read(store, ref);
  if (found === undefined) return;
  const at = instantOf(runtime.nowMs());
  const queued = { id: newUlid(runtime), peer: found.peer, lane: message.lane, topic: "negotiation" } as const;
  const traceId = newTraceId(runtime);
  await transact(store, [ref, ...enqueueRefs(found.peer, message.lane)], (tx) => {
    const before = tx.get(ref);
    if (before === undefined || !isAwaitingOthers(before)) return ok(undefined);
    const waitsFor = before.waitsFor?.map((one) => (one.region === message.peer ? { ...one, reason } : one));
    const wait = firstWait({ ...before, waitsFor });
    const after = showing({ ...before, waitsFor }, wait, at);
    putNegotiation(tx, before, after, region);
    enqueue(tx, { ...queued, binding: "grpc", ...waitNotice(after, wait), createdAt: at, traceId });
    return ok(undefined);
  });
}

/** The consumer's side: the state stays, the wait is told. A notice can neither move anything nor make it our turn. */
export async function receiveNotice(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(noticeSchema, "HeliuNegotiationNotice", inbound.body);
  if (!message.ok) return message;
  const found = await findForMessage(deps, inbound, message.value, "consumer");
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  const { reason, providerPid } = message.value;
  return commitMessage(deps, { id, peer, agreementId, inbound }, ({ negotiation, at }) => {
    if (negotiation === undefined) return unknownNegotiation();
    const before = learnPid(negotiation, providerPid);
    const isWaiting = before.state === "REQUESTED" || before.state === "ACCEPTED";
    if (!isWaiting || reason.turn?.region === deps.region) return ok({ negotiation: before });
    return ok({ negotiation: showing(before, reason, at) });
  });
}

/** The wait belongs to the last thing that happened, so that the timeline shows whose turn it became. */
function showing(before: Negotiation, reason: Reason, at: string): Negotiation {
  const last = before.timeline.at(-1);
  const timeline = last === undefined ? [] : [...before.timeline.slice(0, -1), { ...last, reason }];
  return { ...before, reason, timeline, updatedAt: at, revision: before.revision + 1 };
}

function notAwaited({ state }: Negotiation): Result<never> {
  return refuse(
    "ILLEGAL_TRANSITION",
    {
      zh: `该协商当前状态为 ${state},已不再等待贵地区签署。`,
      en: `The negotiation is ${state} and no longer waits for your region's signature.`,
    },
    { state },
  );
}

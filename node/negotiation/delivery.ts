import { ok } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import type { Answer, OutboxMessage } from "../outbox/model.ts";
import { neutralRefusal } from "../policy/refusal.ts";
import { read, transact } from "../storage/transact.ts";
import { commitAction, laneOf } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { endStep } from "./end-negotiation.ts";
import { learnPid } from "./find-negotiation.ts";
import { isOver } from "./machine.ts";
import { answerSchema, termination } from "./messages.ts";
import type { Negotiation, NegotiationState } from "./model.ts";
import { unknownNegotiation } from "./refusal.ts";
import { negotiations, putNegotiation } from "./store.ts";
import { noteProposed, refusedStep } from "./third-region-answers.ts";
import { othersOf } from "./third-region-signing.ts";
import { noteCosignatureRefused } from "./witness-party.ts";

/** Our messages that the peer may go on waiting over, with the state in which it then is. */
const WAITS_THERE: { readonly [kind: string]: NegotiationState } = {
  ContractRequestMessage: "REQUESTED",
  ContractNegotiationEventMessage: "ACCEPTED",
};

/**
 * The peer took our message. Only the answer to a request or an acceptance that goes on waiting there tells something new
 * (the peer's pid, and for whom it waits); in every other state the peer's next message brings the pid, and a commit is spared.
 */
export async function noteDelivered(deps: NegotiationDeps, message: OutboxMessage, answer: Answer): Promise<void> {
  if (message.kind === "HeliuAgreementProposal") return noteProposed(deps, message, answer);
  const state = WAITS_THERE[message.kind];
  const said = answerSchema.safeParse(answer);
  if (state === undefined || !said.success || said.data.state !== state) return;
  const { providerPid, consumerPid, reason } = said.data;
  const ref = negotiations.at(consumerPid);
  if (laneOf(consumerPid) !== message.lane) return;
  await transact(deps.store, [ref], (tx) => {
    const before = tx.get(ref);
    if (before === undefined || before.state !== state || before.peer !== message.peer) return ok(undefined);
    // A notice of the peer that came before its answer was read is the newer word.
    if (state === "ACCEPTED" && before.reason?.code !== "AWAITING_PEER") return ok(undefined);
    const after = waitingAtPeer(learnPid(before, providerPid), reason, deps);
    putNegotiation(tx, before, after, deps.region);
    return ok(undefined);
  });
}

function waitingAtPeer(before: Negotiation, reason: Reason | undefined, { runtime }: NegotiationDeps): Negotiation {
  const at = instantOf(runtime.nowMs());
  const last = before.timeline.at(-1);
  const why = reason ?? before.reason;
  const timeline = last === undefined ? [] : [...before.timeline.slice(0, -1), { ...last, reason: why }];
  return { ...before, reason: why, timeline, updatedAt: at, revision: before.revision + 1 };
}

/**
 * The peer refused our message for good, so for it the state before that message still holds, and from there we end what
 * cannot go on. An illegal transition means that messages crossed: the peer's own end is on its way, with its reason.
 */
export async function noteRefused(
  deps: NegotiationDeps,
  message: OutboxMessage,
  code: string,
  text: Text,
): Promise<void> {
  if (message.kind === "HeliuAgreementSignature") return noteCosignatureRefused(deps, message, code, text);
  if (code === "ILLEGAL_TRANSITION" || ONLY_TOLD.includes(message.kind)) return;
  const found = await read(deps.store, negotiations.at(message.lane.slice(LANE.length)));
  if (found === undefined || isOver(found.state)) return;
  const { id, peer, agreementId } = found;
  const others = othersOf(found, deps.region);
  const isKnownThere = found.rounds.length > 1 || message.kind !== "ContractRequestMessage";
  const tellPeer = isKnownThere && code !== "NEGOTIATION_UNKNOWN";
  const ended = await commitAction(deps, { id, peer, agreementId, others }, (scene) => {
    const { negotiation: before } = scene;
    if (before === undefined) return unknownNegotiation();
    if (isOver(before.state)) return ok({ negotiation: before });
    const reason = refusedByPeer(message.peer, code, text);
    if (message.kind === "HeliuAgreementProposal") {
      return refusedStep(before, scene, { region: message.peer, reason, nowMs: scene.nowMs });
    }
    const step = endStep(scene, before, { by: before.role, actor: "node", reason, comment: null });
    if (!step.ok) return step;
    const negotiation: Negotiation = { ...step.value.negotiation, mode: "refused" };
    return ok({ ...step.value, negotiation, ...(tellPeer ? { send: termination(negotiation, reason) } : {}) });
  });
  // Thrown on purpose: the outbox keeps the message and tells this room again.
  if (!ended.ok) throw new Error(`${ended.error.code}: ${ended.error.text.en}`);
}

const LANE = laneOf("");

/** They tell what is already so; whoever does not take them has not undone it. */
const ONLY_TOLD: readonly string[] = [
  "HeliuAgreementTermination",
  "HeliuAgreementInForce",
  "HeliuAgreementRefusal",
  "HeliuNegotiationNotice",
];

export function refusedByPeer(peer: string, code: string, text: Text): Reason {
  return {
    code,
    rule: `peer.${peer}`,
    turn: null,
    until: null,
    verified: true,
    text: { zh: text.zh.slice(0, 2_000), en: text.en.slice(0, 2_000) },
    neutral: neutralRefusal,
  };
}

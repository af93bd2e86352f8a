import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { read, transact } from "../storage/transact.ts";
import { begin, beginRefs, checkPeriodOf } from "./begin.ts";
import { termsOf } from "./build.ts";
import { alarm, contradictionOf, equivocationReason, equivocationRefs, keepEquivocation } from "./equivocation.ts";
import { answerOf, parseAnswer, parseSettlementMessage, type SettlementMessage } from "./messages.ts";
import { laterOnItsWay } from "./order.ts";
import {
  aboutOf,
  autoSignLimit,
  commitStep,
  inRound,
  keyOf,
  newSettlement,
  outgoing,
  type ProcessDeps,
  revised,
  settlementRef,
} from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { type ProcessCode, refuseProcess } from "./process-refusal.ts";
import { stopped, waitsForClose } from "./reasons.ts";

/** Takes a message in: one commit with the inbox mark. What follows from it is computed after, from what is stored. */
export async function receiveMessage(deps: ProcessDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const parsed = parseSettlementMessage(inbound.kind, inbound.body);
  if (!parsed.ok) return parsed;
  const message = parsed.value;
  const { agreementId, periodId } = message.body;
  const agreement = await deps.agreements.find(agreementId);
  const parties = agreement === undefined ? [] : [agreement.provider, agreement.consumer];
  // To a stranger the agreement does not exist.
  if (agreement === undefined || !parties.includes(inbound.peer)) {
    return refuseProcess("SETTLEMENT_NOT_PARTY", { agreementId });
  }
  const terms = await termsOf(deps, agreementId);
  if (!terms.ok) return terms;
  const timely = checkPeriodOf(deps, agreement, periodId);
  if (!timely.ok) return timely;
  const ref = settlementRef({ agreementId, periodId });
  const later = await laterOnItsWay(deps, agreementId, periodId);
  const laterRef = later === undefined ? undefined : settlementRef(later);
  const again = await repeats(deps, message);
  const about = newSettlement(agreement, periodId, deps.region, terms.value);
  const refs = [ref, ...(laterRef === undefined ? [] : [laterRef]), ...beginRefs(about), ...equivocationRefs(about)];
  let lie: { readonly settlement: Settlement; readonly shown: string } | undefined;
  const answered = await transact(deps.store, [...refs, ...inboxRefs(inbound), ...again.refs], (tx) => {
    lie = undefined;
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const known = tx.get(ref);
    const begun = known === undefined ? begin(tx, about, laterRef && tx.get(laterRef), deps) : ok(known);
    if (!begun.ok) return begun;
    const before = begun.value;
    const shown = contradictionOf(deps, before, message);
    if (shown === undefined && mayRepeat(before, message)) again.enqueue(tx);
    const judged = shown === undefined ? undefined : keepEquivocation(deps, tx, before, message, shown);
    if (judged?.isNew === true && shown !== undefined) lie = { settlement: before, shown };
    const after = judged?.after ?? take(before, message);
    if (after !== before || known === undefined) tx.put(ref, revised(deps, after));
    const answer = answerOf(after.state, reasonForPeer(deps, after, message, shown));
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
  if (lie !== undefined) alarm(deps, lie.settlement, lie.shown);
  return answered;
}

/**
 * A peer that lost the end of a settlement gets what it misses again; the same digest is signed with the same signature.
 * So does a peer that begins anew after our signature: whatever it asks, we can only show what we signed.
 */
async function repeats(deps: ProcessDeps, { kind, body }: SettlementMessage) {
  const now = await read(deps.store, settlementRef(body));
  if (
    now === undefined ||
    now.signature === null ||
    now.own === null ||
    now.declaration === null ||
    now.built === null
  ) {
    return { refs: [], enqueue: () => {} };
  }
  // In the peer's round: it passes over what belongs to another one.
  const about = { ...aboutOf(now), round: body.round };
  const { declaration, built, signature } = now;
  const all: SettlementMessage[] = [
    { kind: "Declare", body: { ...about, step: "figures", ...now.own, signed: built.digest } },
    { kind: "Declare", body: { ...about, step: "sign", digest: declaration.digest, ...declaration.signature } },
    { kind: "Propose", body: { ...about, proposal: built.proposal } },
    { kind: "Sign", body: { ...about, digest: built.digest, ...signature } },
  ];
  // At its beginning only, and never in answer to a repetition: two sides that both have signed would go on for ever.
  const isBeginning = kind === "Declare" && body.step === "figures" && body.signed === undefined;
  const needed = isBeginning ? all : [];
  return outgoing(deps, now, needed);
}

/** Before it is concluded, only a round that the peer begins after our signature is answered so; the rest is under way. */
function mayRepeat({ state, signature, round }: Settlement, { body }: SettlementMessage): boolean {
  return state === "agreed" || (signature !== null && BigInt(body.round) > BigInt(round));
}

/** Pure: the settlement with what the message says. Answers the same object when it says nothing new. */
export function take(settlement: Settlement, message: SettlementMessage): Settlement {
  const { kind, body } = message;
  if (settlement.state === "agreed") return settlement;
  if (settlement.signature !== null) return takeSigned(settlement, message);
  if (BigInt(body.round) < BigInt(settlement.round)) return settlement;
  const now = BigInt(body.round) > BigInt(settlement.round) ? inRound(settlement, body.round) : settlement;
  if (kind === "Propose") {
    const theirStatement = body.statement ?? now.theirStatement;
    if (now.theirProposal !== null && theirStatement === now.theirStatement) return now;
    return { ...now, theirProposal: now.theirProposal ?? body.proposal, theirStatement, peerReason: null };
  }
  if (kind === "Sign") {
    const { digest, keyId, signature } = body;
    return now.theirSignature !== null
      ? now
      : { ...now, theirSignature: { digest, keyId, signature }, peerReason: null };
  }
  if (body.step === "sign") {
    const { digest, keyId, signature } = body;
    if (now.theirDeclaration !== null) return now;
    return { ...now, theirDeclaration: { digest, keyId, signature }, peerReason: null };
  }
  const { figures, through, disputedReceiptIds, resolutions, disputes, signed } = body;
  if (now.theirs !== null) return now;
  const theirs = { figures, through, disputedReceiptIds, resolutions, disputes, signed };
  return { ...now, theirs, peerReason: null };
}

/**
 * Once we signed, nothing moves the settlement but the peer's signature over the same statement, in whatever round it
 * comes; one that did not hold may be replaced by one that does.
 */
function takeSigned(settlement: Settlement, { kind, body }: SettlementMessage): Settlement {
  const { theirSignature, state, built } = settlement;
  if (kind !== "Sign" || body.digest !== built?.digest) return settlement;
  if (theirSignature !== null && (state !== "differs" || theirSignature.signature === body.signature))
    return settlement;
  const { digest, keyId, signature } = body;
  return {
    ...settlement,
    theirSignature: { digest, keyId, signature },
    state: "calculated",
    reason: null,
    peerReason: null,
  };
}

/** What a side that asks learns of where the other one stands. */
function reasonForPeer(
  deps: ProcessDeps,
  settlement: Settlement,
  { body }: SettlementMessage,
  shown: string | undefined,
): Reason | null {
  const { isApproved, state, signature, periodId, round } = settlement;
  if (shown !== undefined) return equivocationReason(settlement);
  if (state === "agreed") return null;
  if (signature !== null && BigInt(body.round) > BigInt(round)) {
    return stopped("STATEMENT_SIGNED_BY_PEER", settlement.peer, { region: deps.region, periodId });
  }
  return !isApproved && autoSignLimit(settlement) === 0n ? waitsForClose(deps.region, periodId) : null;
}

/** What the peer answered: whose turn it is there. */
export async function peerAnswered(deps: ProcessDeps, message: OutboxMessage, answer: Answer): Promise<void> {
  const said = parseAnswer(answer);
  const now = await ownSettlement(deps, message);
  if (said?.reason == null || now === undefined || now.state === "agreed" || now.theirs !== null) return;
  await commitStep(deps, now, { change: { peerReason: said.reason, reason: said.reason } });
}

/** The peer's final word; a person has to look. */
export async function peerRefused(
  deps: ProcessDeps,
  message: OutboxMessage,
  code: string,
  text: { readonly zh: string; readonly en: string },
): Promise<void> {
  const now = await ownSettlement(deps, message);
  if (now === undefined || now.state === "agreed") return;
  if (OVERTAKEN.has(code) && now.signature === null) return leaveToNext(deps, now);
  const turn = { region: message.peer, role: "finance" };
  const reason = { code, rule: "settlement.peer", turn, until: null, verified: true, text, neutral: text };
  await commitStep(deps, now, { change: { state: "differs", reason, peerReason: reason } });
}

/** The peer can settle nothing in this period any more: what belongs to it comes late, in a later one, on both sides. */
const OVERTAKEN = new Set<string>(["PERIOD_ORDER", "PERIOD_OVERTAKEN", "PERIOD_LEDGER_CLOSED"] satisfies ProcessCode[]);

async function leaveToNext(deps: ProcessDeps, before: Settlement): Promise<void> {
  const ref = settlementRef(before);
  const left = await transact(deps.store, [ref], (tx) => {
    if (tx.get(ref)?.revision !== before.revision) return refuseProcess("SETTLEMENT_MOVED", keyOf(before));
    tx.remove(ref);
    return ok(true);
  });
  const { agreementId, periodId, peer } = before;
  if (left.ok) deps.logger.info({ agreementId, periodId, peer }, "the period is left to a later one, as the peer asks");
}

async function ownSettlement({ store }: ProcessDeps, { kind, body }: OutboxMessage): Promise<Settlement | undefined> {
  const message = parseSettlementMessage(kind, body);
  if (!message.ok) return undefined;
  const now = await read(store, settlementRef(message.value.body));
  // What an earlier round was told is of no interest any more.
  return now?.round === message.value.body.round ? now : undefined;
}

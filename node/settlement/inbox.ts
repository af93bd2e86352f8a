import { ok, type Result } from "../kernel/exchange-error.ts";
import { periodOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { read, transact } from "../storage/transact.ts";
import { termsOf } from "./build.ts";
import { answerOf, parseAnswer, parseSettlementMessage, type SettlementMessage } from "./messages.ts";
import {
  aboutOf,
  commitStep,
  inRound,
  newSettlement,
  outgoing,
  type ProcessDeps,
  revised,
  settlementRef,
} from "./process.ts";
import type { Settlement } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { waitsForClose } from "./reasons.ts";
import { agreementBooks } from "./store.ts";

/** A peer's clock may pass into the next month a little before ours. */
const SKEW_MS = 60_000;

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
  // Settled out of its turn, a period shuts out every one before it.
  if (periodId > periodOf(deps.runtime.nowMs() + SKEW_MS)) return refuseProcess("PERIOD_FUTURE", { periodId });
  const ref = settlementRef({ agreementId, periodId });
  const books = agreementBooks.at(agreementId);
  const again = await repeats(deps, message);
  return transact(deps.store, [ref, books, ...inboxRefs(inbound), ...again.refs], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const known = tx.get(ref);
    const { lastPeriod = "" } = tx.get(books) ?? {};
    if (known === undefined && lastPeriod >= periodId) {
      return refuseProcess("PERIOD_ORDER", { agreementId, periodId, earlier: lastPeriod });
    }
    const before = known ?? newSettlement(agreement, periodId, deps.region);
    if (before.state === "agreed") again.enqueue(tx);
    const after = take(before, message);
    if (after !== before || known === undefined) tx.put(ref, revised(deps, after));
    const answer = answerOf(after.state, reasonForPeer(deps, after));
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/** A peer that lost the end of a settlement gets what it misses again; the same digest is signed with the same signature. */
async function repeats(deps: ProcessDeps, { kind, body }: SettlementMessage) {
  const now = await read(deps.store, settlementRef(body));
  if (now?.state !== "agreed" || now.own === null || now.declaration === null || now.built === null) {
    return { refs: [], enqueue: () => {} };
  }
  // In the peer's round: it passes over what belongs to another one.
  const about = { ...aboutOf(now), round: body.round };
  const { declaration, built, signature } = now;
  const declare: SettlementMessage[] = [
    { kind: "Declare", body: { ...about, step: "figures", ...now.own } },
    { kind: "Declare", body: { ...about, step: "sign", digest: declaration.digest, ...declaration.signature } },
  ];
  const propose: SettlementMessage[] = [{ kind: "Propose", body: { ...about, proposal: built.proposal } }];
  if (signature !== null) propose.push({ kind: "Sign", body: { ...about, digest: built.digest, ...signature } });
  const needed = kind === "Declare" && body.step === "figures" ? declare : kind === "Propose" ? propose : [];
  return outgoing(deps, now, needed);
}

/** Pure: the settlement with what the message says. Answers the same object when it says nothing new. */
export function take(settlement: Settlement, { kind, body }: SettlementMessage): Settlement {
  if (settlement.state === "agreed" || BigInt(body.round) < BigInt(settlement.round)) return settlement;
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
  const { figures, through, disputedReceiptIds, resolutions } = body;
  if (now.theirs !== null) return now;
  return { ...now, theirs: { figures, through, disputedReceiptIds, resolutions }, peerReason: null };
}

function reasonForPeer(deps: ProcessDeps, { isApproved, state, periodId }: Settlement): Reason | null {
  const waits = state !== "agreed" && !isApproved && deps.autoSignUpToFen === 0n;
  return waits ? waitsForClose(deps.region, periodId) : null;
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
  const turn = { region: message.peer, role: "finance" };
  const reason = { code, rule: "settlement.peer", turn, until: null, verified: true, text, neutral: text };
  await commitStep(deps, now, { change: { state: "differs", reason, peerReason: reason } });
}

async function ownSettlement({ store }: ProcessDeps, { kind, body }: OutboxMessage): Promise<Settlement | undefined> {
  const message = parseSettlementMessage(kind, body);
  if (!message.ok) return undefined;
  const now = await read(store, settlementRef(message.value.body));
  // What an earlier round was told is of no interest any more.
  return now?.round === message.value.body.round ? now : undefined;
}

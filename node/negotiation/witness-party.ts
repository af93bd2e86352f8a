import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { type AnyRef, list, read, type Tx, transact } from "../storage/transact.ts";
import { signedLeaf } from "./agree.ts";
import { checkPartySignatures, checkSignature, readDocument, signDocument } from "./agreement.ts";
import type { NegotiationDeps } from "./deps.ts";
import { type Outgoing, parseMessage } from "./messages.ts";
import type { Agreement } from "./model.ts";
import { unknownAgreement } from "./refusal.ts";
import { putAgreement, witnessedAgreements, witnessedWaiting } from "./store.ts";
import { cosignature, inForceSchema, partyRefusal, proposalSchema, witnessView } from "./third-region-messages.ts";
import { withSignature } from "./third-region-signing.ts";
import {
  answered,
  awaitsApprover,
  awaitsOthers,
  draftedAgreement,
  hasSigned,
  refusedByApprover,
} from "./witness-record.ts";

/** The provider asks this region, whose parties the terms pay, for its signature; an approver answers, or the rule of the node. */
export async function receiveProposal(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(proposalSchema, "HeliuAgreementProposal", inbound.body);
  if (!message.ok) return message;
  const drafted = await draftedAgreement(deps, inbound.peer, message.value);
  if (!drafted.ok) return drafted;
  const { id, digest } = drafted.value;
  const ref = witnessedAgreements.at(id);
  const post = posting(deps, drafted.value);
  return transact(
    deps.store,
    [ref, ...inboxRefs(inbound), ...post.refs, ...appendLeafRefs({ agreementId: id })],
    (tx) => {
      const seen = receiveOnce(tx, inbound);
      if (seen !== undefined) return ok(seen.seen);
      const known = tx.get(ref);
      if (known !== undefined && known.digest !== digest) return unknownAgreement();
      const asked: Agreement = { ...drafted.value, reason: awaitsApprover(deps, drafted.value) };
      const after = known ?? (deps.autoAccept === true ? signedNow(deps, tx, asked, "node") : asked);
      if (known === undefined) {
        putAgreement(tx, undefined, after);
        if (hasSigned(after, deps.region)) post.send(tx, signatureOf(after, deps.region));
      }
      const answer = witnessView(after);
      markReceived(tx, inbound, answer);
      return ok(answer);
    },
  );
}

/** An approver of the third region signs; nobody of this region asked for it, so whoever it is has not asked. */
export function signAgreement(deps: NegotiationDeps, actor: Principal, id: string): Promise<Result<Agreement>> {
  return answerProposal(deps, actor, id, (tx, before) => {
    const after = signedNow(deps, tx, before, "approver");
    return { after, send: signatureOf(after, deps.region) };
  });
}

type Refusing = { readonly code?: string | undefined; readonly comment: string };

/** The approver's no ends it for everybody; the comment is the basis and travels with the rule. */
export function refuseAgreement(
  deps: NegotiationDeps,
  actor: Principal,
  id: string,
  { code = "REFUSED", comment }: Refusing,
): Promise<Result<Agreement>> {
  const { region, runtime } = deps;
  const atMs = runtime.nowMs();
  return answerProposal(deps, actor, id, (tx, before) => {
    const reason = refusedByApprover(region, code, comment);
    const after = changed(before, { status: "terminated", reason }, atMs);
    const detail = { code, rule: reason.rule, peer: before.peer, agreementId: id };
    const digest = digestOf(detail);
    appendLeaf(tx, region, { kind: "policy.refused", atMs, subject: id, actor: "approver", digest, detail });
    return { after, send: partyRefusal(after, reason) };
  });
}

type Answering = (tx: Tx, before: Agreement) => { readonly after: Agreement; readonly send: Outgoing };

async function answerProposal(deps: NegotiationDeps, actor: Principal, id: string, answer: Answering) {
  const role = requireRole(actor, "approver");
  if (!role.ok) return role;
  const ref = witnessedAgreements.at(id);
  const found = await read(deps.store, ref);
  if (found === undefined) return unknownAgreement();
  const post = posting(deps, found);
  return transact(deps.store, [ref, ...post.refs, ...appendLeafRefs({ agreementId: id })], (tx) => {
    const before = tx.get(ref);
    if (before === undefined) return unknownAgreement();
    if (before.status !== "pending" || hasSigned(before, deps.region)) return answered(before);
    const { after, send } = answer(tx, before);
    putAgreement(tx, before, after);
    post.send(tx, send);
    return ok(after);
  });
}

/** FINALIZED between the two sides: nothing is believed before everybody's signature has been seen here too. */
export async function receiveInForce(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(inForceSchema, "HeliuAgreementInForce", inbound.body);
  if (!message.ok) return message;
  const { store, trust, runtime, region } = deps;
  const { agreementId: id, digest, consumerSignature, partySignatures } = message.value;
  const nowMs = runtime.nowMs();
  const keyOf = (of: string, keyId: string) => trust.statementKey(of, keyId, nowMs);
  const ref = witnessedAgreements.at(id);
  return transact(store, [ref, ...inboxRefs(inbound), ...appendLeafRefs({ agreementId: id })], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref);
    if (before === undefined || before.peer !== inbound.peer || before.digest !== digest) return unknownAgreement();
    const after = { ...before, consumerKeyId: consumerSignature.keyId, consumerSignature: consumerSignature.signature };
    const document = readDocument(before.document);
    if (!document.ok) return document;
    const consumerKey = keyOf(before.consumer, consumerSignature.keyId);
    const byConsumer = checkSignature(before.document, consumerKey, consumerSignature.signature);
    if (!byConsumer.ok) return byConsumer;
    const byOthers = checkPartySignatures(document.value, before.document, partySignatures, keyOf);
    if (!byOthers.ok) return byOthers;
    // Ended before it came into force; a late message must not bring it back.
    if (before.status === "pending") {
      const inForce = changed({ ...after, partySignatures }, { status: "in-force", reason: null }, nowMs);
      putAgreement(tx, before, inForce);
      appendLeaf(tx, region, signedLeaf(inForce, nowMs));
    }
    const answer = witnessView(tx.get(ref) ?? before);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/** The provider did not take our signature: it is as if it had not been given, and an approver sees why. */
export async function noteCosignatureRefused(
  deps: NegotiationDeps,
  message: OutboxMessage,
  code: string,
  text: Text,
): Promise<void> {
  const { agreementId = "" } = message.body as { readonly agreementId?: string };
  const ref = witnessedAgreements.at(agreementId);
  await transact(deps.store, [ref], (tx) => {
    const before = tx.get(ref);
    if (before?.status !== "pending") return ok(undefined);
    const wait = awaitsApprover(deps, before);
    const others = before.partySignatures?.filter((one) => one.region !== deps.region) ?? [];
    const reason: Reason = { ...wait, code, rule: `peer.${message.peer}`, text };
    const after = changed({ ...before, partySignatures: others }, { status: "pending", reason }, deps.runtime.nowMs());
    putAgreement(tx, before, after);
    return ok(undefined);
  });
}

/** What an approver of this region has to sign or refuse, the earliest deadline first. */
export async function waitingAgreements({ store }: NegotiationDeps, principal: Principal): Promise<Agreement[]> {
  if (!principal.roles.includes("approver")) return [];
  const found: Agreement[] = [];
  for await (const id of list(store, witnessedWaiting)) {
    const agreement = await read(store, witnessedAgreements.at(id));
    if (agreement !== undefined) found.push(agreement);
  }
  return found.sort((a, b) => dueOf(a).localeCompare(dueOf(b)));
}

const dueOf = ({ reason, signedAt }: Agreement) => reason?.until ?? `9999${signedAt}`;

function signedNow({ signer, region, runtime }: NegotiationDeps, tx: Tx, before: Agreement, actor: string): Agreement {
  const nowMs = runtime.nowMs();
  const signature = { region, ...signDocument(signer, before.document) };
  const signed = { ...before, partySignatures: withSignature(before, signature) };
  const after = changed(signed, { status: "pending", reason: awaitsOthers(before) }, nowMs);
  appendLeaf(tx, region, cosignedLeaf(after, actor, nowMs));
  return after;
}

function signatureOf(agreement: Agreement, region: string): Outgoing {
  const own = agreement.partySignatures?.find((one) => one.region === region);
  if (own === undefined) throw new Error("a signature is sent that was not given");
  return cosignature(agreement, { keyId: own.keyId, signature: own.signature });
}

function changed(before: Agreement, change: Pick<Agreement, "status" | "reason">, nowMs: number): Agreement {
  return { ...before, ...change, updatedAt: instantOf(nowMs), revision: before.revision + 1 };
}

function cosignedLeaf({ id, digest, peer, role, entry }: Agreement, actor: string, atMs: number): AuditEvent {
  const detail = { peer, role, entry: `${entry.region}/${entry.id}` };
  return { kind: "agreement.cosigned", atMs, subject: id, actor, digest, agreementId: id, detail };
}

/** Ids are given before the commit: a decider may run again, and must then owe the same message. */
function posting({ runtime }: NegotiationDeps, { id: agreementId, peer }: Agreement) {
  const lane = `agreement/${agreementId}`;
  const id = newUlid(runtime);
  const createdAt = instantOf(runtime.nowMs());
  const traceId = newTraceId(runtime);
  const refs: readonly AnyRef[] = enqueueRefs(peer, lane);
  const send = (tx: Tx, outgoing: Outgoing): void =>
    enqueue(tx, { id, peer, binding: "grpc", lane, topic: "negotiation", ...outgoing, createdAt, traceId });
  return { refs, send };
}

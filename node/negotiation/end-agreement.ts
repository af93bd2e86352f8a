import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import { nodePrincipal, type Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { neutralRefusal } from "../policy/refusal.ts";
import { read, type Tx, transact } from "../storage/transact.ts";
import { laneOf } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { agreementEnd, agreementEndSchema, parseMessage } from "./messages.ts";
import type { Agreement } from "./model.ts";
import { refuse, unknownAgreement } from "./refusal.ts";
import { agreementRef, agreements, agreementsByEnd, findAgreement, negotiations, putAgreement } from "./store.ts";
import { thirdRegionsIn } from "./third-region-signing.ts";

/** An approver ends an agreement in force; the other side is told, so that both hold the same end. */
export async function terminateAgreement(
  deps: NegotiationDeps,
  actor: Principal,
  id: string,
  comment: string,
): Promise<Result<Agreement>> {
  const role = requireRole(actor, "approver");
  if (!role.ok) return role;
  const { store, runtime, region } = deps;
  const found = await findAgreement(store, id);
  if (found === undefined) return unknownAgreement();
  if (found.role === "witness-party") return notASide(found);
  const negotiation = await read(store, negotiations.at(found.negotiationId));
  const { peer, negotiationId } = found;
  const lane = laneOf(negotiationId);
  const nowMs = runtime.nowMs();
  const at = instantOf(nowMs);
  const messageId = newUlid(runtime);
  const others = thirdRegionsIn(found).map((other) => ({ peer: other, id: newUlid(runtime) }));
  const traceId = newTraceId(runtime);
  const receivers = [peer, ...others.map((other) => other.peer)];
  const heads = receivers.flatMap((receiver) => enqueueRefs(receiver, lane));
  const refs = [agreements.at(id), ...heads, ...appendLeafRefs({ agreementId: id })];
  return transact(store, refs, (tx) => {
    const before = tx.get(agreements.at(id));
    if (before === undefined) return unknownAgreement();
    if (before.status !== "in-force") return notAlive(before);
    const ended = write(tx, before, { at, reason: terminatedBy(region, comment), status: "terminated" });
    appendLeaf(tx, region, endLeaf(ended, "approver", nowMs));
    // A connector of the Dataspace Protocol has no such message; it learns the end when its next transfer is refused.
    if (negotiation?.binding === "grpc") {
      const reason = ended.reason ?? terminatedBy(region, comment);
      const send = agreementEnd(ended, at, reason);
      const owed = { binding: "grpc", lane, topic: "negotiation", ...send, createdAt: at, traceId } as const;
      for (const one of [{ id: messageId, peer }, ...others]) enqueue(tx, { ...one, ...owed });
    }
    return ok(ended);
  });
}

/** The other side's end. When both ended it at once, the earlier end counts at both, else that of the smaller region id. */
export async function receiveAgreementEnd(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(agreementEndSchema, "HeliuAgreementTermination", inbound.body);
  if (!message.ok) return message;
  const { store, runtime, region } = deps;
  const { agreementId: id, digest, endedAt, reason } = message.value;
  const { peer } = inbound;
  const nowMs = runtime.nowMs();
  const { role = "consumer" } = (await findAgreement(store, id)) ?? {};
  const ref = agreementRef({ id, role });
  const refs = [ref, ...inboxRefs(inbound), ...appendLeafRefs({ agreementId: id })];
  return transact(store, refs, (tx) => {
    const earlier = receiveOnce(tx, inbound);
    if (earlier !== undefined) return ok(earlier.seen);
    const before = tx.get(ref);
    if (before === undefined || !mayEnd(before, peer) || before.digest !== digest) return unknownAgreement();
    const answer: Answer = { agreementId: id, status: "terminated" };
    const isFirst = before.status === "in-force" || before.status === "pending" || before.status === "suspended";
    const isEarlier = endedAt < before.updatedAt || (endedAt === before.updatedAt && peer < otherSide(before, peer));
    if (isFirst || (before.status === "terminated" && isEarlier)) {
      const end = { ...reason, turn: null, until: null };
      const ended = write(tx, before, { at: endedAt, reason: end, status: "terminated" });
      if (isFirst) appendLeaf(tx, region, endLeaf(ended, `peer:${peer}`, nowMs));
    }
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

/** Either side ends an agreement; whoever is only paid by it hears of that from the one that did. */
function mayEnd({ role, peer, provider, consumer }: Agreement, sender: string): boolean {
  return role === "witness-party" ? [provider, consumer].includes(sender) : sender === peer;
}

function otherSide({ provider, consumer }: Agreement, side: string): string {
  return side === provider ? consumer : provider;
}

/** Agreements whose time is over become `expired`, with evidence; both sides do so by the same date and need no message. */
export async function expireAgreements(deps: NegotiationDeps): Promise<number> {
  const { store, runtime, region } = deps;
  const nowMs = runtime.nowMs();
  const at = instantOf(nowMs);
  const due: Agreement[] = [];
  for await (const [, value] of store.range(agreementsByEnd.under([]))) {
    const found = await findAgreement(store, agreementsByEnd.codec.decode(value));
    if (found === undefined) continue;
    if (msOf(found.terms.validTo) > nowMs) break;
    due.push(found);
  }
  for (const { id, role } of due) {
    const ref = agreementRef({ id, role });
    await transact(store, [ref, ...appendLeafRefs({ agreementId: id })], (tx) => {
      const before = tx.get(ref);
      if (before?.status !== "in-force") return ok(undefined);
      const ended = write(tx, before, { at, reason: expired(before), status: "expired" });
      appendLeaf(tx, region, endLeaf(ended, nodePrincipal(region).name, nowMs));
      return ok(undefined);
    });
  }
  return due.length;
}

/** As it reads at this instant: an end date takes effect by itself, not when a worker gets round to it. */
export function asOf(agreement: Agreement, nowMs: number): Agreement {
  if (agreement.status !== "in-force" || msOf(agreement.terms.validTo) > nowMs) return agreement;
  return { ...agreement, status: "expired", reason: expired(agreement) };
}

type End = { readonly at: string; readonly reason: Reason; readonly status: "terminated" | "expired" };

function write(tx: Tx, before: Agreement, { at, reason, status }: End): Agreement {
  const ended: Agreement = { ...before, status, reason, updatedAt: at, revision: before.revision + 1 };
  putAgreement(tx, before, ended);
  return ended;
}

function endLeaf({ id, digest, status, peer, reason }: Agreement, actor: string, atMs: number): AuditEvent {
  const detail = { status, peer, code: reason?.code ?? "" };
  return { kind: "agreement.ended", atMs, subject: id, actor, digest, agreementId: id, detail };
}

function terminatedBy(region: string, comment: string): Reason {
  return {
    code: "AGREEMENT_TERMINATED",
    rule: "agreement.terminate",
    turn: null,
    until: null,
    verified: true,
    text: { zh: `地区 ${region} 终止了协议:${comment}`, en: `Region ${region} ended the agreement: ${comment}` },
    neutral: neutralRefusal,
  };
}

function expired({ terms }: Agreement): Reason {
  const text = {
    zh: `协议已于 ${terms.validTo} 到期;如需继续使用请重新申请。`,
    en: `The agreement ended on ${terms.validTo}; ask for a new one to go on.`,
  };
  return { code: "AUTH_EXPIRED", rule: "policy.dates", turn: null, until: null, verified: true, text, neutral: text };
}

function notASide({ id, provider, consumer }: Agreement): Result<never> {
  return refuse(
    "AGREEMENT_NOT_A_SIDE",
    {
      zh: `协议 ${id} 的双方是 ${provider} 与 ${consumer},本地区只是收益参与方,不能终止;请与其中一方联系。`,
      en: `The sides of agreement ${id} are ${provider} and ${consumer}; this region's parties are only paid by it, so it cannot end it. Turn to one of the two.`,
    },
    { agreementId: id },
  );
}

function notAlive({ id, status }: Agreement): Result<never> {
  return refuse(
    "AGREEMENT_NOT_ALIVE",
    {
      zh: `协议 ${id} 当前状态为 ${status},没有可终止的效力。`,
      en: `Agreement ${id} is ${status}; there is nothing in force to end.`,
    },
    { status },
  );
}

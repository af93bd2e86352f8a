import { keepDocument } from "../audit/document-store.ts";
import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { type DigestedDocument, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Answer, InboundMessage, OutboxMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import type { NegotiationDeps } from "./deps.ts";
import { negotiationView, type Outgoing } from "./messages.ts";
import type { Agreement, Negotiation } from "./model.ts";
import { refuse, unknownNegotiation } from "./refusal.ts";
import { agreements, maskKeys, negotiations, negotiationsByPeer, putAgreement, putNegotiation } from "./store.ts";

/** What the commit found: the negotiation and the agreement it is about, as far as they exist. */
export type Scene = {
  readonly negotiation: Negotiation | undefined;
  readonly agreement: Agreement | undefined;
  readonly nowMs: number;
  readonly at: string;
};

/** What a use case wants to be true afterwards. All of it becomes durable in one commit, or none. */
export type Step = {
  readonly negotiation: Negotiation;
  readonly agreement?: Agreement;
  readonly send?: Outgoing;
  /** To third regions, at most one each; their ids stand in the place's `others`. */
  readonly toOthers?: readonly (Outgoing & { readonly peer: string })[];
  /** Of the audit log, besides the one about the negotiation. */
  readonly leaves?: readonly AuditEvent[];
  /** What those leaves name by digest. */
  readonly documents?: readonly DigestedDocument[];
};

export type Place = {
  readonly id: string;
  readonly peer: string;
  readonly agreementId: string | null;
  /** Third regions that the terms pay, which this step may have to write to. */
  readonly others?: readonly string[];
  /** What a person saw when acting (If-Match). */
  readonly revision?: number | undefined;
  readonly inbound?: InboundMessage;
  /** A creating message: by (peer, the peer's pid) it may have been here before under another message id. */
  readonly creates?: { readonly peerPid: string };
};

type Outcome =
  | { readonly kind: "changed"; readonly negotiation: Negotiation }
  | { readonly kind: "seen"; readonly answer: Answer }
  | { readonly kind: "exists"; readonly id: string };

/** What a person of this node does. */
export async function commitAction(
  deps: NegotiationDeps,
  place: Omit<Place, "inbound" | "creates">,
  decide: (scene: Scene) => Result<Step>,
): Promise<Result<Negotiation>> {
  const outcome = await commitStep(deps, place, decide);
  if (!outcome.ok) return outcome;
  if (outcome.value.kind !== "changed") throw new Error("an action cannot have been received before");
  return ok(outcome.value.negotiation);
}

/** What a peer's message does. A message that was here before gets its answer again and does nothing. */
export async function commitMessage(
  deps: NegotiationDeps,
  place: Place & { readonly inbound: InboundMessage },
  decide: (scene: Scene) => Result<Step>,
): Promise<Result<Answer>> {
  const outcome = await commitStep(deps, place, decide);
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "seen") return ok(outcome.value.answer);
  if (outcome.value.kind === "changed") return ok(negotiationView(outcome.value.negotiation));
  const earlier = await read(deps.store, negotiations.at(outcome.value.id));
  return earlier === undefined ? unknownNegotiation() : ok(negotiationView(earlier));
}

/**
 * One durable commit of a step: inbox mark, negotiation with its indexes, agreement, queued message, audit leaves.
 * `decide` is pure; it may run again and must not look at anything but the scene.
 */
async function commitStep(
  deps: NegotiationDeps,
  place: Place,
  decide: (scene: Scene) => Result<Step>,
): Promise<Result<Outcome>> {
  const { store, runtime, region } = deps;
  const { id, peer, agreementId, inbound, others = [] } = place;
  const nowMs = runtime.nowMs();
  const at = instantOf(nowMs);
  const queued = { id: newUlid(runtime), peer, lane: laneOf(id), topic: "negotiation", createdAt: at } as const;
  const otherIds = new Map(others.map((other) => [other, newUlid(runtime)]));
  const traceId = inbound?.traceId ?? newTraceId(runtime);
  const maskKey = Buffer.from(runtime.randomBytes(32)).toString("base64");

  const outcome = await transact<Outcome>(store, refsOf(place), (tx) => {
    const earlier = receivedBefore(tx, place);
    if (earlier !== undefined) return ok(earlier);
    const before = tx.get(negotiations.at(id));
    if (place.revision !== undefined && before !== undefined && before.revision !== place.revision) {
      return revisionConflict(before.revision);
    }
    // An agreement came in between the caller's read and this commit, so its record was not asked for.
    if (agreementId === null && before !== undefined && before.agreementId !== null) return busy();
    const agreement = agreementId === null ? undefined : tx.get(agreements.at(agreementId));
    const step = decide({ negotiation: before, agreement, nowMs, at });
    if (!step.ok) return step;

    const { negotiation: after, send, toOthers = [], leaves = [], documents = [] } = step.value;
    // The terms changed between the caller's read and this commit, and name regions that were not expected.
    if (toOthers.some((one) => !otherIds.has(one.peer))) return busy();
    putNegotiation(tx, before, after, region);
    if (step.value.agreement !== undefined) writeAgreement(tx, agreement, step.value.agreement, maskKey);
    if (send !== undefined) enqueue(tx, { ...queued, ...destinationOf(after), ...send, traceId });
    for (const one of toOthers) {
      enqueue(tx, { ...queued, id: otherIds.get(one.peer) ?? "", binding: "grpc", ...one, traceId });
    }
    const evidence = send?.body ?? inbound?.body;
    if (evidence !== undefined) appendLeaf(tx, region, changeLeaf(before, after, digestOf(evidence), nowMs));
    for (const document of documents) keepDocument(tx, document);
    for (const leaf of leaves) appendLeaf(tx, region, leaf);
    if (inbound !== undefined) markReceived(tx, inbound, negotiationView(after));
    return ok({ kind: "changed", negotiation: after });
  });
  if (outcome.ok && outcome.value.kind === "changed") {
    const { role, state } = outcome.value.negotiation;
    deps.logger?.info({ negotiation: id, peer, role, state, traceId }, "a negotiation moved");
  }
  return outcome;
}

function receivedBefore(tx: Tx, { inbound, creates, peer }: Place): Outcome | undefined {
  const earlier = inbound === undefined ? undefined : receiveOnce(tx, inbound);
  if (earlier !== undefined) return { kind: "seen", answer: earlier.seen };
  const id = creates === undefined ? undefined : tx.get(negotiationsByPeer.at(peer, creates.peerPid));
  return id === undefined ? undefined : { kind: "exists", id };
}

function destinationOf({ binding, callbackAddress }: Negotiation): Pick<OutboxMessage, "binding" | "callbackAddress"> {
  return callbackAddress === null ? { binding } : { binding, callbackAddress };
}

/** Messages of one negotiation keep their order; negotiations do not wait for each other. */
export function laneOf(negotiationId: string): string {
  return `negotiation/${negotiationId}`;
}

function refsOf({ id, peer, agreementId, inbound, creates, others = [] }: Place): AnyRef[] {
  return [
    negotiations.at(id),
    ...others.flatMap((other) => enqueueRefs(other, laneOf(id))),
    ...enqueueRefs(peer, laneOf(id)),
    ...appendLeafRefs(agreementId === null ? undefined : { agreementId }),
    ...(agreementId === null ? [] : [agreements.at(agreementId)]),
    ...(inbound === undefined ? [] : inboxRefs(inbound)),
    ...(creates === undefined ? [] : [negotiationsByPeer.at(peer, creates.peerPid)]),
  ];
}

function writeAgreement(tx: Tx, before: Agreement | undefined, after: Agreement, maskKey: string): void {
  putAgreement(tx, before, after);
  if (before === undefined && after.role === "provider") tx.put(maskKeys.at(after.id), maskKey);
}

function changeLeaf(before: Negotiation | undefined, after: Negotiation, digest: string, atMs: number): AuditEvent {
  const news = after.timeline.slice(before?.timeline.length ?? 0);
  const { id, role, peer, entry, state } = after;
  // Nothing moved, but whom it waits for is another now.
  const event = news.map((item) => item.event).join(",") || "wait";
  const actor = news.at(-1)?.actor ?? "node";
  const detail = { event, from: before?.state ?? "", to: state, role, peer, entry: `${entry.region}/${entry.id}` };
  return { kind: "negotiation.changed", atMs, subject: id, actor, digest, detail };
}

function busy(): Result<never> {
  return refuse("NEGOTIATION_BUSY", {
    zh: "该协商正在被更改;请重试。",
    en: "The negotiation is just being changed; try again.",
  });
}

function revisionConflict(revision: number): Result<never> {
  return refuse(
    "REVISION_CONFLICT",
    {
      zh: "该协商在您查看之后已被更改;请刷新后再决定。",
      en: "The negotiation changed since you looked at it; reload, then decide.",
    },
    { revision: String(revision) },
  );
}

import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { InboundMessage } from "../outbox/model.ts";
import { enqueue, enqueueRefs, inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import type { Rules } from "../rules/service.ts";
import type { Store } from "../storage/port.ts";
import { type Tx, transact } from "../storage/transact.ts";
import { entryFreezes } from "../transfer/store.ts";
import type { Objection, ObjectionMessage } from "./model.ts";
import { objections, objectionsByAgreement } from "./store.ts";

export type MoveDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly rules: Rules;
  readonly region: string;
};

export type ObjectionDeps = MoveDeps & { readonly agreement: (id: string) => Promise<Result<Agreement>> };

/** What one event makes of an objection; `isTold` where the peer has to hear of it. */
export type Change = {
  readonly after: Objection;
  readonly event: string;
  readonly actor: string;
  readonly isTold: boolean;
};

export function messageOf({ id, type, agreementId, about, text, ...now }: Objection, event: string): ObjectionMessage {
  const { state, outcome, reason } = now;
  // An answer that was approved is what was verified, not what the approver remarked.
  const isAnswered = state === "handled" || state === "refused";
  const comment = isAnswered ? now.answer : (now.timeline.at(-1)?.comment ?? null);
  return { objectionId: id, type, agreementId, about, text, event, state, outcome, comment, reason };
}

/** One commit: record, message to the peer, leaf, inbox mark. */
export function commitMove(
  deps: MoveDeps,
  place: {
    readonly id: string;
    readonly peer: string;
    readonly agreementId: string;
    readonly entryId: string;
    readonly inbound?: InboundMessage;
  },
  decide: (before: Objection | undefined, nowMs: number) => Result<Change>,
): Promise<Result<Objection>> {
  const { store, runtime, region } = deps;
  const { id, peer, agreementId, entryId, inbound } = place;
  const nowMs = runtime.nowMs();
  const lane = `objection/${id}`;
  const queued = { id: newUlid(runtime), peer, lane, topic: "objection", binding: "grpc" } as const;
  const traceId = inbound?.traceId ?? newTraceId(runtime);
  const ref = objections.at(id);
  const refs = [
    ...[ref, entryFreezes.at(entryId)],
    ...enqueueRefs(peer, lane),
    ...appendLeafRefs({ agreementId }),
    ...(inbound === undefined ? [] : inboxRefs(inbound)),
  ];
  return transact(store, refs, (tx) => {
    const before = tx.get(ref);
    if (inbound !== undefined && receiveOnce(tx, inbound) !== undefined && before !== undefined) return ok(before);
    const change = decide(before, nowMs);
    if (!change.ok) return change;
    const { after, event, isTold } = change.value;
    write(tx, before, after);
    freeze(tx, after);
    const body = messageOf(after, event) as unknown as Canonical;
    if (isTold) enqueue(tx, { ...queued, kind: event, body, createdAt: instantOf(nowMs), traceId });
    leaf(tx, region, before, change.value, digestOf(inbound?.body ?? body), nowMs);
    if (inbound !== undefined) markReceived(tx, inbound, answerOf(after));
    return ok(after);
  });
}

/** What the peer is told at once: how it stands here, and until when it is whose turn. */
export function answerOf({ id, state, reason }: Objection): Canonical {
  return { objectionId: id, state, reason } as unknown as Canonical;
}

const MARKED: readonly Objection["state"][] = ["marked", "verified", "handled"];

/** The mark of an objection by somebody concerned stands from its acceptance until it is closed. Source: domain.md §6.4. */
function freeze(tx: Tx, { id, side, type, about, entry, state }: Objection): void {
  if (side !== "provider" || type !== "rights" || about.kind !== "entry") return;
  const ref = entryFreezes.at(entry.id);
  const others = (tx.get(ref) ?? []).filter((one) => one !== id);
  tx.put(ref, MARKED.includes(state) ? [...others, id] : others);
}

function write(tx: Tx, before: Objection | undefined, after: Objection): void {
  tx.put(objections.at(after.id), after);
  if (before === undefined) tx.put(objectionsByAgreement.at(after.agreementId, after.id), after.id);
}

function leaf(
  tx: Tx,
  region: string,
  before: Objection | undefined,
  { after, event, actor }: Change,
  digest: string,
  atMs: number,
): void {
  const { id, agreementId, type, about, peer, state, outcome } = after;
  const named =
    about.kind === "transfer" ? about.transferId : about.kind === "receipts" ? `${about.from}-${about.to}` : "";
  appendLeaf(tx, region, {
    ...{ kind: "objection.changed", atMs, subject: id, actor, digest, agreementId },
    detail: {
      ...{ event, from: before?.state ?? "", to: state, type, peer },
      about: named === "" ? about.kind : `${about.kind}:${named}`,
      ...(outcome === null ? {} : { outcome }),
    },
  });
}

import type { TrustView } from "../identity/model.ts";
import type { Canonical } from "../kernel/canonical-json.ts";
import type { Signer } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId } from "../kernel/trace.ts";
import { enqueue, enqueueRefs } from "../outbox/store.ts";
import type { Rules } from "../rules/service.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import type { Store } from "../storage/port.ts";
import { type AnyRef, list, type Tx, transact } from "../storage/transact.ts";
import type { NetMessage } from "./messages.ts";
import type { Netting, NettingPlan } from "./model.ts";
import { putNetting } from "./open.ts";
import { refusePayment } from "./refusal.ts";
import { nettings } from "./store.ts";

export type PaymentDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** This node's own region. */
  readonly region: string;
  readonly trust: Pick<TrustView, "statementKey" | "region">;
  /** Of the region's statement key. */
  readonly signer: Signer;
  readonly rules: Pick<Rules, "deadline">;
  /** Statements with both signatures, of one period or of all but some. */
  readonly signed: (periodId?: string, without?: ReadonlySet<string>) => Promise<Result<SignedStatement[]>>;
};

export const NETTING_PREFIX = "heliu.netting.v1";
export const PAYMENT_PREFIX = "heliu.payment.v1";

/** What a step changes, and what it owes other regions; one commit. */
export type NetStep = {
  readonly change: Partial<Netting>;
  readonly messages?: readonly Addressed[];
  readonly refs?: readonly AnyRef[];
  /** More writes of the same commit. */
  readonly also?: (tx: Tx) => Result<Partial<Netting>>;
};
export type Addressed = { readonly to: string; readonly message: NetMessage };

export function newNetting(periodId: string, round: string): Netting {
  return {
    periodId,
    round,
    state: "open",
    reason: null,
    requestedBy: null,
    isApproved: false,
    tables: {},
    sentTo: [],
    plan: null,
    signatures: {},
    confirmations: {},
    signedAt: null,
    closedAt: null,
    leafIndex: null,
    updatedAt: "",
    revision: 0,
  };
}

export function nettingRef({ periodId, round }: Pick<Netting, "periodId" | "round">) {
  return nettings.at(periodId, BigInt(round));
}

export function planIn(netting: Netting): NettingPlan | undefined {
  return netting.plan === null ? undefined : (JSON.parse(netting.plan.text) as NettingPlan);
}

/** All rounds of a period, oldest first. */
export async function roundsOf(store: Store, periodId: string): Promise<Netting[]> {
  const found: Netting[] = [];
  for await (const one of list(store, nettings, [periodId])) found.push(one);
  return found;
}

export function revised({ runtime }: Pick<PaymentDeps, "runtime">, netting: Netting): Netting {
  return { ...netting, updatedAt: instantOf(runtime.nowMs()), revision: netting.revision + 1 };
}

/** Commits a step unless the netting has moved since it was read; the caller then looks again. */
export async function commitNetStep(deps: PaymentDeps, before: Netting, step: NetStep): Promise<Result<Netting>> {
  const ref = nettingRef(before);
  const post = outgoing(deps, laneOf(before.periodId), step.messages ?? []);
  return transact(deps.store, [ref, ...(step.refs ?? []), ...post.refs], (tx) => {
    const { periodId } = before;
    if ((tx.get(ref)?.revision ?? 0) !== before.revision) return refusePayment("NETTING_MOVED", { periodId });
    const more = step.also?.(tx) ?? ok({});
    if (!more.ok) return more;
    const after = revised(deps, { ...before, ...step.change, ...more.value });
    putNetting(tx, after);
    post.enqueue(tx);
    return ok(after);
  });
}

export const laneOf = (periodId: string) => `netting/${periodId}`;

/** Ids are given before the commit: a decider may run again, and must then owe the same messages. */
export function outgoing(
  { runtime }: Pick<PaymentDeps, "runtime">,
  lane: string,
  messages: readonly Addressed[],
): { readonly refs: readonly AnyRef[]; readonly enqueue: (tx: Tx) => void } {
  const createdAt = instantOf(runtime.nowMs());
  const traceId = newTraceId(runtime);
  const sealed = messages.map(({ to, message: { kind, body } }) => {
    return { id: newUlid(runtime), peer: to, kind, body: body as unknown as Canonical };
  });
  return {
    refs: sealed.flatMap(({ peer }) => enqueueRefs(peer, lane)),
    enqueue: (tx) => {
      for (const one of sealed) {
        enqueue(tx, { ...one, binding: "grpc", lane, topic: "netting", createdAt, traceId });
      }
    },
  };
}

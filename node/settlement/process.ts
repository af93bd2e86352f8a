import type { TrustView } from "../identity/model.ts";
import type { Canonical } from "../kernel/canonical-json.ts";
import { type Signer, verifySignature } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { newUlid } from "../kernel/ids.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { newTraceId } from "../kernel/trace.ts";
import type { Agreement } from "../negotiation/model.ts";
import { enqueue, enqueueRefs } from "../outbox/store.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Rules } from "../rules/service.ts";
import { type AnyRef, type Tx, transact } from "../storage/transact.ts";
import type { BuildDeps } from "./build.ts";
import { NO_FIGURES } from "./figures.ts";
import type { SettlementMessage } from "./messages.ts";
import type { Settlement, SideSignature } from "./process-model.ts";
import { refuseProcess } from "./process-refusal.ts";
import { settlements } from "./store.ts";
import type { TreeChannel } from "./tree-walk.ts";

export type ProcessDeps = BuildDeps & {
  readonly runtime: Runtime;
  readonly logger: Logger;
  /** This node's own region. */
  readonly region: string;
  readonly trust: Pick<TrustView, "statementKey">;
  /** Of the region's statement key. */
  readonly signer: Signer;
  readonly metrics: Pick<Metrics, "count" | "gauge">;
  readonly rules: Pick<Rules, "deadline"> | undefined;
  readonly trees: TreeChannel | undefined;
  /** Calls up to a period that were answered here and have no receipt yet. */
  readonly openCalls: (agreementId: string, throughPeriod: string) => Promise<number>;
};

/** What a step changes, and what it owes the peer; one commit. */
export type Step = {
  readonly change: Partial<Settlement>;
  readonly messages?: readonly SettlementMessage[];
  readonly refs?: readonly AnyRef[];
  /** More writes of the same commit. */
  readonly also?: (tx: Tx) => Result<Partial<Settlement>>;
};

/** Only for an agreement that `termsOf` found priced. */
export function newSettlement(
  { id, provider, consumer, entry }: Agreement,
  periodId: string,
  region: string,
  terms: SettlementTerms,
): Settlement {
  const parties = terms.parties.map(({ partyId, role, regionId }) => ({ partyId, role, regionId }));
  return {
    agreementId: id,
    periodId,
    // Not `agreement.peer`: that says how the other side is reached, this who it is.
    peer: provider === region ? consumer : provider,
    provider,
    consumer,
    entryId: entry.id,
    entryName: entry.name,
    parties,
    scheme: terms.scheme.kind,
    thirdRegions: thirdRegionsOf(terms, provider, consumer),
    autoSignUpToFen: terms.autoSignUpToFen ?? "0",
    ...CLEARED,
    peerReason: null,
    round: "1",
    isApproved: false,
    isEarly: false,
    approvedAt: null,
    figures: NO_FIGURES,
    signedAt: null,
    isMarking: false,
    leafIndex: null,
    updatedAt: "",
    revision: 0,
  };
}

/** Statements up to this amount are signed without a person, because both regions signed that in the terms. 0: none. */
export function autoSignLimit({ autoSignUpToFen }: Settlement): bigint {
  return BigInt(autoSignUpToFen ?? "0");
}

/** Everything that belongs to one round of comparing. */
const CLEARED = {
  state: "open",
  reason: null,
  own: null,
  theirs: null,
  declaration: null,
  theirDeclaration: null,
  thirds: undefined,
  witness: undefined,
  built: null,
  theirProposal: null,
  theirStatement: null,
  signature: null,
  theirSignature: null,
  differences: null,
} as const satisfies Partial<Settlement>;

export function inRound(settlement: Settlement, round: string): Settlement {
  return { ...settlement, ...CLEARED, round };
}

export function settlementRef({ agreementId, periodId }: Pick<Settlement, "agreementId" | "periodId">) {
  return settlements.at(periodId, agreementId);
}

/** Commits a step unless the settlement has moved since it was read; the caller then looks again. */
export async function commitStep(deps: ProcessDeps, before: Settlement, step: Step): Promise<Result<Settlement>> {
  const { store } = deps;
  const ref = settlementRef(before);
  const post = outgoing(deps, before, step.messages ?? []);
  const refs = [ref, ...(step.refs ?? []), ...post.refs];
  return transact(store, refs, (tx) => {
    const now = tx.get(ref);
    if ((now?.revision ?? 0) !== before.revision) return refuseProcess("SETTLEMENT_MOVED", keyOf(before));
    const more = step.also?.(tx) ?? ok({});
    if (!more.ok) return more;
    const after = revised(deps, { ...before, ...step.change, ...more.value });
    tx.put(ref, after);
    post.enqueue(tx);
    return ok(after);
  });
}

export function revised({ runtime }: Pick<ProcessDeps, "runtime">, settlement: Settlement): Settlement {
  return { ...settlement, updatedAt: instantOf(runtime.nowMs()), revision: settlement.revision + 1 };
}

/** Ids are given before the commit: a decider may run again, and must then owe the same messages. */
export function outgoing(
  { runtime }: Pick<ProcessDeps, "runtime">,
  { peer, agreementId, periodId }: Settlement,
  messages: readonly SettlementMessage[],
): { readonly refs: readonly AnyRef[]; readonly enqueue: (tx: Tx) => void } {
  const lane = `settlement/${agreementId}/${periodId}`;
  const createdAt = instantOf(runtime.nowMs());
  const traceId = newTraceId(runtime);
  const sealed = messages.map(({ kind, body }) => ({ id: newUlid(runtime), kind, body: body as unknown as Canonical }));
  return {
    refs: enqueueRefs(peer, lane),
    enqueue: (tx) => {
      for (const { id, kind, body } of sealed) {
        enqueue(tx, { id, peer, binding: "grpc", lane, topic: "settlement", kind, body, createdAt, traceId });
      }
    },
  };
}

export function keyOf({ agreementId, periodId }: Settlement): { agreementId: string; periodId: string } {
  return { agreementId, periodId };
}

export function aboutOf({ agreementId, periodId, round }: Settlement) {
  return { agreementId, periodId, round };
}

export function signText({ signer }: Pick<ProcessDeps, "signer">, prefix: string, text: string): SideSignature {
  const signature = Buffer.from(signer.sign(Buffer.from(`${prefix}\n${text}`, "utf8"))).toString("base64");
  return { keyId: signer.keyId, signature };
}

export const DECLARATION_PREFIX = "heliu.declaration.v1";
export const STATEMENT_PREFIX = "heliu.statement.v1";

export function isSignedBy(
  { trust, runtime }: Pick<ProcessDeps, "trust" | "runtime">,
  region: string,
  { keyId, signature }: SideSignature,
  prefix: string,
  text: string,
): boolean {
  const key = trust.statementKey(region, keyId, runtime.nowMs());
  return key !== undefined && verifySignature(key, Buffer.from(`${prefix}\n${text}`, "utf8"), signature);
}

export function sameReason(a: Reason | null, b: Reason | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

import type { AuditEvent } from "../audit/model.ts";
import type { CatalogEntry } from "../catalog/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { checkLawful, type Decision } from "../policy/decide.ts";
import {
  answerRequest,
  type RecordedDecision,
  type RequestQuestion,
  recordRequest,
} from "../policy/decision-record.ts";
import type { Offer, UsageTerms } from "../policy/model.ts";
import { offerIdOf, offerOf, outsideChannel } from "../policy/offer.ts";
import { agreeStep } from "./agree.ts";
import type { Scene, Step } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { contractOffer, termination } from "./messages.ts";
import type { Negotiation } from "./model.ts";
import { advance, withOffer, withTerms } from "./record.ts";
import { awaitsSignatures, isAwaitingOthers } from "./third-region-signing.ts";

/** The entry as it is now and what is offered of it now; read before a commit, since deciders read nothing. */
export type Standing = {
  readonly entry: CatalogEntry;
  readonly offer: Result<Offer>;
  readonly channel: string;
  readonly hasSource: boolean;
  readonly offeredAtMs: number;
};

export async function standingOf(deps: NegotiationDeps, entryId: string): Promise<Result<Standing>> {
  const { entries, region, runtime } = deps;
  const entry = await entries.own(entryId);
  if (!entry.ok) return entry;
  const hasSource = await entries.hasSource(entryId);
  const offeredAtMs = runtime.nowMs();
  const offer = offerOf(entry.value, region, offeredAtMs, hasSource);
  const channel = hasSource ? "heliu" : outsideChannel(entry.value);
  return ok({ entry: entry.value, offer, channel, hasSource, offeredAtMs });
}

/**
 * The provider's answer to the request that is on the table: agreed, countered, refused, or left to a person; with a leaf
 * by which an auditor makes the decision again. Pure.
 */
export function answerStep(
  deps: NegotiationDeps,
  requested: Negotiation,
  standing: Standing,
  scene: Pick<Scene, "at" | "nowMs">,
): Result<Step> {
  const question = questionOf(deps, requested, standing, scene.nowMs);
  const decision = answerRequest(question, deps.rules);
  const step = stepOf(deps, requested, decision, { ...scene, entry: standing.entry });
  if (!step.ok) return step;
  const recorded = recordRequest(question, decision, deps.rules.packs());
  const leaves = [...(step.value.leaves ?? []), decisionLeaf(requested, recorded, scene.nowMs)];
  // The agreement's own leaf names it again: an agreement's evidence begins with how it came about.
  const negotiation = { ...step.value.negotiation, decided: recorded.detail };
  return ok({ ...step.value, negotiation, leaves, documents: recorded.documents });
}

function stepOf(
  deps: NegotiationDeps,
  requested: Negotiation,
  decision: Decision,
  scene: Pick<Scene, "at" | "nowMs"> & { readonly entry: CatalogEntry },
): Result<Step> {
  switch (decision.kind) {
    case "agree":
      return agreeStep(deps, { ...requested, terms: decision.terms }, scene, {
        actor: "node",
        mode: "auto",
        approvedBy: null,
      });
    case "ask":
      return ok({ negotiation: waiting(requested, decision.reason) });
    case "counter":
      return counterStep(requested, scene, {
        ...{ ...decision, entry: scene.entry },
        ...{ actor: "node", approvedBy: null, comment: null },
      });
    case "refuse":
      return refuseStep(requested, scene, { actor: "node", reason: decision.reason });
  }
}

function questionOf(
  { region, trust }: NegotiationDeps,
  { terms, rounds, peer }: Negotiation,
  { entry, hasSource, offeredAtMs }: Standing,
  nowMs: number,
): RequestQuestion {
  const partners = partnersOf(trust);
  return {
    entry,
    hasSource,
    offeredAtMs,
    requested: terms,
    round: rounds.length,
    nowMs,
    region,
    consumer: peer,
    partners,
  };
}

function decisionLeaf({ id }: Negotiation, { detail }: RecordedDecision, atMs: number): AuditEvent {
  return { kind: "policy.decided", atMs, subject: id, actor: "node", digest: detail.outcome, detail };
}

/** Whether terms may be agreed at all, whoever says yes. */
export function lawful(
  { region, trust }: NegotiationDeps,
  { rounds, peer }: Negotiation,
  { entry, offer }: Standing,
  terms: UsageTerms,
  nowMs: number,
): Result<true> {
  if (!offer.ok) return offer;
  const round = rounds.length;
  return checkLawful({
    entry,
    offer: offer.value,
    requested: terms,
    round,
    nowMs,
    region,
    consumer: peer,
    partners: partnersOf(trust),
  });
}

/** Who can be asked to sign terms that pay its parties. */
function partnersOf(trust: NegotiationDeps["trust"]): string[] {
  return trust.peers().map(({ id }) => id);
}

type Countering = {
  /** As it is now, which is what is offered. */
  readonly entry: CatalogEntry;
  readonly terms: UsageTerms;
  readonly reason: Reason;
  readonly actor: string;
  readonly approvedBy: string | null;
  readonly comment: string | null;
};

/** The provider's offer of other terms. Pure. */
export function counterStep(before: Negotiation, { at }: Pick<Scene, "at">, offer: Countering): Result<Step> {
  const { entry, terms, reason, actor, approvedBy, comment } = offer;
  if (isAwaitingOthers(before)) return awaitsSignatures(before);
  const moved = advance(before, { event: "offer", by: "provider", actor, at, comment, reason });
  if (!moved.ok) return moved;
  const offerId = offerIdOf(before.entry.region, entry.id, entry.version);
  const offered = withOffer(moved.value, { offerId, version: String(entry.version) });
  const onTable = withTerms(offered, { by: "provider", at, terms, comment });
  const negotiation: Negotiation = { ...onTable, mode: "countered", approvedBy };
  return ok({ negotiation, send: contractOffer(negotiation, comment, reason) });
}

type Refusing = { readonly actor: string; readonly reason: Reason; readonly comment?: string | null };

/** The provider's no, with its reason, and evidence of it. Pure. */
export function refuseStep(
  before: Negotiation,
  { at, nowMs }: Pick<Scene, "at" | "nowMs">,
  { actor, reason, comment = null }: Refusing,
): Result<Step> {
  const moved = advance(before, { event: "terminate", by: before.role, actor, at, comment, reason });
  if (!moved.ok) return moved;
  const negotiation: Negotiation = { ...moved.value, mode: "refused" };
  return ok({ negotiation, send: termination(negotiation, reason), leaves: [refusalLeaf(negotiation, reason, nowMs)] });
}

function refusalLeaf({ id, peer, entry }: Negotiation, { code, rule }: Reason, atMs: number) {
  const detail = { code, rule, peer, entry: `${entry.region}/${entry.id}` };
  return { kind: "policy.refused", atMs, subject: id, actor: "node", digest: digestOf(detail), detail } as const;
}

/** The wait is part of the last thing that happened, so that the timeline shows whose turn it became. */
function waiting(requested: Negotiation, reason: Reason): Negotiation {
  const last = requested.timeline.at(-1);
  const timeline = last === undefined ? [] : [...requested.timeline.slice(0, -1), { ...last, reason }];
  return { ...requested, reason, timeline };
}

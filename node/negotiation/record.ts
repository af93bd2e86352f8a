import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { UsageTerms } from "../policy/model.ts";
import { type NegotiationEvent, nextState, type Party } from "./machine.ts";
import type { Negotiation } from "./model.ts";

export type Happening = {
  readonly event: NegotiationEvent;
  readonly by: Party;
  /** A role, `node` or `peer:<region>`; never a person. */
  readonly actor: string;
  readonly at: string;
  readonly comment?: string | null | undefined;
  /** Why it now waits, or why it ended; null when nothing is to be waited for. */
  readonly reason: Reason | null;
};

/** The record after one event of the machine, or the machine's refusal. */
export function advance(before: Negotiation, happening: Happening): Result<Negotiation> {
  const { event, by, actor, at, comment = null, reason } = happening;
  const to = nextState(before.state, event, by);
  if (!to.ok) return to;
  const item = { at, event, by, actor, from: before.state, to: to.value, comment, reason };
  return ok({
    ...before,
    state: to.value,
    reason,
    timeline: [...before.timeline, item],
    updatedAt: at,
    revision: before.revision + 1,
  });
}

/** New terms on the table. */
export function withTerms(
  before: Negotiation,
  { by, at, terms, comment }: { by: Party; at: string; terms: UsageTerms; comment: string | null },
): Negotiation {
  return { ...before, terms, offeredBy: by, rounds: [...before.rounds, { at, by, terms, comment }] };
}

/**
 * The provider's offer is of an entry's version, which may be a later one than was asked for; from then on the negotiation is
 * about that version, at both sides, and so is the document that they sign.
 */
export function withOffer(
  before: Negotiation,
  { offerId, version }: { offerId: string; version: string },
): Negotiation {
  return { ...before, offerId, entry: { ...before.entry, version } };
}

type Opening = Pick<
  Negotiation,
  "id" | "peerPid" | "role" | "peer" | "binding" | "callbackAddress" | "entry" | "offerId" | "agreementId" | "terms"
> & {
  readonly at: string;
  readonly actor: string;
  readonly comment: string | null;
  readonly requestedBy: string | null;
  readonly reason: Reason | null;
};

/** A negotiation always begins with the consumer's request; that the provider may begin is left out of this binding. */
export function opened({ at, actor, comment, reason, ...opening }: Opening): Negotiation {
  const { terms } = opening;
  return {
    ...opening,
    agreementDigest: null,
    state: "REQUESTED",
    mode: "pending",
    offeredBy: "consumer",
    rounds: [{ at, by: "consumer", terms, comment }],
    comment,
    approvedBy: null,
    reason,
    timeline: [{ at, event: "request", by: "consumer", actor, from: null, to: "REQUESTED", comment, reason }],
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
}

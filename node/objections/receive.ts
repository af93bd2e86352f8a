import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { InboundMessage } from "../outbox/model.ts";
import { REQUESTER_EVENTS } from "../procedures/objection.ts";
import { messageSchema, type Objection, type ObjectionMessage } from "./model.ts";
import { type Change, commitMove, type ObjectionDeps } from "./move.ts";
import { reasonOf, reasonTold } from "./reason.ts";
import { badMessage, notFound } from "./refusal.ts";
import { checkAbout } from "./trace.ts";

/** From which states a peer's event may lead to which; it has decided, this side only follows. */
const PEER_MOVES: { readonly [event: string]: { readonly from: readonly string[]; readonly to: string } } = {
  accept: { from: ["raised"], to: "marked" },
  refuse: { from: ["raised"], to: "refused" },
  verify: { from: ["marked"], to: "handled" },
  approve: { from: ["marked"], to: "handled" },
  confirm: { from: ["handled"], to: "archived" },
  reopen: { from: ["handled"], to: "marked" },
  withdraw: { from: ["raised", "marked", "verified", "handled"], to: "withdrawn" },
};

/** A message of the other region: a new objection at the provider, or what became of one, at either. */
export async function receiveObjection(deps: ObjectionDeps, inbound: InboundMessage): Promise<Result<Objection>> {
  const parsed = messageSchema.safeParse(inbound.body);
  if (!parsed.success) return badMessage(parsed.error.issues[0]?.path.join(".") ?? "body");
  const message = parsed.data;
  const { objectionId: id, agreementId } = message;
  const { peer } = inbound;
  const agreement = await deps.agreement(agreementId);
  // To a stranger the agreement does not exist.
  if (!agreement.ok || ![agreement.value.provider, agreement.value.consumer].includes(peer)) return notFound(id);
  const place = { id, peer, agreementId, entryId: agreement.value.entry.id, inbound };
  if (message.event !== "raise")
    return commitMove(deps, place, (before, atMs) => follow(deps, before, message, peer, atMs));

  const { provider, consumer, entry } = agreement.value;
  if (provider !== deps.region || consumer !== peer) return badMessage("agreementId");
  const about = await checkAbout(deps.store, message);
  if (!about.ok) return about;
  return commitMove(deps, place, (before, atMs) => {
    if (before !== undefined) return badMessage("objectionId");
    const at = instantOf(atMs);
    const { type, text } = message;
    const after: Objection = {
      ...{ id, type, agreementId, about: message.about, text, side: "provider", peer, state: "raised" },
      ...{ outcome: null, answer: null, raisedBy: null, verifiedBy: null, reopened: 0 },
      entry: { region: entry.region, id: entry.id, name: entry.name },
      reason: reasonOf(deps.rules, { type, state: "raised", requester: peer, provider, atMs }),
      timeline: [{ at, event: "raise", actor: `peer:${peer}`, from: null, to: "raised", comment: text }],
      ...{ createdAt: at, updatedAt: at, revision: 1 },
    };
    return ok({ after, event: "raise", actor: `peer:${peer}`, isTold: false });
  });
}

function follow(
  deps: ObjectionDeps,
  before: Objection | undefined,
  message: ObjectionMessage,
  peer: string,
  atMs: number,
): Result<Change> {
  const { event, state, outcome, comment, reason } = message;
  if (before === undefined || before.peer !== peer) return notFound(message.objectionId);
  const move = PEER_MOVES[event];
  // Each side makes its own moves only, whatever a message says.
  const isTheirs = REQUESTER_EVENTS.includes(event as never) === (before.side === "provider");
  if (move === undefined || !isTheirs || move.to !== state || !move.from.includes(before.state)) {
    return badMessage("event");
  }
  const at = instantOf(atMs);
  const isAnswer = state === "handled" || state === "refused";
  const own = { type: before.type, state, requester: peer, provider: deps.region, atMs, before };
  const after: Objection = {
    ...before,
    state,
    outcome: event === "reopen" ? null : (outcome ?? before.outcome),
    answer: isAnswer ? (comment ?? before.answer) : before.answer,
    // The provider's clock counts at both ends.
    reason: before.side === "provider" ? reasonOf(deps.rules, own) : reasonTold(reason, deps.region, before),
    reopened: before.reopened + (event === "reopen" ? 1 : 0),
    timeline: [...before.timeline, { at, event, actor: `peer:${peer}`, from: before.state, to: state, comment }],
    updatedAt: at,
    revision: before.revision + 1,
  };
  return ok({ after, event, actor: `peer:${peer}`, isTold: false });
}

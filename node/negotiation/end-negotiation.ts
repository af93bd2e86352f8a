import { requireRole } from "../identity/authorise.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import { neutralRefusal } from "../policy/refusal.ts";
import { commitAction, type Scene, type Step } from "./commit-step.ts";
import type { Act } from "./counter-offer.ts";
import type { NegotiationDeps } from "./deps.ts";
import { findOwn } from "./find-negotiation.ts";
import { maySendTermination } from "./machine.ts";
import { agreementEnd, termination } from "./messages.ts";
import type { Agreement, Negotiation } from "./model.ts";
import { advance } from "./record.ts";
import { unknownNegotiation } from "./refusal.ts";
import { othersOf, thirdRegionsIn } from "./third-region-signing.ts";

export type Ending = Act & { readonly code?: string | undefined; readonly comment: string };

/** An approver's no, with the rule it stands on; the comment is the basis and travels to the other side. */
export async function rejectNegotiation(deps: NegotiationDeps, act: Ending): Promise<Result<Negotiation>> {
  const role = requireRole(act.actor, "approver");
  return role.ok ? end(deps, act, { actor: "approver", mode: "refused", code: act.code ?? "REFUSED" }) : role;
}

/**
 * Either side stops; not a refusal of the request, so how it was being decided stays as it was. A requester ends what
 * this region asked for; what others ask of it is its approvers'.
 */
export async function terminateNegotiation(deps: NegotiationDeps, act: Ending): Promise<Result<Negotiation>> {
  const anyRole = requireRole(act.actor, ["requester", "approver"]);
  if (!anyRole.ok) return anyRole;
  const found = await findOwn(deps, act.id);
  if (!found.ok) return found;
  const isForApprover = found.value.role === "provider" || act.actor.roles.includes("approver");
  const actor = isForApprover ? "approver" : "requester";
  const role = requireRole(act.actor, actor);
  return role.ok ? end(deps, act, { actor, mode: undefined, code: act.code ?? "WITHDRAWN" }) : role;
}

type Way = { readonly actor: string; readonly mode: "refused" | undefined; readonly code: string };

async function end(deps: NegotiationDeps, act: Ending, way: Way): Promise<Result<Negotiation>> {
  const found = await findOwn(deps, act.id);
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  const others = othersOf(found.value, deps.region);
  return commitAction(deps, { id, peer, agreementId, others, revision: act.revision }, (scene) => {
    const { negotiation: before } = scene;
    if (before === undefined) return unknownNegotiation();
    const mayEnd = maySendTermination(before.state, before.role);
    if (!mayEnd.ok) return mayEnd;
    const reason = reasonOf(way, act.comment);
    const { actor, mode = before.mode } = way;
    const ended = endStep(scene, before, { by: before.role, actor, reason, comment: act.comment });
    if (!ended.ok) return ended;
    const negotiation: Negotiation = { ...ended.value.negotiation, mode };
    const leaves = mode === "refused" ? [refusedLeaf(negotiation, reason, scene.nowMs)] : [];
    return ok({ ...ended.value, negotiation, send: termination(negotiation, reason), leaves });
  });
}

type End = {
  readonly by: "consumer" | "provider";
  readonly actor: string;
  readonly reason: Reason;
  readonly comment: string | null;
};

/** TERMINATED, and with it an agreement that was not yet in force. Pure. */
export function endStep(
  { agreement, at }: Scene,
  before: Negotiation,
  { by, actor, reason, comment }: End,
): Result<Step> {
  const moved = advance(before, { event: "terminate", by, actor, at, comment, reason });
  if (!moved.ok) return moved;
  if (agreement?.status !== "pending") return ok({ negotiation: moved.value });
  const ended: Agreement = {
    ...agreement,
    status: "terminated",
    reason,
    updatedAt: at,
    revision: agreement.revision + 1,
  };
  // The consumer leaves it to the provider to tell the third regions, which asked them.
  const end = agreementEnd(ended, at, reason);
  const toOthers = ended.role === "provider" ? thirdRegionsIn(ended).map((other) => ({ ...end, peer: other })) : [];
  return ok({ negotiation: moved.value, agreement: ended, toOthers });
}

function reasonOf({ code, actor, mode }: Way, comment: string): Reason {
  const rule = mode === "refused" ? `refusal.${code}` : `negotiation.${actor}`;
  const text =
    mode === "refused"
      ? { zh: `审批人拒绝:${comment}`, en: `Refused by an approver: ${comment}` }
      : { zh: `已终止:${comment}`, en: `Ended: ${comment}` };
  return { code, rule, turn: null, until: null, verified: true, text, neutral: neutralRefusal };
}

function refusedLeaf({ id, peer, entry }: Negotiation, { code, rule }: Reason, atMs: number) {
  const detail = { code, rule, peer, entry: `${entry.region}/${entry.id}` };
  return { kind: "policy.refused", atMs, subject: id, actor: "approver", digest: digestOf(detail), detail } as const;
}

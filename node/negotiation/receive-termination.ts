import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { neutralRefusal } from "../policy/refusal.ts";
import { commitMessage } from "./commit-step.ts";
import type { NegotiationDeps } from "./deps.ts";
import { endStep } from "./end-negotiation.ts";
import { findForMessage, learnPid } from "./find-negotiation.ts";
import { otherParty } from "./machine.ts";
import { parseMessage, saidReasonSchema, terminationSchema } from "./messages.ts";
import type { Negotiation } from "./model.ts";
import { unknownNegotiation } from "./refusal.ts";
import { othersOf } from "./third-region-signing.ts";

/** Taken from either side in every state that is not final. Source: dsp.md §2.1. */
export async function receiveTermination(deps: NegotiationDeps, inbound: InboundMessage): Promise<Result<Answer>> {
  const message = parseMessage(terminationSchema, "ContractNegotiationTerminationMessage", inbound.body);
  if (!message.ok) return message;
  const { providerPid, code, reason: said } = message.value;
  // Where both pids name one of ours, the role follows from which of them it is.
  const found = await findForMessage(deps, inbound, message.value, "either");
  if (!found.ok) return found;
  const { id, peer, agreementId } = found.value;
  const reason = reasonSaid(code, said);
  const others = othersOf(found.value, deps.region);
  return commitMessage(deps, { id, peer, agreementId, others, inbound }, (scene) => {
    const { negotiation } = scene;
    if (negotiation === undefined) return unknownNegotiation();
    const before = providerPid === undefined ? negotiation : learnPid(negotiation, providerPid);
    const by = otherParty(before.role);
    const ended = endStep(scene, before, { by, actor: `peer:${peer}`, reason, comment: null });
    return ended.ok ? ok({ ...ended.value, negotiation: withMode(ended.value.negotiation, reason) }) : ended;
  });
}

/** A provider that ends a request which it had not agreed to has refused it. */
function withMode(after: Negotiation, { rule }: Reason): Negotiation {
  const isRefusal = after.role === "consumer" && after.agreementId === null && !rule.startsWith("negotiation.");
  return isRefusal ? { ...after, mode: "refused" } : after;
}

/** A Heliu node sends its whole reason; another connector sends a code and whatever it likes, shown as its words. */
function reasonSaid(code: string | undefined, said: readonly unknown[]): Reason {
  const parsed = saidReasonSchema.safeParse(said[0]);
  if (parsed.success) return { ...parsed.data, turn: null, until: null };
  const words = said
    .filter((item) => typeof item === "string")
    .join("; ")
    .slice(0, 500);
  return {
    code: code ?? "TERMINATED_BY_PEER",
    rule: "dsp.negotiation",
    turn: null,
    until: null,
    verified: true,
    text: { zh: `对方终止了协商。${words}`, en: `The peer ended the negotiation. ${words}` },
    neutral: neutralRefusal,
  };
}

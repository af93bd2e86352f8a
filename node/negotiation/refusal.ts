import { type Failure, refusals } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import { neutralWait } from "../policy/refusal.ts";

export const refuse = refusals({
  NEGOTIATION_UNKNOWN: "not-found",
  AGREEMENT_UNKNOWN: "not-found",
  PEER_UNTRUSTED: "forbidden",
  OWN_REGION: "invalid-input",
  REVISION_CONFLICT: "conflict",
  NEGOTIATION_BUSY: "not-yet",
  TERMS_MALFORMED: "invalid-input",
  MESSAGE_MALFORMED: "invalid-input",
  MESSAGE_UNKNOWN: "invalid-input",
  MESSAGE_PIDS: "invalid-input",
  ILLEGAL_TRANSITION: "illegal-transition",
  OFFER_OUTDATED: "conflict",
  OFFER_UNKNOWN: "invalid-input",
  AGREEMENT_MISMATCH: "integrity",
  AGREEMENT_SIGNATURE: "integrity",
  AGREEMENT_NOT_ALIVE: "illegal-transition",
  PRICED_NEEDS_SIGNATURE: "policy-denied",
  AGREEMENT_AWAITS_SIGNATURES: "illegal-transition",
  AGREEMENT_NOT_A_SIDE: "forbidden",
  AGREEMENT_ANSWERED: "illegal-transition",
  TRUST_LIST_MISSING: "unavailable",
  RULES_NOT_LOADED: "unavailable",
});

/** The same for what does not exist and for what belongs to somebody else, so that neither can be told from the other. */
export function unknownNegotiation(): Failure {
  return refuse("NEGOTIATION_UNKNOWN", {
    zh: "没有该编号的协商,或您无权查看;请从列表中选择。",
    en: "No negotiation of that id, or none that is yours to see; choose one from the list.",
  });
}

export function unknownAgreement(): Failure {
  return refuse("AGREEMENT_UNKNOWN", {
    zh: "没有该编号的协议,或您无权查看;请从列表中选择。",
    en: "No agreement of that id, or none that is yours to see; choose one from the list.",
  });
}

export function malformedMessage(kind: string, place: string): Failure {
  return refuse(
    "MESSAGE_MALFORMED",
    {
      zh: `${kind} 不符合协议(${place});请对方按数据空间协议 2025-1 重新发送。`,
      en: `The ${kind} is not as the protocol has it (${place}); send it as the Dataspace Protocol 2025-1 says.`,
    },
    { kind, place },
  );
}

type Waiting = { readonly code: string; readonly rule: string; readonly region: string; readonly role: string };

/** A wait without a clock: whose turn it is, and why. */
export function waitReason({ code, rule, region, role }: Waiting, text: Text): Reason {
  return { code, rule, turn: { region, role }, until: null, verified: true, text, neutral: neutralWait };
}

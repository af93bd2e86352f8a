import type { ExchangeError, Failure } from "../kernel/exchange-error.ts";
import { refusals } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";

/** Every way policy says no. The first block is the code list `refusalReason` of domain.md §5. */
const policyCodes = {
  STATE_SECRET: "policy-denied",
  WORK_SECRET: "policy-denied",
  RAW_DATA_PRODUCT: "policy-denied",
  SHARED_IN_NO_CONSENT: "policy-denied",
  OUT_OF_SCOPE: "policy-denied",
  PRICE_ABOVE_CAP: "policy-denied",
  PURPOSE_NOT_ALLOWED: "policy-denied",
  QUOTA_EXCEEDED: "limit-exceeded",
  BUDGET_SPENT: "limit-exceeded",
  AUTH_EXPIRED: "policy-denied",
  NOT_REGISTERED: "policy-denied",
  INVALID_METADATA: "policy-denied",
  OBJECTION_FROZEN: "policy-denied",

  PRICE_NOT_ALLOWED: "policy-denied",
  CHANNEL_OUTSIDE: "policy-denied",
  MASK_KEY_MISSING: "unavailable",
  POLICY_MALFORMED: "invalid-input",
  POLICY_UNKNOWN_CONSTRAINT: "invalid-input",
} as const;
type PolicyCode = keyof typeof policyCodes;

const refuse = refusals(policyCodes);

/** A rule that something does not meet: `rule` is its stable name, `policy.fields`. */
export type Breach = {
  readonly code: PolicyCode;
  readonly rule: string;
  readonly text: Text;
  readonly details?: { readonly [name: string]: string };
};

/** The rule travels in the details, so that every transport and every log line can name it. */
export function denied({ code, rule, text, details }: Breach): Failure {
  return refuse(code, text, { ...details, rule });
}

export const neutralRefusal: Text = {
  zh: "提供方未同意该申请。",
  en: "The provider did not grant the request.",
};

export const neutralWait: Text = {
  zh: "申请正在等待提供方答复。",
  en: "The request is waiting for the provider's answer.",
};

/** The reason of a process that policy ended: nobody's turn, no clock. */
export function reasonOfRefusal(error: ExchangeError): Reason {
  const rule = error.details?.rule;
  return {
    code: error.code,
    rule: typeof rule === "string" ? rule : `refusal.${error.code}`,
    turn: null,
    until: null,
    verified: true,
    text: error.text,
    neutral: neutralRefusal,
  };
}

import type { DataItem } from "../catalog/model.ts";
import type { ExchangeError, Result } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";
import { type BindingAgreement, enforceCall, enforceTransfer, type Selection, type UsageSoFar } from "./enforce.ts";
import type { Purpose } from "./model.ts";

export type Explanation = {
  readonly allowed: boolean;
  readonly code: string | null;
  readonly rule: string | null;
  readonly text: Text;
};

type Question = {
  readonly agreement: BindingAgreement;
  readonly purpose?: Purpose | undefined;
  readonly selection: Selection;
  readonly totals: UsageSoFar;
  readonly nowMs: number;
  /** The entry's present fields where they are known; else those of the agreement are taken as still shareable. */
  readonly fieldsOfEntry?: readonly DataItem[];
};

/** What enforcement would say to this use, without anything being used. Asks the enforcing functions themselves. */
export function explainRequest({ agreement, purpose, selection, totals, nowMs, fieldsOfEntry }: Question): Explanation {
  const { terms } = agreement;
  const fields = fieldsOfEntry ?? terms.fields.map(asShareable);
  const asked = { ...selection, purpose: purpose ?? selection.purpose };
  // A key of any content: the question is whether, not what, would leave.
  const maskKey = new Uint8Array(32);
  const transfer = enforceTransfer({ agreement, selection: asked, fieldsOfEntry: fields, totals, nowMs, maskKey });
  const { maxCallsPerMonth, freeCallsPerMonth = null } = terms.limits;
  if (!transfer.ok || (maxCallsPerMonth === null && freeCallsPerMonth === null)) return answer(transfer);
  return answer(enforceCall({ agreement, input: {}, purpose: asked.purpose, totals, nowMs }));
}

function answer(result: Result<unknown>): Explanation {
  if (result.ok) {
    return {
      allowed: true,
      code: null,
      rule: null,
      text: { zh: "协议允许该使用。", en: "The agreement allows this use." },
    };
  }
  return { allowed: false, code: result.error.code, rule: ruleOf(result.error), text: result.error.text };
}

function ruleOf(error: ExchangeError): string | null {
  const rule = error.details?.rule;
  return typeof rule === "string" ? rule : null;
}

function asShareable(name: string): DataItem {
  return { name, label: name, type: "string", sensitivity: "S0" };
}

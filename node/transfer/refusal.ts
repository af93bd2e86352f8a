import { type ExchangeError, type Failure, refusals } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";

/** Every way the data plane itself says no; policy's and metering's codes pass through it unchanged. */
export const transferCodes = {
  TRANSFER_NOT_FOUND: "not-found",
  TRANSFER_NOT_STARTED: "not-yet",
  TRANSFER_CONFLICT: "conflict",
  MESSAGE_PIDS: "invalid-input",
  AGREEMENT_NOT_ALIVE: "policy-denied",
  PEER_UNTRUSTED: "forbidden",
  FORMAT_UNKNOWN: "invalid-input",
  SOURCE_MISSING: "unavailable",
  SOURCE_NOT_CONNECTED: "conflict",
  SOURCE_CHANGED: "conflict",
  SOURCE_UNREADABLE: "unavailable",
  SOURCE_MALFORMED: "invalid-input",
  RAW_NOT_WHOLE: "policy-denied",
  BATCH_UNKNOWN: "invalid-input",
  RECEIPT_UNKNOWN_KEY: "integrity",
  CONTENT_MISMATCH: "integrity",
  CONTENT_MISSING: "not-found",
  STREAM_MALFORMED: "integrity",
  CALLS_NOT_OFFERED: "invalid-input",
  CALL_INCOMPLETE: "invalid-input",
  CALL_IDS_INVALID: "invalid-input",
  CALL_ID_TAKEN: "conflict",
  CALL_SETTLED: "conflict",
  CALLS_TOO_MANY: "too-large",
  WINDOW_UNSIGNED: "not-yet",
  WINDOW_UNKNOWN: "not-found",
} as const;
export type TransferCode = keyof typeof transferCodes;

const refuse = refusals(transferCodes);

/** A refusal that names its rule, so that both ends and every log line can. */
export function refuseTransfer(
  code: TransferCode,
  rule: string,
  text: Text,
  details: { readonly [name: string]: string } = {},
): Failure {
  return refuse(code, text, { ...details, rule });
}

export function ruleOf(error: ExchangeError): string {
  const rule = error.details?.rule;
  return typeof rule === "string" ? rule : `refusal.${error.code}`;
}

/** The reason kept with a transfer that a refusal stopped. `turn`: who can do something about it. */
export function reasonOf(error: ExchangeError, turn: Reason["turn"] = null): Reason {
  const { code, text } = error;
  return { code, rule: ruleOf(error), turn, until: null, verified: true, text, neutral: text };
}

export function notFound(id: string): Failure {
  return refuseTransfer(
    "TRANSFER_NOT_FOUND",
    "transfer.id",
    { zh: `没有编号为 ${id} 的传输;请核对编号。`, en: `There is no transfer ${id}; check the id.` },
    { id },
  );
}

export function notStarted(state: string): Failure {
  return refuseTransfer(
    "TRANSFER_NOT_STARTED",
    "transfer.state",
    {
      zh: `传输当前状态为 ${state},暂不发送数据;恢复后自动继续。`,
      en: `The transfer is ${state}, so no data is sent now; it goes on by itself once resumed.`,
    },
    { state },
  );
}

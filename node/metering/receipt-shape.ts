import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { instantOf, msOf, periodOf } from "../kernel/instant.ts";
import type { ReceiptCore } from "./model.ts";

const refuse = refusals({
  RECEIPT_MALFORMED: "invalid-input",
  RECEIPT_PERIOD: "invalid-input",
  RECEIPT_QUANTITY: "invalid-input",
});

/** Exactly these keys; one more is as wrong as one less, since both regions sign the whole core. Source: settlement.md §9. */
const CORE_KEYS = [
  "agreementId",
  "consumerKeyId",
  "consumerRegion",
  "contentSha256",
  "contributions",
  "corrects",
  "direction",
  "endedAt",
  "kind",
  "periodId",
  "prev",
  "productId",
  "providerKeyId",
  "providerRegion",
  "purposeClass",
  "receiptId",
  "seq",
  "startedAt",
  "transferId",
  "type",
  "usage",
] as const;

const HASH = /^[0-9a-f]{64}$/;
const ID = /^[A-Za-z0-9][A-Za-z0-9._:~@+-]{0,127}$/;
const REGION = /^[1-9][0-9]{5}$/;
const KEY_ID = /^ed25519:[0-9a-f]{16}$/;
/** Limits far above what is meant: turning millions of digits into a number takes the whole node half a minute. */
const SEQ = /^[1-9][0-9]{0,17}$/;
const PERIOD = /^[0-9]{4}-(0[1-9]|1[0-2])$/;
const USED = /^(0|[1-9][0-9]{0,40})$/;
const TAKEN_BACK = /^(0|-[1-9][0-9]{0,40})$/;

const FORMS: { readonly [key in (typeof CORE_KEYS)[number]]?: RegExp } = {
  receiptId: HASH,
  agreementId: ID,
  direction: /^(forward|reverse)$/,
  seq: SEQ,
  prev: HASH,
  transferId: ID,
  productId: ID,
  periodId: PERIOD,
  purposeClass: /^(commercial|public-interest)$/,
  kind: /^(usage|correction)$/,
  contentSha256: HASH,
  providerRegion: REGION,
  consumerRegion: REGION,
  providerKeyId: KEY_ID,
  consumerKeyId: KEY_ID,
  type: /^heliu\.receipt\.v1$/,
};

type Unknown = { readonly [key: string]: unknown };

/** Shape, types and times; then the period; then sign and form of quantities: the order of settlement.md §9. */
export function checkCoreShape(value: unknown): Result<ReceiptCore> {
  if (!isRecord(value)) return malformed("core");
  const extra = Object.keys(value).find((key) => !(CORE_KEYS as readonly string[]).includes(key));
  if (extra !== undefined) return malformed(extra);
  const missing = CORE_KEYS.find((key) => !(key in value));
  if (missing !== undefined) return malformed(missing);
  const wrong = CORE_KEYS.find((key) => !hasForm(value[key], FORMS[key]));
  if (wrong !== undefined) return malformed(wrong);
  if (value.kind === "correction" ? !isText(value.corrects, HASH) : value.corrects !== null) {
    return malformed("corrects");
  }
  if (!isUsage(value.usage)) return malformed("usage");
  if (!areContributions(value.contributions)) return malformed("contributions");
  const core = value as unknown as ReceiptCore;
  if (!isInstant(core.startedAt)) return malformed("startedAt");
  if (!isInstant(core.endedAt) || msOf(core.endedAt) < msOf(core.startedAt)) return malformed("endedAt");
  if (core.periodId !== periodOf(msOf(core.endedAt))) return wrongPeriod(core);
  return checkQuantities(core);
}

function checkQuantities(core: ReceiptCore): Result<ReceiptCore> {
  const form = core.kind === "usage" ? USED : TAKEN_BACK;
  const quantities = [...Object.values(core.usage), ...core.contributions.map(({ quantity }) => quantity)];
  const wrong = quantities.find((quantity) => !form.test(quantity));
  if (wrong === undefined) return ok(core);
  return refuse(
    "RECEIPT_QUANTITY",
    {
      zh: `凭据的数量“${wrong.slice(0, 50)}”不合规定:用量为不小于 0 的整数,更正为不大于 0 的整数;请对方更正后重新签发。`,
      en: `The receipt's quantity "${wrong.slice(0, 50)}" is not allowed: usage is a whole number ≥ 0, a correction one ≤ 0; ask the sender to issue it again.`,
    },
    { quantity: wrong.slice(0, 50) },
  );
}

function hasForm(value: unknown, form: RegExp | undefined): boolean {
  return form === undefined || isText(value, form);
}

function isText(value: unknown, form: RegExp): value is string {
  return typeof value === "string" && form.test(value);
}

function isRecord(value: unknown): value is Unknown {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isUsage(value: unknown): boolean {
  return isRecord(value) && Object.entries(value).every(([metric, n]) => ID.test(metric) && typeof n === "string");
}

/** Sorted by party, then metric, so that equal contributions have one form. */
function areContributions(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  if (!value.every(isContribution)) return false;
  const order = value.map(({ partyId, metric }) => `${partyId}\u0000${metric}`);
  return order.every((key, i) => i === 0 || (order[i - 1] ?? "") <= key);
}

function isContribution(value: unknown): value is { partyId: string; metric: string; quantity: string } {
  if (!isRecord(value) || Object.keys(value).length !== 3) return false;
  return isText(value.partyId, ID) && isText(value.metric, ID) && typeof value.quantity === "string";
}

/** Writing it back catches dates such as February 30th, which a parser moves on silently. */
function isInstant(value: unknown): value is string {
  if (typeof value !== "string" || !/^[0-9]{4}-[0-9-]{5}T[0-9:.]{12}Z$/.test(value)) return false;
  const ms = msOf(value);
  return Number.isFinite(ms) && instantOf(ms) === value;
}

export function malformed(field: string): Failure {
  return refuse(
    "RECEIPT_MALFORMED",
    {
      zh: `凭据的“${field}”缺失、多余或形式不对,无法入账;请对方按规范重新签发。`,
      en: `The receipt's "${field}" is missing, not expected or malformed, so it cannot be kept; ask the sender to issue it as specified.`,
    },
    { field },
  );
}

function wrongPeriod(core: ReceiptCore): Failure {
  const expected = periodOf(msOf(core.endedAt));
  return refuse(
    "RECEIPT_PERIOD",
    {
      zh: `凭据写的账期是 ${core.periodId},而结束时间按北京时间属于 ${expected};请对方更正账期。`,
      en: `The receipt names period ${core.periodId}, but its end falls into ${expected} in China Standard Time; ask the sender to correct the period.`,
    },
    { periodId: core.periodId, expected },
  );
}

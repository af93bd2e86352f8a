import type { DataItem } from "../catalog/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf, periodOf } from "../kernel/instant.ts";
import { type BudgetStop, callsAffordable, left, type Volume, volumeAffordable } from "./budget-stop.ts";
import type { Mask, Purpose, RowCondition, UsageTerms } from "./model.ts";
import { type Breach, denied } from "./refusal.ts";

/** The parts of an agreement that bind its use. */
export type BindingAgreement = {
  readonly id: string;
  readonly status: "pending" | "in-force" | "superseded" | "suspended" | "terminated" | "expired";
  readonly terms: UsageTerms;
};

/** Usage so far; the metering room's `UsageTotals`. */
export type UsageSoFar = {
  readonly rows: string;
  readonly bytes: string;
  readonly calls: string;
  readonly callsByMonth: { readonly [month: string]: { readonly [purposeClass: string]: string } };
  /** A month's budget that stops in time, as quantities. */
  readonly stop?: BudgetStop | null | undefined;
};

/** What a consumer asks for within its agreement. */
export type Selection = {
  readonly fields?: readonly string[] | undefined;
  readonly rows?: readonly RowCondition[] | undefined;
  readonly purpose?: Purpose | undefined;
};

/** How the source is to be read: nothing outside the plan leaves. */
export type ReadPlan = {
  /** In the entry's order. */
  readonly columns: readonly string[];
  readonly rows: readonly RowCondition[];
  readonly masks: { readonly [field: string]: Mask };
  readonly maxRowsLeft: bigint | null;
  readonly maxBytesLeft: bigint | null;
  readonly rowsPerSecond: number | null;
  /** For `hash`; belongs to the agreement and never leaves the provider. */
  readonly maskKey: Uint8Array;
};

type TransferRequest = {
  readonly agreement: BindingAgreement;
  readonly selection: Selection;
  readonly fieldsOfEntry: readonly DataItem[];
  readonly totals: UsageSoFar;
  readonly nowMs: number;
  /** Needed as soon as a field is masked by `hash`. */
  readonly maskKey?: Uint8Array | undefined;
  /** An objection to the entry or to a source of it is upheld for the time being: its mark stands. */
  readonly isFrozen?: boolean | undefined;
};

const NO_KEY = new Uint8Array(0);

/**
 * What the agreement alone says of a request: whether it is alive, on this channel, for this purpose, these fields and rows.
 * The consumer asks it before it asks the provider, whose answer stays the one that counts.
 */
export function checkSelection(request: Pick<TransferRequest, "agreement" | "selection" | "nowMs">): Result<true> {
  const { agreement, selection, nowMs } = request;
  const { terms } = agreement;
  const { purpose } = selection;
  const breach =
    notAlive(agreement, nowMs) ??
    (purpose === undefined ? undefined : purposeOutside(purpose, terms)) ??
    selectionOutside(request) ??
    rowsOutside(selection.rows ?? [], terms);
  return breach === undefined ? ok(true) : denied(breach);
}

/** Every stream passes here before its first byte (INV-02): agreement, channel, purpose, fields, rows, volume. */
export function enforceTransfer(request: TransferRequest): Result<ReadPlan> {
  const { selection, totals, maskKey = NO_KEY } = request;
  const { terms } = request.agreement;
  const asked = checkSelection(request);
  if (!asked.ok) return asked;
  // Public duty goes on with marked data, gain does not. Source: domain.md §6.4.
  if (request.isFrozen === true && purposesOf(request).includes("industrial")) return denied(frozen());

  const wanted = selection.fields ?? terms.fields;
  const shareable = request.fieldsOfEntry.filter(isStillShareable).map((field) => field.name);
  const columns = shareable.filter((name) => wanted.includes(name) && terms.masks[name] !== "drop");
  if (columns.length === 0) return denied(fieldOutside([...wanted]));
  const masks = Object.fromEntries(Object.entries(terms.masks).filter(([field]) => columns.includes(field)));
  if (Object.values(masks).includes("hash") && maskKey.length === 0) return denied(noMaskKey());

  const maxRowsLeft = left(terms.limits.maxRows, totals.rows);
  const maxBytesLeft = left(terms.limits.maxBytes, totals.bytes);
  if (maxRowsLeft === 0n) return denied(usedUp("maxRows", terms.limits.maxRows));
  if (maxBytesLeft === 0n) return denied(usedUp("maxBytes", terms.limits.maxBytes));
  const affordable = budgetOf(request);
  if (affordable.rows === 0n || affordable.bytes === 0n) return denied(budgetSpent());
  return ok({
    columns,
    rows: [...terms.rows, ...(selection.rows ?? [])],
    masks,
    maxRowsLeft,
    maxBytesLeft,
    rowsPerSecond: terms.limits.rowsPerSecond === null ? null : Number(terms.limits.rowsPerSecond),
    maskKey,
  });
}

/** What the agreement and a budget together leave of rows and bytes; a batch is cut to it, so that neither is overrun. */
export function volumeLeft(request: Pick<TransferRequest, "agreement" | "selection" | "totals" | "nowMs">): Volume {
  const { limits } = request.agreement.terms;
  const { totals } = request;
  const affordable = budgetOf(request);
  return {
    rows: smallest([left(limits.maxRows, totals.rows), affordable.rows]),
    bytes: smallest([left(limits.maxBytes, totals.bytes), affordable.bytes]),
  };
}

/** Whether exactly this batch may leave on top of what was used: by not one row or byte may it pass a limit or a budget. */
export function enforceBatch(
  request: TransferRequest,
  batch: { readonly rows: bigint; readonly bytes: bigint },
): Result<ReadPlan> {
  const plan = enforceTransfer(request);
  if (!plan.ok) return plan;
  const { maxRowsLeft, maxBytesLeft } = plan.value;
  const { limits } = request.agreement.terms;
  if (maxRowsLeft !== null && batch.rows > maxRowsLeft) return denied(usedUp("maxRows", limits.maxRows));
  if (maxBytesLeft !== null && batch.bytes > maxBytesLeft) return denied(usedUp("maxBytes", limits.maxBytes));
  const { rows, bytes } = budgetOf(request);
  const isOver = (rows !== null && batch.rows > rows) || (bytes !== null && batch.bytes > bytes);
  return isOver ? denied(budgetSpent()) : plan;
}

/** A budget is about charged use; use in the public interest goes on when it is spent. */
function budgetOf({
  agreement,
  selection,
  totals,
  nowMs,
}: Pick<TransferRequest, "agreement" | "selection" | "totals" | "nowMs">): Volume {
  const isCharged = purposesOf({ agreement, selection }).includes("industrial");
  return isCharged ? volumeAffordable(totals, nowMs) : { rows: null, bytes: null };
}

function purposesOf({ agreement, selection }: Pick<TransferRequest, "agreement" | "selection">): readonly Purpose[] {
  return selection.purpose === undefined ? agreement.terms.purposes : [selection.purpose];
}

export type CallPlan = {
  readonly purposeClass: "commercial" | "public-interest";
  /** Fields of the entry that may be in the answer. */
  readonly outputs: readonly string[];
  /** Calls left in this China month, this one not yet counted; null: no limit. */
  readonly callsLeft: bigint | null;
};

type CallRequest = {
  readonly agreement: BindingAgreement;
  readonly input: { readonly [field: string]: string };
  /** Restated per call; a call that states none is billed as industrial where the agreement allows that (PR-10). */
  readonly purpose?: Purpose | undefined;
  readonly totals: UsageSoFar;
  readonly nowMs: number;
  readonly isFrozen?: boolean | undefined;
};

/** Every call of a product passes here: agreement, channel, purpose, fields, monthly quota. */
export function enforceCall({ agreement, input, purpose, totals, nowMs, isFrozen }: CallRequest): Result<CallPlan> {
  const { terms } = agreement;
  const stated = purpose ?? (terms.purposes.includes("industrial") ? "industrial" : terms.purposes[0]);
  const outside = Object.keys(input).filter((field) => !terms.fields.includes(field));
  const breach =
    notAlive(agreement, nowMs) ??
    (stated === undefined ? undefined : purposeOutside(stated, terms)) ??
    (outside.length === 0 ? undefined : fieldOutside(outside));
  if (breach !== undefined) return denied(breach);
  // A product decides about somebody, whoever asks; while its data is in doubt it does not.
  if (isFrozen === true) return denied(frozen());

  const purposeClass = stated === "industrial" ? "commercial" : "public-interest";
  const month = totals.callsByMonth[periodOf(nowMs)] ?? {};
  const quotas = callQuotas(terms, month, purposeClass);
  const exhausted = quotas.find(({ callsLeft }) => callsLeft === 0n);
  if (exhausted !== undefined) return denied(usedUp(exhausted.limit, exhausted.value));
  const affordable = purposeClass === "commercial" ? callsAffordable(totals, nowMs) : null;
  if (affordable === 0n) return denied(budgetSpent());
  return ok({
    purposeClass,
    outputs: terms.fields.filter((field) => terms.masks[field] !== "drop"),
    callsLeft: smallest([...quotas.map(({ callsLeft }) => callsLeft), affordable]),
  });
}

type CallQuota = {
  readonly limit: "maxCallsPerMonth" | "freeCallsPerMonth";
  readonly value: string | null;
  readonly callsLeft: bigint | null;
};

/** All calls count against the limit of the month; those of the public interest against its free quota as well. */
function callQuotas(
  { limits }: UsageTerms,
  month: { readonly [purposeClass: string]: string },
  purposeClass: CallPlan["purposeClass"],
): CallQuota[] {
  const all = Object.values(month).reduce((sum, calls) => sum + BigInt(calls), 0n);
  const free = limits.freeCallsPerMonth ?? null;
  const quotas: CallQuota[] = [
    {
      limit: "maxCallsPerMonth",
      value: limits.maxCallsPerMonth,
      callsLeft: left(limits.maxCallsPerMonth, String(all)),
    },
  ];
  if (purposeClass === "commercial") return quotas;
  const used = month["public-interest"] ?? "0";
  return [...quotas, { limit: "freeCallsPerMonth", value: free, callsLeft: left(free, used) }];
}

function smallest(limits: readonly (bigint | null)[]): bigint | null {
  return limits.reduce((least, limit) => (least === null || (limit !== null && limit < least) ? limit : least), null);
}

/** A field may have become secret, or unshareable, after the agreement was signed. */
function isStillShareable(field: DataItem): boolean {
  return field.shareable !== false && field.sensitivity !== "S4";
}

function notAlive({ id, status, terms }: BindingAgreement, nowMs: number): Breach | undefined {
  if (terms.channel !== "heliu") return outsideChannel(terms.channel);
  const isDated = msOf(terms.validFrom) <= nowMs && nowMs < msOf(terms.validTo);
  if (status === "in-force" && isDated) return undefined;
  return {
    code: "AUTH_EXPIRED",
    rule: status === "in-force" ? "policy.dates" : "policy.status",
    text: {
      zh: `协议 ${id} 当前不生效(状态 ${status},有效期 ${terms.validFrom} 至 ${terms.validTo});请续签或另行申请。`,
      en: `Agreement ${id} is not in force (status ${status}, valid ${terms.validFrom} to ${terms.validTo}); renew it or ask for a new one.`,
    },
    details: { agreementId: id, status },
  };
}

function outsideChannel(channel: string): Breach {
  return {
    code: "CHANNEL_OUTSIDE",
    rule: "policy.channel",
    text: {
      zh: `协议约定数据经由 ${channel} 提供,不经过本节点;请按提供方公布的方式获取。`,
      en: `The agreement names ${channel}: the data does not pass here; get it the way the provider published.`,
    },
    details: { channel },
  };
}

function purposeOutside(purpose: Purpose, terms: UsageTerms): Breach | undefined {
  if (terms.purposes.includes(purpose)) return undefined;
  return {
    code: "PURPOSE_NOT_ALLOWED",
    rule: "policy.purpose",
    text: {
      zh: `用途 ${purpose} 不在协议之内(${terms.purposes.join("、")});请按协议用途使用,或为新用途另行申请。`,
      en: `Purpose ${purpose} is not one of the agreement's (${terms.purposes.join(", ")}); use it for these, or ask for a new agreement.`,
    },
    details: { purpose },
  };
}

function selectionOutside({
  selection,
  agreement,
}: Pick<TransferRequest, "selection" | "agreement">): Breach | undefined {
  const outside = (selection.fields ?? []).filter((field) => !agreement.terms.fields.includes(field));
  return outside.length === 0 ? undefined : fieldOutside(outside);
}

function fieldOutside(fields: readonly string[]): Breach {
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.fields",
    text: {
      zh: `数据项 ${fields.join("、")} 不在协议之内或已不可共享;请去掉后重试。`,
      en: `Field ${fields.join(", ")} is not granted by the agreement or no longer shareable; leave it out.`,
    },
    details: { fields: fields.join(",") },
  };
}

/** Selecting by a hidden or masked column would let its values be guessed one question at a time. */
function rowsOutside(rows: readonly RowCondition[], terms: UsageTerms): Breach | undefined {
  const hidden = rows.find(({ field }) => !terms.fields.includes(field) || terms.masks[field] !== undefined);
  if (hidden === undefined) return undefined;
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.rows",
    text: {
      zh: `不能按 ${hidden.field} 筛选:该数据项未授权或已脱敏;请改用明文授权的数据项。`,
      en: `Rows cannot be selected by ${hidden.field}: it is not granted, or masked; use a field granted in clear.`,
    },
    details: { field: hidden.field },
  };
}

/** Limits of a month are free again in the next one; those of the whole agreement only by another agreement. */
const LIMITS = {
  maxRows: { zh: (n: string) => `协议累计行数上限 ${n} 行`, en: (n: string) => `The agreement's ${n} rows in all` },
  maxBytes: {
    zh: (n: string) => `协议累计数据量上限 ${n} 字节`,
    en: (n: string) => `The agreement's ${n} bytes in all`,
  },
  maxCallsPerMonth: {
    zh: (n: string) => `协议每月调用上限 ${n} 次`,
    en: (n: string) => `The agreement's ${n} calls a month`,
  },
  freeCallsPerMonth: {
    zh: (n: string) => `协议每月免费调用额度 ${n} 次`,
    en: (n: string) => `The agreement's ${n} free calls a month`,
  },
} as const;

function frozen(): Breach {
  return {
    code: "OBJECTION_FROZEN",
    rule: "policy.objection",
    text: {
      zh: "该条目或其数源的数据异议正在核查,核查期间暂停产品调用和经营性使用,公务使用不受影响;异议办结后自动恢复。",
      en: "An objection to this entry, or to a source of it, is being verified: calls of products and use for gain stop meanwhile, public duty goes on. It ends by itself when the objection is closed.",
    },
  };
}

function budgetSpent(): Breach {
  return {
    code: "BUDGET_SPENT",
    rule: "policy.budget",
    text: {
      zh: "使用方为本月设定的预算已用完,或所余不够支付这次使用,按其要求停止收费使用;请使用方财务调整预算,或等待下月。",
      en: "The budget that the consumer set for this month is spent, or what is left does not pay for this use, and it asked to stop there; its finance office may raise the budget, or wait for next month.",
    },
  };
}

function usedUp(limit: keyof typeof LIMITS, value: string | null): Breach {
  const { zh, en } = LIMITS[limit];
  const count = (value ?? "0").replace(/\B(?=(\d{3})+$)/g, ",");
  const isMonthly = limit === "maxCallsPerMonth" || limit === "freeCallsPerMonth";
  return {
    code: "QUOTA_EXCEEDED",
    rule: `policy.${limit}`,
    text: {
      zh: `${zh(count)}已用完;请${isMonthly ? "等待下月,或" : ""}与提供方协商提高额度。`,
      en: `${en(count)} are used up; ${isMonthly ? "wait for next month, or " : ""}negotiate a higher limit with the provider.`,
    },
    details: { limit, value: value ?? "" },
  };
}

function noMaskKey(): Breach {
  return {
    code: "MASK_KEY_MISSING",
    rule: "policy.masks",
    text: {
      zh: "缺少该协议的脱敏密钥,暂不能提供数据;请提供方管理员检查节点存储。",
      en: "The agreement's masking key is missing, so no data leaves for now; the provider's administrator must check the store.",
    },
  };
}

import { msOf } from "../kernel/instant.ts";
import type { Mask, RowCondition, UsageTerms } from "./model.ts";
import type { Breach } from "./refusal.ts";

/** Masks that hide at least what the key hides. `partial` leaves some characters, `range` an interval, `hash` only equality. */
const AT_LEAST: { readonly [M in Mask]: readonly Mask[] } = {
  partial: ["partial", "range", "hash", "drop"],
  range: ["range", "hash", "drop"],
  hash: ["hash", "drop"],
  drop: ["drop"],
};

const LIMITS = ["maxRows", "maxBytes", "maxCallsPerMonth", "rowsPerSecond"] as const;

/** What no person may grant either: purposes, fields and rows outside the offer, and dates that cannot be. */
export function beyondOffer(asked: UsageTerms, offered: UsageTerms, nowMs: number): Breach | undefined {
  return (
    datesImpossible(asked, nowMs) ??
    purposesOutside(asked, offered) ??
    fieldsOutside(asked, offered) ??
    rowsTooMany(asked, offered)
  );
}

/** Bounds of the offer that are asked too wide but can be drawn in without losing what the request is about. */
export function isWithinBounds(asked: UsageTerms, offered: UsageTerms): boolean {
  return JSON.stringify(drawnIn(asked, offered)) === JSON.stringify(asked);
}

/** The request with masks, limits, dates and channel drawn in to the offer. */
export function drawnIn(asked: UsageTerms, offered: UsageTerms): UsageTerms {
  const limits = { ...asked.limits };
  for (const name of LIMITS) limits[name] = smaller(asked.limits[name], offered.limits[name]);
  const free = smaller(asked.limits.freeCallsPerMonth ?? null, offered.limits.freeCallsPerMonth ?? null);
  // Absent stays absent: what is signed says nothing of a quota that nobody agreed on.
  if (free !== null) limits.freeCallsPerMonth = free;
  return {
    ...asked,
    masks: strongerMasks(asked, offered),
    limits,
    validFrom: msOf(asked.validFrom) < msOf(offered.validFrom) ? offered.validFrom : asked.validFrom,
    validTo: msOf(asked.validTo) > msOf(offered.validTo) ? offered.validTo : asked.validTo,
  };
}

/** Whether `mask` hides no less than `required`. */
function hidesAtLeast(mask: Mask | undefined, required: Mask | undefined): boolean {
  if (required === undefined) return true;
  return mask !== undefined && AT_LEAST[required].includes(mask);
}

function strongerMasks(asked: UsageTerms, offered: UsageTerms): { [field: string]: Mask } {
  const masks: { [field: string]: Mask } = {};
  for (const [field, mask] of Object.entries(asked.masks)) {
    masks[field] = hidesAtLeast(mask, offered.masks[field]) ? mask : (offered.masks[field] ?? mask);
  }
  for (const field of asked.fields) {
    const required = offered.masks[field];
    if (required !== undefined && masks[field] === undefined) masks[field] = required;
  }
  return masks;
}

function smaller(asked: string | null, offered: string | null): string | null {
  if (offered === null) return asked;
  if (asked === null) return offered;
  return BigInt(asked) <= BigInt(offered) ? asked : offered;
}

function datesImpossible({ validFrom, validTo }: UsageTerms, nowMs: number): Breach | undefined {
  const from = msOf(validFrom);
  const to = msOf(validTo);
  // NaN compares false with everything, so an unreadable date lands here too. Documents hold instants in UTC only.
  if (from < to && to > nowMs && validFrom.endsWith("Z") && validTo.endsWith("Z")) return undefined;
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.dates",
    text: {
      zh: `有效期 ${validFrom} 至 ${validTo} 不成立或已过期;请填写将来的结束时间。`,
      en: `The period ${validFrom} to ${validTo} is impossible or over; give an end in the future.`,
    },
    details: { validFrom, validTo },
  };
}

function purposesOutside(asked: UsageTerms, offered: UsageTerms): Breach | undefined {
  const outside = asked.purposes.filter((purpose) => !offered.purposes.includes(purpose));
  if (outside.length === 0) return undefined;
  return {
    code: "PURPOSE_NOT_ALLOWED",
    rule: "policy.purpose",
    text: {
      zh: `用途 ${outside.join("、")} 不在该条目允许的用途之内(${offered.purposes.join("、")});请改为允许的用途。`,
      en: `Purpose ${outside.join(", ")} is not among those of the entry (${offered.purposes.join(", ")}); ask for one of these.`,
    },
    details: { purposes: outside.join(",") },
  };
}

function fieldsOutside(asked: UsageTerms, offered: UsageTerms): Breach | undefined {
  const named = [...asked.fields, ...Object.keys(asked.masks)];
  const outside = [...new Set(named.filter((field) => !offered.fields.includes(field)))];
  if (outside.length === 0) return undefined;
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.fields",
    text: {
      zh: `数据项 ${outside.join("、")} 不可共享或不属于该条目;请从申请中去掉。`,
      en: `Field ${outside.join(", ")} is not shareable or not part of the entry; leave it out of the request.`,
    },
    details: { fields: outside.join(",") },
  };
}

/** Each condition of the offer must stand in the request: conditions only ever take rows away. */
function rowsTooMany(asked: UsageTerms, offered: UsageTerms): Breach | undefined {
  const hidden = asked.rows.find(({ field }) => !offered.fields.includes(field) || offered.masks[field] !== undefined);
  if (hidden !== undefined) return rowsByHidden(hidden.field);
  const missing = offered.rows.find((condition) => !asked.rows.some((own) => isSame(own, condition)));
  if (missing === undefined) return undefined;
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.rows",
    text: {
      zh: `申请须保留行条件 ${missing.field} ${missing.op};请加回该条件。`,
      en: `The request must keep the row condition ${missing.field} ${missing.op}; add it again.`,
    },
    details: { field: missing.field },
  };
}

/** Which rows come back would tell what the hidden column holds. */
function rowsByHidden(field: string): Breach {
  return {
    code: "OUT_OF_SCOPE",
    rule: "policy.rows",
    text: {
      zh: `不能按 ${field} 筛选行:该数据项不可共享或须脱敏;请改用可明文共享的数据项。`,
      en: `Rows cannot be selected by ${field}: it is not shareable, or masked; use a field shared in clear.`,
    },
    details: { field },
  };
}

function isSame(a: RowCondition, b: RowCondition): boolean {
  return a.field === b.field && a.op === b.op && JSON.stringify(a.value) === JSON.stringify(b.value);
}

import type { z } from "zod";
import type { Text } from "../kernel/text.ts";
import type { ImportFault } from "./model.ts";

type Rule =
  | "CAT-001"
  | "CAT-002"
  | "CAT-003"
  | "CAT-004"
  | "CAT-006"
  | "CAT-007"
  | "CAT-008"
  | "CAT-009"
  | "CAT-010"
  | "CAT-011"
  | "CAT-012"
  | "CAT-013"
  | "CAT-014"
  | "CAT-015";

/** Collects the faults of one row. */
export type Report = (rule: Rule, level: ImportFault["level"], column: string, value: unknown, text: Text) => void;

const MAX_VALUE_CHARS = 120;

export function reportInto(faults: ImportFault[], row: number, headers: { readonly [column: string]: string }): Report {
  return (rule, level, column, value, text) => {
    faults.push({ row, column: headers[column] ?? column, value: shown(value), rule, level, text });
  };
}

/** A value as a person may read it in a table of faults. */
function shown(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  const points = [...text];
  return points.length <= MAX_VALUE_CHARS ? text : `${points.slice(0, MAX_VALUE_CHARS - 1).join("")}…`;
}

/** What the schema found, one fault per unknown key or wrong value (CAT-001). */
export function reportIssue(report: Report, issue: z.core.$ZodIssue, raw: unknown): void {
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const path = [...issue.path, key];
      report("CAT-001", "error", columnOf(path), valueAt(raw, path), {
        zh: `不认识的字段 ${key};请改正字段名或删除该列。`,
        en: `Unknown attribute ${key}; correct its name or remove it.`,
      });
    }
    return;
  }
  const value = valueAt(raw, issue.path);
  report("CAT-001", "error", columnOf(issue.path), value, issueText(issue, value));
}

function issueText(issue: z.core.$ZodIssue, value: unknown): Text {
  if (value === undefined) return { zh: "必填项缺失;请补充。", en: "A required value is missing; fill it in." };
  switch (issue.code) {
    case "invalid_value":
      return {
        zh: `取值不在代码表内;可选:${issue.values.join("、")}。`,
        en: `Not a value of the code list; choose one of: ${issue.values.join(", ")}.`,
      };
    case "invalid_type":
      return { zh: `类型应为 ${issue.expected};请改正。`, en: `The type should be ${issue.expected}; correct it.` };
    case "too_big":
      return {
        zh: `超过上限 ${issue.maximum};请缩短或减少。`,
        en: `More than the limit of ${issue.maximum}; shorten it.`,
      };
    case "too_small":
      return { zh: `少于下限 ${issue.minimum};请补充。`, en: `Less than the minimum of ${issue.minimum}; add to it.` };
    case "invalid_format":
      return { zh: `格式不正确(${issue.format});请改正。`, en: `The format is wrong (${issue.format}); correct it.` };
    default:
      return { zh: "取值不正确;请改正。", en: `Not a valid value; correct it (${issue.message}).` };
  }
}

/** `fields[2].sensitivity` */
function columnOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((column, part) => {
    if (typeof part === "number") return `${column}[${part}]`;
    return column === "" ? String(part) : `${column}.${String(part)}`;
  }, "");
}

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, part) => {
    return typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
  }, raw);
}

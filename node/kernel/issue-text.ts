import type { z } from "zod";
import type { Text } from "./text.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong with one value of a person's input, in both languages; zod's own messages are English only. */
export function issueText(issue: Issue): Text {
  const where = issue.path.map(String).join(".");
  const { zh, en } = sayWhat(issue);
  return where === "" ? { zh, en } : { zh: `${where} ${zh}`, en: `${where} ${en}` };
}

function sayWhat(issue: Issue): Text {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(issue.expected, issue.message);
    case "invalid_value":
      return oneOf(issue.values.map(String));
    case "unrecognized_keys":
      return { zh: `不认识的字段 ${issue.keys.join("、")}`, en: `unknown field ${issue.keys.join(", ")}` };
    case "too_small":
      return bound(issue.origin, String(issue.minimum), { zh: "至少", en: "at least" });
    case "too_big":
      return bound(issue.origin, String(issue.maximum), { zh: "至多", en: "at most" });
    case "invalid_format":
      return wrongFormat(issue.format, "pattern" in issue ? String(issue.pattern) : "");
    case "invalid_union":
      return "options" in issue && Array.isArray(issue.options)
        ? oneOf(issue.options.map(String))
        : { zh: "形式不符", en: "has none of the forms it may have" };
    default:
      return { zh: issue.message, en: issue.message };
  }
}

function wrongType(expected: string, message: string): Text {
  if (/received undefined/.test(message)) return { zh: "缺少", en: "is missing" };
  return { zh: `应为 ${expected}`, en: `must be of type ${expected}` };
}

function oneOf(values: readonly string[]): Text {
  return { zh: `应为以下之一:${values.join("、")}`, en: `must be one of ${values.join(", ")}` };
}

function bound(origin: string, limit: string, side: Text): Text {
  if (origin === "string")
    return {
      zh: `${side.zh} ${limit} 个字符`,
      en: `must have ${side.en} ${limit} character${limit === "1" ? "" : "s"}`,
    };
  if (origin === "array" || origin === "set" || origin === "record")
    return { zh: `${side.zh} ${limit} 项`, en: `must have ${side.en} ${limit} item${limit === "1" ? "" : "s"}` };
  return { zh: `应${side.zh}为 ${limit}`, en: `must be ${side.en} ${limit}` };
}

function wrongFormat(format: string, pattern: string): Text {
  if (format === "datetime")
    return {
      zh: "应为带时区的 RFC 3339 时刻,如 2026-10-05T08:00:00+08:00",
      en: "must be an RFC 3339 instant with offset, such as 2026-10-05T08:00:00+08:00",
    };
  if (format === "regex") return { zh: `格式不符(${pattern})`, en: `does not match ${pattern}` };
  return { zh: `不是合法的 ${format}`, en: `is not a valid ${format}` };
}

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
  const { zh, en } = TYPES[expected] ?? { zh: expected, en: `of type ${expected}` };
  return { zh: `应为${TYPES[expected] === undefined ? " " : ""}${zh}`, en: `must be ${en}` };
}

/** Zod's names of types are a programmer's. */
const TYPES: { readonly [expected: string]: Text } = {
  string: { zh: "文本", en: "text" },
  number: { zh: "数字", en: "a number" },
  int: { zh: "整数", en: "a whole number" },
  boolean: { zh: "true 或 false", en: "true or false" },
  array: { zh: "列表", en: "a list" },
  object: { zh: "对象({…})", en: "an object ({…})" },
  record: { zh: "对象({…})", en: "an object ({…})" },
};

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
  if (format === "regex") {
    const bare = pattern.replace(/^\/\^|\$\/$/g, "").replace(/\{0,[0-9]+\}/g, "*");
    return SHAPES[bare] ?? { zh: `格式不符(${pattern})`, en: `does not match ${pattern}` };
  }
  return { zh: `不是合法的 ${format}`, en: `is not a valid ${format}` };
}

/** What the commonest patterns stand for, in words; of a run of digits its greatest length is left out. */
const SHAPES: { readonly [pattern: string]: Text } = {
  "[0-9]{4}-(0[1-9]|1[0-2])": { zh: "应为月份,如 2026-10", en: "must be a month such as 2026-10" },
  "[0-9]{4}": { zh: "应为四位年份,如 2026", en: "must be a year of four digits such as 2026" },
  "(0|[1-9][0-9]*)": { zh: "应为不小于 0 的整数", en: "must be a whole number, 0 or above" },
  "[1-9][0-9]*": { zh: "应为大于 0 的整数", en: "must be a whole number above 0" },
  "[1-9][0-9]{5}": { zh: "应为六位行政区划代码,如 510100", en: "must be a division code of six digits such as 510100" },
  "[A-Za-z0-9][A-Za-z0-9._-]*": {
    zh: "应以字母或数字开头,其后只含字母、数字和 . _ -",
    en: "must begin with a letter or digit, followed by letters, digits and . _ - only",
  },
  "[^\\s+]+": { zh: "不得为空,也不得含空格和加号", en: "must not be empty nor hold spaces or plus signs" },
  "[0-9a-f]{64}": { zh: "应为 64 位小写十六进制数字", en: "must be 64 lower-case hexadecimal digits" },
};

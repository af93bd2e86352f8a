import { type CodeListName, codeOf } from "../../node/catalog/codes.ts";

/** How the text of a cell becomes a value and back. Whatever cannot be converted stays text, for validation to name. */
export type CellKind =
  | { readonly kind: "text" }
  | { readonly kind: "integer" }
  | { readonly kind: "number" }
  | { readonly kind: "boolean" }
  | { readonly kind: "code"; readonly list: CodeListName }
  | { readonly kind: "list"; readonly list?: CodeListName }
  /** Empty or `长期` is null. */
  | { readonly kind: "until" }
  | { readonly kind: "json" };

export type Column = CellKind & {
  /** Where the value stands in an entry, `sharing.attribute`; also the English header. */
  readonly path: string;
  readonly header: string;
};

const text = { kind: "text" } as const;
const list = { kind: "list" } as const;
const code = (name: CodeListName) => ({ kind: "code", list: name }) as const;

const column = (path: string, header: string, kind: CellKind): Column => ({ path, header, ...kind });

/**
 * The columns of a catalogue as a table, one entry a row. Headers are the Chinese names or the paths, in any order; code
 * columns take codes or their labels; lists are separated by `;` `；` `、` `|`; `fields` is JSON where there is no second sheet.
 */
export const entryColumns: readonly Column[] = [
  column("id", "条目标识", text),
  column("resourceCode", "资源代码", text),
  column("kind", "资源类型", code("resourceKind")),
  column("name", "资源名称", text),
  column("nameEn", "英文名称", text),
  column("abstract", "资源摘要", text),
  column("provider.name", "提供单位", text),
  column("provider.uscc", "提供单位信用代码", text),
  column("provider.orgCode", "内部单位编码", text),
  column("provider.divisionCode", "单位区划", text),
  column("regionCode", "发布区域", text),
  column("theme", "领域", code("theme")),
  column("themeLabel", "领域名称", text),
  column("themesExtra", "其他领域", { kind: "list", list: "theme" }),
  column("keywords", "关键词", list),
  column("sharing.attribute", "共享属性", code("sharingAttribute")),
  column("sharing.condition", "共享条件", text),
  column("sharing.basis", "不予共享依据", text),
  column("sharing.method", "共享方式", code("shareMethod")),
  column("opening.attribute", "开放属性", code("openingAttribute")),
  column("opening.condition", "开放条件", text),
  column("opening.basis", "不予开放依据", text),
  column("updateFrequency", "更新频率", code("updateFrequency")),
  column("dataLevel", "数据分级", code("dataLevel")),
  column("securityClass", "涉密标识", code("securityClass")),
  column("formats", "资源格式", { kind: "list", list: "format" }),
  column("language", "语种", text),
  column("spatial", "空间范围", list),
  column("temporal.from", "时间范围起", text),
  column("temporal.to", "时间范围止", { kind: "until" }),
  column("recordCount", "数据量", { kind: "integer" }),
  column("sourceSystem", "来源系统", text),
  column("legalBasis", "编制依据", text),
  column("singleSource", "是否数源", { kind: "boolean" }),
  column("sourceEntryId", "数源条目标识", text),
  column("personalInfo", "是否含个人信息", { kind: "boolean" }),
  column("contact.role", "联系岗位", text),
  column("contact.phone", "联系电话", text),
  column("issued", "发布日期", text),
  column("modified", "更新日期", text),
  column("version", "版本", { kind: "integer" }),
  column("status", "状态", text),
  column("registration.code", "登记编码", text),
  column("registration.type", "登记类型", text),
  column("registration.state", "登记状态", text),
  column("registration.validUntil", "登记有效期至", { kind: "until" }),
  column("quality.completeness", "完整性", { kind: "number" }),
  column("quality.accuracy", "准确性", { kind: "number" }),
  column("quality.timeliness", "及时性", { kind: "number" }),
  column("product", "产品信息", { kind: "json" }),
  column("fields", "数据项", { kind: "json" }),
];

/** The columns of the second sheet, one field a row, in the order of the entry's fields. */
export const fieldColumns: readonly Column[] = [
  column("entryId", "条目标识", text),
  column("name", "字段名", text),
  column("label", "中文名称", text),
  column("labelEn", "英文名称", text),
  column("type", "数据类型", code("fieldType")),
  column("length", "长度", { kind: "integer" }),
  column("scale", "小数位", { kind: "integer" }),
  column("nullable", "可空", { kind: "boolean" }),
  column("key", "主键", { kind: "boolean" }),
  column("codeList", "代码表", { kind: "json" }),
  column("unit", "单位", text),
  column("sensitivity", "敏感级别", code("sensitivity")),
  column("shareable", "可共享", { kind: "boolean" }),
  column("masking", "脱敏规则", text),
  column("description", "说明", text),
  column("standard", "数据元标准", text),
];

export const FIELDS_SHEET = "数据项";
export const ENTRIES_SHEET = "目录条目";

const NO_END = "长期";
const TRUE = ["true", "是", "1", "y", "yes"];
const FALSE = ["false", "否", "0", "n", "no"];

/** The value of a cell that is not empty. */
export function readCell(column: CellKind, cell: string): unknown {
  const written = cell.trim();
  switch (column.kind) {
    case "text":
      return cell;
    case "integer":
    case "number":
      return /^-?[0-9]+(\.[0-9]+)?(e-?[0-9]+)?$/i.test(written) ? Number(written) : cell;
    case "boolean": {
      const lower = written.toLowerCase();
      if (TRUE.includes(lower)) return true;
      return FALSE.includes(lower) ? false : cell;
    }
    case "code":
      return codeOf(column.list, cell);
    case "list":
      return listOf(written, column.list);
    case "until":
      return written === NO_END ? null : written;
    case "json":
      return parseJson(cell);
  }
}

export function writeCell(column: CellKind, value: unknown): string {
  if (value === undefined) return "";
  if (column.kind === "until") return value === null ? NO_END : String(value);
  if (column.kind === "json")
    return typeof value === "string" && parseJson(value) === value ? value : JSON.stringify(value);
  if (column.kind !== "list" || !Array.isArray(value)) return String(value);
  // An item that holds a separator, or would be trimmed, keeps its shape only in JSON.
  const isPlain = value.length > 0 && value.every((item) => /^[^;；、|[\s]+( [^;；、|[\s]+)*$/.test(item));
  return isPlain ? value.join(";") : JSON.stringify(value);
}

function listOf(written: string, list: CodeListName | undefined): unknown {
  const parsed = written.startsWith("[") ? parseJson(written) : undefined;
  const items = Array.isArray(parsed) ? parsed : written.split(/[;；、|]/).map((item) => item.trim());
  const filled = items.filter((item) => item !== "");
  return list === undefined ? filled : filled.map((item) => (typeof item === "string" ? codeOf(list, item) : item));
}

function parseJson(written: string): unknown {
  try {
    return JSON.parse(written);
  } catch {
    return written;
  }
}

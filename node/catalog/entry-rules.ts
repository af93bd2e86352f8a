import { chinaDateOf, chinaMidnight, msOf } from "../kernel/instant.ts";
import { type CodeListName, isCode } from "./codes.ts";
import { divisionOn } from "./divisions.ts";
import type { Report } from "./fault.ts";
import type { CatalogEntry, DataItem } from "./model.ts";
import { checkUscc } from "./uscc.ts";

export type EntryLimits = {
  readonly nameMaxLength: number;
  readonly abstractMaxLength: number;
  /** False while no official text states the two limits; whoever is refused by them is told. */
  readonly areLimitsVerified: boolean;
};

const DAY_MS = 86_400_000;

/** Days until data of a frequency is late. `modified` is a date, so nothing is finer than a day; the rest never is late. */
const FREQUENCY_DAYS: { readonly [frequency: string]: number } = {
  realtime: 1,
  hourly: 1,
  daily: 1,
  weekly: 7,
  monthly: 31,
  quarterly: 92,
  yearly: 366,
};

/** The rules that look at one entry alone. Source: domain.md §4.2, §4.3, §4.6. */
export function checkEntry(
  entry: CatalogEntry,
  region: string,
  limits: EntryLimits,
  nowMs: number,
  report: Report,
): void {
  checkTexts(entry, limits, report);
  checkCodes(entry, report);
  checkRegion(entry, region, report);
  checkDates(entry, nowMs, report);
  checkAttributes(entry, report);
  checkLevels(entry, report);
  checkFields(entry, report);
  checkUnit(entry, report);
}

/** Characters as people count them: a surrogate pair is one, and é is one however it was typed. */
function lengthOf(text: string): number {
  return [...text.normalize("NFC")].length;
}

function checkTexts(entry: CatalogEntry, limits: EntryLimits, report: Report): void {
  const maxima = [
    ["name", limits.nameMaxLength],
    ["abstract", limits.abstractMaxLength],
  ] as const;
  for (const [column, max] of maxima) {
    const length = lengthOf(entry[column]);
    if (length <= max) continue;
    report("CAT-003", "error", column, entry[column], {
      zh: `共 ${length} 字,超过 ${max} 字的上限${limits.areLimitsVerified ? "" : "(上限未经官方核对)"};请缩短。`,
      en: `${length} characters, more than the ${max} allowed${limits.areLimitsVerified ? "" : " (not officially confirmed)"}; shorten it.`,
    });
  }
  if (entry.name !== entry.name.trim()) {
    report("CAT-001", "error", "name", entry.name, {
      zh: "名称首尾有空格;请删除。",
      en: "The name begins or ends with a space; remove it.",
    });
  }
}

function checkCodes(entry: CatalogEntry, report: Report): void {
  const codes: [CodeListName, string, string | undefined][] = [
    ["theme", "theme", entry.theme],
    ["updateFrequency", "updateFrequency", entry.updateFrequency],
    ...entry.formats.map((format, i): [CodeListName, string, string] => ["format", `formats[${i}]`, format]),
    ...(entry.themesExtra ?? []).map((theme, i): [CodeListName, string, string] => [
      "theme",
      `themesExtra[${i}]`,
      theme,
    ]),
  ];
  for (const [list, column, code] of codes) {
    if (code === undefined || isCode(list, code)) continue;
    report("CAT-001", "error", column, code, {
      zh: `代码表 ${list} 没有 ${code};请改用表内代码。`,
      en: `The code list ${list} has no ${code}; use one of its codes.`,
    });
  }
}

function checkRegion(entry: CatalogEntry, region: string, report: Report): void {
  if (entry.regionCode !== region) {
    report("CAT-001", "error", "regionCode", entry.regionCode, {
      zh: `本节点只发布区域 ${region} 的目录;请在 ${entry.regionCode} 的节点导入。`,
      en: `This node publishes region ${region} only; import the entry at the node of ${entry.regionCode}.`,
    });
  }
  const divisions: [string, string][] = [
    ["provider.divisionCode", entry.provider.divisionCode],
    ...(entry.spatial ?? []).map((code, i): [string, string] => [`spatial[${i}]`, code]),
  ];
  for (const [column, code] of divisions) {
    const state = divisionOn(code, entry.modified);
    if (state.kind === "valid") continue;
    const successor = state.kind === "replaced" && state.by !== null ? state.by : "";
    report("CAT-013", "warning", column, code, {
      zh: `区划代码 ${code} 在 ${entry.modified} 不在用${successor && `,现为 ${successor}`};请核对。`,
      en: `Division code ${code} was not in use on ${entry.modified}${successor && `; it became ${successor}`}. Check it.`,
    });
  }
}

function checkDates(entry: CatalogEntry, nowMs: number, report: Report): void {
  if (entry.modified < entry.issued) {
    report("CAT-001", "error", "modified", entry.modified, {
      zh: `更新日期早于发布日期 ${entry.issued};请改正。`,
      en: `The date of change is before the date of issue, ${entry.issued}; correct it.`,
    });
  }
  const days = FREQUENCY_DAYS[entry.updateFrequency];
  if (days === undefined) return;
  const ageDays = (msOf(chinaMidnight(chinaDateOf(nowMs))) - msOf(chinaMidnight(entry.modified))) / DAY_MS;
  if (ageDays <= 2 * days) return;
  report("CAT-010", "warning", "modified", entry.modified, {
    zh: `已 ${ageDays} 天未更新,超过更新频率(${entry.updateFrequency})的两倍;请更新数据或改正频率。`,
    en: `Not changed for ${ageDays} days, more than twice its update frequency (${entry.updateFrequency}); update the data or correct the frequency.`,
  });
}

function checkAttributes(entry: CatalogEntry, report: Report): void {
  for (const side of ["sharing", "opening"] as const) {
    const { attribute, condition, basis } = entry[side];
    if (attribute === "conditional" && isBlank(condition)) {
      report("CAT-004", "error", `${side}.condition`, condition, {
        zh: "属性为有条件,须写明条件(谁、为何用途)。",
        en: "The attribute is conditional, so the condition must be stated: who may use it, and for what.",
      });
    }
    if (attribute === "none" && isBlank(basis)) {
      report("CAT-004", "error", `${side}.basis`, basis, {
        zh: "属性为不予,须写明依据的法律、法规或决定。",
        en: "The attribute is none, so the law, regulation or decision it rests on must be cited.",
      });
    }
  }
  if (entry.sharing.attribute !== "none" && entry.sharing.method === undefined) {
    report("CAT-001", "error", "sharing.method", undefined, {
      zh: "可共享的条目须写明共享方式(接口、库表、文件或核验)。",
      en: "An entry that is shared must say how: api, database, file or verification.",
    });
  }
  if (entry.singleSource === false && isBlank(entry.sourceEntryId)) {
    report("CAT-001", "error", "sourceEntryId", undefined, {
      zh: "非数源条目须写明数源条目标识(一数一源)。",
      en: "An entry that is not the source must name the entry that is (one source per datum).",
    });
  }
}

function isBlank(text: string | undefined): boolean {
  return text === undefined || text.trim() === "";
}

function checkLevels(entry: CatalogEntry, report: Report): void {
  const isSecretLevel = entry.dataLevel === "IMP" || entry.dataLevel === "CORE";
  if (isSecretLevel && entry.sharing.attribute === "unconditional") {
    report("CAT-007", "error", "sharing.attribute", entry.sharing.attribute, {
      zh: "重要数据、核心数据不得无条件共享;请改为有条件或不予共享。",
      en: "Important and core data may not be shared unconditionally; make it conditional or none.",
    });
  }
  if (entry.opening.attribute !== "unconditional") return;
  if (entry.dataLevel !== "G1") {
    report("CAT-006", "error", "opening.attribute", entry.dataLevel, {
      zh: `分级为 ${entry.dataLevel},只有 G1 可以无条件开放;请改正开放属性或分级。`,
      en: `The level is ${entry.dataLevel}; only G1 may be opened unconditionally. Correct the attribute or the level.`,
    });
  }
  for (const [i, field] of entry.fields.entries()) {
    if (!isSensitive(field) || field.masking !== undefined) continue;
    report("CAT-006", "error", `fields[${i}].masking`, field.name, {
      zh: `无条件开放的条目中,${field.sensitivity} 字段 ${field.name} 必须设置脱敏规则。`,
      en: `In an entry opened unconditionally the ${field.sensitivity} field ${field.name} must have a masking rule.`,
    });
  }
}

function isSensitive({ sensitivity }: DataItem): boolean {
  return sensitivity === "S2" || sensitivity === "S3";
}

/** Identifiers of a natural person, by the standard a field follows or by how registers usually call them. */
const PERSONAL_LABEL = /公民身份|身份证|居民身份号|护照号|社会保障号|社保卡号|驾驶证号|手机号|人脸|指纹|虹膜/;
const PERSONAL_NAME = /^(id_?card(_?no)?|citizen_?id|gmsfhm|sfzh|sfzhm|sfzjhm|passport_?no|mobile(_?phone)?|sjhm)$/i;

function isPersonalIdentifier(field: DataItem): boolean {
  const isByStandard = field.standard !== undefined && /GB\s*11643/.test(field.standard);
  return isByStandard || PERSONAL_LABEL.test(field.label) || PERSONAL_NAME.test(field.name);
}

function checkFields(entry: CatalogEntry, report: Report): void {
  const seen = new Set<string>();
  for (const [i, field] of entry.fields.entries()) {
    if (seen.has(field.name)) {
      report("CAT-001", "error", `fields[${i}].name`, field.name, {
        zh: `字段名 ${field.name} 重复;同一条目内字段名必须唯一。`,
        en: `The field ${field.name} occurs twice; names must be unique within an entry.`,
      });
    }
    seen.add(field.name);
    if (field.sensitivity === "S4") {
      report("CAT-012", "error", `fields[${i}].sensitivity`, field.name, {
        zh: `字段 ${field.name} 为禁止流转(S4),不得进入目录;请删除该字段。`,
        en: `The field ${field.name} may never leave its place (S4) and cannot be in a catalogue; remove it.`,
      });
    }
    if (!entry.personalInfo && isPersonalIdentifier(field)) {
      report("CAT-014", "error", "personalInfo", field.name, {
        zh: `字段 ${field.name}(${field.label})是个人标识,personalInfo 应为 true。`,
        en: `The field ${field.name} (${field.label}) identifies a person, so personalInfo must be true.`,
      });
    }
    if (field.sensitivity === "S3" && entry.sharing.attribute === "unconditional" && field.shareable !== false) {
      report("CAT-001", "error", `fields[${i}].shareable`, field.name, {
        zh: `无条件共享的条目中,S3 字段 ${field.name} 须设为不可共享。`,
        en: `In an entry shared unconditionally the S3 field ${field.name} must be marked as not shareable.`,
      });
    }
  }
}

function checkUnit(entry: CatalogEntry, report: Report): void {
  const { uscc } = entry.provider;
  const state = uscc === undefined ? "valid" : checkUscc(uscc);
  if (state === "wrong-check-digit") {
    report("CAT-008", "warning", "provider.uscc", uscc, {
      zh: "统一社会信用代码校验位不符;请核对,确认无误的由第二人审核时放行。",
      en: "The check digit of the credit code is wrong; check it. If the register has it so, the second person lets it pass at review.",
    });
  }
  if (state === "malformed") {
    report("CAT-008", "error", "provider.uscc", uscc, {
      zh: "统一社会信用代码应为 18 位,且不含 I、O、Z、S、V;请改正。",
      en: "A credit code has 18 characters, without I, O, Z, S and V; correct it.",
    });
  }
}

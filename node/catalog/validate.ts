import { canonicalize } from "../kernel/canonical-json.ts";
import { encodeEntry } from "./entry-codec.ts";
import { checkEntry, type EntryLimits } from "./entry-rules.ts";
import { type Report, reportInto, reportIssue } from "./fault.ts";
import {
  type CatalogEntry,
  type CatalogRow,
  catalogEntrySchema,
  type ImportFault,
  type RefusedEntry,
} from "./model.ts";
import type { NameIndex } from "./name-similarity.ts";
import { checkProduct, type ProductContext } from "./product-rules.ts";

/** What this region holds already under an id. */
export type HeldEntry = {
  readonly entry: CatalogEntry;
  /** Highest version ever published; 0 before the first. */
  readonly version: number;
  readonly isWithdrawn: boolean;
};

export type ValidationContext = Omit<ProductContext, "ownEntry"> &
  EntryLimits & {
    readonly held: (id: string) => HeldEntry | undefined;
    readonly idOfCode: (resourceCode: string) => string | undefined;
    /** Names of published entries by unit; those of the file are added on the way. */
    readonly names: NameIndex;
    readonly headers?: { readonly [column: string]: string };
  };

export type AcceptedRow = { readonly row: number; readonly entry: CatalogEntry; readonly isUnchanged: boolean };

export type Validated = {
  readonly accepted: readonly AcceptedRow[];
  readonly refused: readonly RefusedEntry[];
  readonly faults: readonly ImportFault[];
};

/** CAT-001 … CAT-015 over the rows of one file. Pure; secrets are set aside before anything else of them is looked at. */
export function validateRows(rows: readonly CatalogRow[], context: ValidationContext): Validated {
  const faults: ImportFault[] = [];
  const reportOn = (row: number) => reportInto(faults, row, context.headers ?? {});
  const refused: RefusedEntry[] = [];
  const parsed: { row: number; entry: CatalogEntry }[] = [];
  for (const { row, value } of rows) {
    const code = secretCode(value);
    if (code !== undefined) refused.push({ row, id: idOf(value), code });
    else {
      const entry = parseEntry(value, reportOn(row));
      if (entry !== undefined) parsed.push({ row, entry });
    }
  }
  const inFile = new Map(parsed.map(({ entry }) => [entry.id, entry]));
  const ownEntry = (id: string) => inFile.get(id) ?? ownHeld(context, id);
  const seen: Seen = { ids: new Map(), codes: new Map() };
  const checked = parsed.map(({ row, entry }) => {
    const report = reportOn(row);
    checkEntry(entry, context.region, context, context.nowMs, report);
    checkProduct(entry, { ...context, ownEntry }, report);
    checkUnique(entry, row, seen, context, report);
    checkSource(entry, context, report);
    return { row, ...versioned(entry, context, report) };
  });
  const faulty = new Set(faults.filter(({ level }) => level === "error").map(({ row }) => row));
  return { accepted: checked.filter(({ row }) => !faulty.has(row)), refused, faults };
}

/** Decided from `securityClass` alone; a class that nobody knows is treated as a secret (INV-06). */
function secretCode(value: unknown): string | undefined {
  const securityClass = (value as { securityClass?: unknown } | null)?.securityClass;
  if (securityClass === undefined || securityClass === null) return undefined;
  const text = typeof securityClass === "string" ? securityClass.trim() : "";
  if (text === "none" || text === "非涉密" || securityClass === "") return undefined;
  return text === "work-secret" || text === "工作秘密" ? "WORK_SECRET" : "STATE_SECRET";
}

function idOf(value: unknown): string {
  const id = (value as { id?: unknown } | null)?.id;
  return typeof id === "string" ? id.slice(0, 128) : "";
}

function parseEntry(value: unknown, report: Report): CatalogEntry | undefined {
  const parsed = catalogEntrySchema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) reportIssue(report, issue, value);
    return undefined;
  }
  const { mustRefuse: _mustRefuse, expectedOutcome: _expectedOutcome, ...entry } = parsed.data;
  const encoded = encodeEntry(entry);
  if (encoded.ok) return entry;
  report("CAT-001", "error", "", entry.id, encoded.error.text);
  return undefined;
}

function ownHeld(context: ValidationContext, id: string): CatalogEntry | undefined {
  const held = context.held(id);
  return held === undefined || held.isWithdrawn ? undefined : held.entry;
}

type Seen = { readonly ids: Map<string, number>; readonly codes: Map<string, number> };

function checkUnique(entry: CatalogEntry, row: number, seen: Seen, context: ValidationContext, report: Report): void {
  const { id, resourceCode } = entry;
  const twins = [
    ["id", id, seen.ids],
    ["resourceCode", resourceCode, seen.codes],
  ] as const;
  for (const [column, value, rows] of twins) {
    const first = rows.get(value);
    if (first === undefined) {
      rows.set(value, row);
      continue;
    }
    report("CAT-002", "error", column, value, {
      zh: `与第 ${first} 行重复;请删除其中一行或改正。`,
      en: `The same as in row ${first}; remove one of the two rows or correct it.`,
    });
  }
  const owner = context.idOfCode(resourceCode);
  if (owner !== undefined && owner !== id) {
    report("CAT-002", "error", "resourceCode", resourceCode, {
      zh: `资源代码已属于条目 ${owner};代码在本节点内唯一,请改正。`,
      en: `The entry ${owner} has this resource code already; codes are unique within a node, so correct it.`,
    });
  }
  if (context.held(id)?.isWithdrawn !== true) return;
  report("CAT-002", "error", "id", id, {
    zh: `条目 ${id} 已撤下,标识不再使用;请使用新的标识。`,
    en: `The entry ${id} was withdrawn and its id is never used again; give a new one.`,
  });
}

function checkSource(entry: CatalogEntry, { names }: ValidationContext, report: Report): void {
  const unit = entry.provider.orgCode;
  const twin = names.findSimilar(unit, entry.id, entry.name);
  names.add(unit, entry.id, entry.name);
  if (twin === undefined) return;
  report("CAT-009", "warning", "name", entry.name, {
    zh: `与同一单位的条目 ${twin} 名称高度相似,可能一数多源;请核对是否重复。`,
    en: `Its name is nearly that of ${twin} of the same unit; check that the datum does not have two sources.`,
  });
}

function versioned(
  entry: CatalogEntry,
  context: ValidationContext,
  report: Report,
): { entry: CatalogEntry; isUnchanged: boolean } {
  const held = context.held(entry.id);
  if (held === undefined || held.version === 0) return { entry, isUnchanged: false };
  // Suspended, the same content is no repetition: it asks to be shown again.
  const isShown = held.entry.status === "published";
  if (isShown && contentOf(held.entry) === contentOf(entry)) return { entry, isUnchanged: true };
  if (entry.version > held.version) return { entry, isUnchanged: false };
  const version = held.version + 1;
  report("CAT-015", "info", "version", entry.version, {
    zh: `内容有变而版本号未增加,已自动改为 ${version}。`,
    en: `The content changed without a new version number; it was set to ${version}.`,
  });
  return { entry: { ...entry, version }, isUnchanged: false };
}

/** Everything that makes two versions different documents: all but the number itself and where the entry stands. */
function contentOf(entry: CatalogEntry): string {
  const { version: _version, status: _status, ...content } = entry;
  const encoded = encodeEntry({ ...content, version: 1, status: "draft" });
  const text = encoded.ok ? canonicalize(encoded.value) : encoded;
  return text.ok ? text.value : "";
}

import type { CatalogEntry, CatalogFile } from "../../node/catalog/model.ts";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { type CatalogRegion, isDcat, rowsOfDcat } from "./dcat.ts";

const refuse = refusals({ JSON_INVALID: "invalid-input", CATALOG_SHAPE: "invalid-input" });

/** A catalogue document, a bare array of entries, a single entry, or our own DCAT. */
export function readCatalogJson(text: string): Result<Omit<CatalogFile, "notes">> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (fault) {
    return invalidJson(text, fault);
  }
  if (isDcat(document)) return ok(rowsOfDcat(document));
  const entries = entriesOf(document);
  if (entries === undefined) return wrongShape();
  return ok({ rows: entries.map((value, i) => ({ row: i + 1, value })), faults: [] });
}

function entriesOf(document: unknown): readonly unknown[] | undefined {
  if (Array.isArray(document)) return document;
  if (typeof document !== "object" || document === null) return undefined;
  const { entries } = document as { entries?: unknown };
  if (Array.isArray(entries)) return entries;
  return "id" in document ? [document] : undefined;
}

export function writeCatalogJson(region: CatalogRegion, entries: readonly CatalogEntry[]): Uint8Array {
  const node = { nodeId: region.id, name: region.name, divisionCode: region.id };
  const document = { schemaVersion: "1.0.0", node, entryCount: entries.length, entries };
  return Buffer.from(`${JSON.stringify(document, undefined, 1)}\n`, "utf8");
}

function invalidJson(text: string, fault: unknown): Failure {
  const position = Number(/position (\d+)/.exec(String(fault))?.[1] ?? text.length);
  const before = text.slice(0, position).split("\n");
  const place = { line: String(before.length), column: String((before.at(-1) ?? "").length + 1) };
  return refuse(
    "JSON_INVALID",
    {
      zh: `第 ${place.line} 行第 ${place.column} 列起不是有效的 JSON;请检查引号、逗号和括号。`,
      en: `Not valid JSON from line ${place.line}, column ${place.column}; check quotes, commas and brackets.`,
    },
    place,
  );
}

function wrongShape(): Failure {
  return refuse("CATALOG_SHAPE", {
    zh: "JSON 中没有目录条目;应为含 entries 数组的目录文件、条目数组或单个条目。",
    en: "The JSON holds no entries; it should be a catalogue with an array `entries`, an array of entries, or one entry.",
  });
}

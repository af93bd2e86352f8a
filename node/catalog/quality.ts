import type { CatalogEntry } from "./model.ts";

/** How complete an entry's description is. It says nothing about the data: that is measured by checks of the data itself. */
export type MetadataScore = {
  /** Filled recommended attributes ÷ all of them, two decimals. */
  readonly score: string;
  readonly filled: number;
  readonly of: number;
  /** What to fill in to raise it. */
  readonly missing: readonly string[];
};

/** The attributes domain.md §4.2 and §4.3 call "should"; those of fields count once, filled when all fields have them. */
export function metadataScore(entry: CatalogEntry): MetadataScore {
  const checks: readonly (readonly [string, boolean])[] = [
    ["nameEn", has(entry.nameEn)],
    ["provider.uscc", has(entry.provider.uscc)],
    ["keywords", (entry.keywords ?? []).length > 0],
    ["spatial", (entry.spatial ?? []).length > 0],
    ["temporal", entry.temporal !== undefined],
    ["recordCount", entry.recordCount !== undefined],
    ["sourceSystem", has(entry.sourceSystem)],
    ["legalBasis", has(entry.legalBasis)],
    ["singleSource", entry.singleSource !== undefined],
    ["contact", entry.contact !== undefined],
    ["fields[].labelEn", entry.fields.every(({ labelEn }) => has(labelEn))],
    ["fields[].length", entry.fields.every(({ length }) => length !== undefined)],
    ["fields[].description", entry.fields.every(({ description }) => has(description))],
    ["fields[].key", entry.fields.some(({ key }) => key === true)],
    ["fields[].codeList", entry.fields.every(({ type, codeList }) => type !== "code" || codeList !== undefined)],
  ];
  const missing = checks.filter(([, isFilled]) => !isFilled).map(([name]) => name);
  const filled = checks.length - missing.length;
  return { score: (filled / checks.length).toFixed(2), filled, of: checks.length, missing };
}

function has(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "";
}

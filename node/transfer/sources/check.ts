import type { CatalogEntry } from "../../catalog/model.ts";
import { ok, type Result } from "../../kernel/exchange-error.ts";
import type { Source } from "../model.ts";
import { openCsv } from "./csv.ts";
import { openRaw } from "./raw.ts";
import { columnsOf, loadVerification } from "./verification.ts";

/** What a source looks like beside its entry. `missing`: fields that the one names and the other does not have. */
export type SourceReport = {
  readonly id: string;
  readonly entryId: string;
  readonly kind: Source["kind"];
  readonly encoding: string | null;
  readonly columns: readonly string[];
  readonly missing: readonly string[];
  /** Columns that the entry does not describe; they never leave. */
  readonly undescribed: readonly string[];
};

/** Opens the source and compares it with the entry. */
export async function checkSource(source: Source, entry: CatalogEntry): Promise<Result<SourceReport>> {
  const report = { id: source.id, entryId: source.entryId, kind: source.kind };
  const fields = entry.fields.map(({ name }) => name);
  if (source.kind === "raw") {
    const opened = await openRaw(source.path);
    if (!opened.ok) return opened;
    await opened.value.close();
    return ok({ ...report, encoding: null, columns: [], missing: [], undescribed: [] });
  }
  if (source.kind === "verification") {
    const loaded = await loadVerification(source);
    if (!loaded.ok) return loaded;
    const named = [...Object.keys(source.match), ...Object.keys(source.answers)];
    const missing = named.filter((name) => !fields.includes(name));
    return ok({ ...report, encoding: null, columns: columnsOf(source), missing, undescribed: [] });
  }
  const opened = await openCsv(source);
  if (!opened.ok) return opened;
  const { header, encoding } = opened.value;
  await opened.value.close();
  const missing = fields.filter((name) => !header.includes(name));
  const undescribed = header.filter((name) => !fields.includes(name));
  return ok({ ...report, encoding, columns: header, missing, undescribed });
}

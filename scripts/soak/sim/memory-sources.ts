import type { CatalogEntry } from "../../../node/catalog/model.ts";
import { sha256Hex } from "../../../node/kernel/digest.ts";
import { err, ok, type Result } from "../../../node/kernel/exchange-error.ts";
import type { CallAnswer, EntrySources, SourceRow } from "../../../node/transfer/sources/port.ts";

const ROWS_AT_ONCE = 64;

/** What entries are made of: for a dataset some rows that depend on its id alone, for a product yes, no or unknown. */
export function createMemorySources(entryOf: (id: string) => Promise<CatalogEntry | undefined>): EntrySources {
  return {
    async kindFor(entryId) {
      const entry = await entryOf(entryId);
      return entry && (entry.kind === "product" ? "calls" : "rows");
    },
    async open(entryId) {
      const entry = await entryOf(entryId);
      if (entry === undefined) return missing(entryId);
      const header = entry.fields.map(({ name }) => name);
      const rows = rowsOf(entryId, header);
      let at = 0;
      return ok({
        kind: "rows",
        fingerprint: entryId,
        isUnchanged: async () => true,
        close: async () => {},
        header,
        rows: async () => {
          const next = rows.slice(at, at + ROWS_AT_ONCE);
          at += next.length;
          return ok(next.length === 0 ? null : next);
        },
      });
    },
    async calls(entryId) {
      const entry = await entryOf(entryId);
      if (entry?.kind !== "product") return missing(entryId);
      const flags = entry.fields.map(({ name }) => name);
      const answerOf = (text: string): CallAnswer =>
        (["yes", "no", "unknown"] as const)[Number.parseInt(sha256Hex(text).slice(0, 4), 16) % 3] ?? "unknown";
      return ok({
        inputs: ["reg_code"],
        answer: (input) => Object.fromEntries(flags.map((flag) => [flag, answerOf(`${flag} ${input.reg_code}`)])),
      });
    },
  };
}

function rowsOf(entryId: string, header: readonly string[]): SourceRow[] {
  const count = 20 + (Number.parseInt(sha256Hex(entryId).slice(0, 4), 16) % 300);
  return Array.from({ length: count }, (_, row) => ({
    line: row + 2,
    cells: header.map((name) => `${name}-${(row * 31 + name.length) % 97}`),
  }));
}

function missing(entryId: string): Result<never> {
  const text = { zh: `条目 ${entryId} 没有数据源。`, en: `Entry ${entryId} has no source.` };
  return err({ kind: "unavailable", code: "SOURCE_MISSING", text });
}

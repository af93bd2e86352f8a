import type { CatalogEntry } from "../../node/catalog/model.ts";
import { ENTRIES_SHEET, FIELDS_SHEET } from "./catalog-columns.ts";
import { tableOfEntries, tablesOfEntries } from "./catalog-table.ts";
import { writeCsvTable } from "./csv.ts";
import { type CatalogRegion, writeDcat } from "./dcat.ts";
import { writeCatalogJson } from "./json.ts";
import { writeXlsxTables } from "./xlsx.ts";

export type CatalogFormat = "json" | "csv" | "xlsx" | "dcat";

export type ExportedFile = { readonly bytes: Uint8Array; readonly contentType: string; readonly filename: string };

/** A file that `readCatalog` reads back as the same entries; DCAT leaves out what is not opened to the public. */
export async function exportCatalog(
  format: CatalogFormat,
  region: CatalogRegion,
  entries: readonly CatalogEntry[],
): Promise<ExportedFile> {
  const filename = (extension: string) => `catalog-${region.id}.${extension}`;
  switch (format) {
    case "json":
      return { bytes: writeCatalogJson(region, entries), contentType: "application/json", filename: filename("json") };
    case "csv": {
      const bytes = writeCsvTable(tableOfEntries(entries));
      return { bytes, contentType: "text/csv; charset=utf-8", filename: filename("csv") };
    }
    case "xlsx": {
      const tables = tablesOfEntries(entries);
      const bytes = await writeXlsxTables([
        { name: ENTRIES_SHEET, table: tables.entries },
        { name: FIELDS_SHEET, table: tables.fields },
      ]);
      const contentType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
      return { bytes, contentType, filename: filename("xlsx") };
    }
    case "dcat":
      return { bytes: writeDcat(region, entries), contentType: "application/ld+json", filename: filename("jsonld") };
  }
}

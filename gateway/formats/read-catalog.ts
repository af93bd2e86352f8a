import type { CatalogFile } from "../../node/catalog/model.ts";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { ENTRIES_SHEET, FIELDS_SHEET } from "./catalog-columns.ts";
import { catalogFromTables } from "./catalog-table.ts";
import { readCsvTable } from "./csv.ts";
import { decodeText } from "./encoding.ts";
import { readCatalogJson } from "./json.ts";
import { readXlsxTables } from "./xlsx.ts";

const refuse = refusals({ CATALOG_FILE_TOO_LARGE: "too-large", CATALOG_FORMAT_UNKNOWN: "invalid-input" });

/** Fifty thousand entries with twenty fields each; more comes in several files. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * A catalogue file as rows to check, whatever it is: CSV, XLSX, JSON or DCAT JSON-LD. The content decides, the name only
 * where the content does not.
 */
export async function readCatalog(bytes: Uint8Array, filename: string): Promise<Result<CatalogFile>> {
  if (bytes.length > MAX_FILE_BYTES) return tooLarge(bytes.length);
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04])) return readSpreadsheet(bytes);
  if (startsWith(bytes, [0xd0, 0xcf, 0x11, 0xe0])) return unknownFormat(filename);
  const extension = /\.([a-z]+)$/i.exec(filename)?.[1]?.toLowerCase() ?? "";
  if (["json", "jsonld"].includes(extension) || looksLikeJson(bytes)) return readJson(bytes);
  if (["csv", "tsv", "txt", ""].includes(extension)) return readCsv(bytes);
  return unknownFormat(filename);
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, i) => bytes[i] === byte);
}

function looksLikeJson(bytes: Uint8Array): boolean {
  return /^[\ufeff\s]*[{[]/.test(Buffer.from(bytes.subarray(0, 64)).toString("utf8"));
}

function readJson(bytes: Uint8Array): Result<CatalogFile> {
  const decoded = decodeText(bytes);
  if (!decoded.ok) return decoded;
  const file = readCatalogJson(decoded.value.text);
  return file.ok ? ok({ ...file.value, notes: decoded.value.notes }) : file;
}

function readCsv(bytes: Uint8Array): Result<CatalogFile> {
  const read = readCsvTable(bytes);
  if (!read.ok) return read;
  const file = catalogFromTables(read.value.table, undefined);
  return file.ok ? ok({ ...file.value, notes: read.value.notes }) : file;
}

/** The entries are on the sheet of that name, else on the first one; the fields on the sheet of theirs, if there is one. */
async function readSpreadsheet(bytes: Uint8Array): Promise<Result<CatalogFile>> {
  const sheets = await readXlsxTables(bytes);
  if (!sheets.ok) return sheets;
  const named = (...names: string[]) => sheets.value.find(({ name }) => names.includes(name.trim().toLowerCase()));
  const fields = named(FIELDS_SHEET, "fields");
  const entries = named(ENTRIES_SHEET, "entries") ?? sheets.value.find((sheet) => sheet !== fields);
  const file = catalogFromTables(entries?.table ?? { headers: [], rows: [] }, fields?.table);
  return file.ok ? ok({ ...file.value, notes: [] }) : file;
}

function tooLarge(size: number): Failure {
  return refuse(
    "CATALOG_FILE_TOO_LARGE",
    {
      zh: `文件 ${Math.ceil(size / 1_048_576)} MB,超过 256 MB 的上限;请分成几个文件导入。`,
      en: `The file has ${Math.ceil(size / 1_048_576)} MB, more than the 256 MB allowed; import it in several files.`,
    },
    { size: String(size) },
  );
}

function unknownFormat(filename: string): Failure {
  return refuse(
    "CATALOG_FORMAT_UNKNOWN",
    {
      zh: "只能导入 CSV、XLSX、JSON 和 DCAT JSON-LD;旧版 .xls 请先另存为 .xlsx。",
      en: "Only CSV, XLSX, JSON and DCAT JSON-LD can be imported; save an old .xls as .xlsx first.",
    },
    { filename },
  );
}

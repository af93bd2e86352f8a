import { sha256Hex } from "../../node/kernel/digest.ts";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Text } from "../../node/kernel/text.ts";
import { readCsvTable } from "./csv.ts";
import { readXlsxGrids } from "./xlsx.ts";

const refuse = refusals({ TABLE_FORMAT_UNKNOWN: "invalid-input", TABLE_TOO_WIDE: "too-large" });

/** What a spreadsheet can hold; more in a CSV is no bank's export, and would be stored row by row. */
const MAX_CELL_CHARS = 32_767;
const MAX_COLUMNS = 16_384;

export type GridFile = {
  /** SHA-256 of the bytes, hex. */
  readonly digest: string;
  /** Every row of the file as text, the first one first; row n stands at n − 1. */
  readonly grid: readonly (readonly string[])[];
  readonly notes: readonly Text[];
};

/** A bank's or treasury's file as rows: CSV in UTF-8 or GB18030, or the fullest sheet of an XLSX. The content decides. */
export async function readGrid(bytes: Uint8Array): Promise<Result<GridFile>> {
  const digest = sha256Hex(bytes);
  const startsWith = (mark: readonly number[]) => mark.every((byte, i) => bytes[i] === byte);
  if (startsWith([0x50, 0x4b, 0x03, 0x04])) {
    const sheets = await readXlsxGrids(bytes);
    if (!sheets.ok) return sheets;
    const grids = sheets.value.map(({ rows }) => rows);
    const fullest = grids.reduce((best, rows) => (rows.length > best.length ? rows : best), []);
    return withinBounds({ digest, grid: fullest, notes: [] });
  }
  if (startsWith([0xd0, 0xcf, 0x11, 0xe0]) || startsWith([0x25, 0x50, 0x44, 0x46])) return unknownFormat();
  const csv = readCsvTable(bytes);
  if (!csv.ok) return csv;
  const { headers, rows } = csv.value.table;
  return withinBounds({ digest, grid: [headers, ...rows], notes: csv.value.notes });
}

function withinBounds(file: GridFile): Result<GridFile> {
  const at = file.grid.findIndex((row) => row.length > MAX_COLUMNS || row.some((cell) => cell.length > MAX_CELL_CHARS));
  if (at === -1) return ok(file);
  const row = String(at + 1);
  return refuse(
    "TABLE_TOO_WIDE",
    {
      zh: `第 ${row} 行超过 ${MAX_COLUMNS} 列,或有单元格超过 ${MAX_CELL_CHARS} 个字符;请检查引号和分隔符,或重新导出。`,
      en: `Row ${row} has more than ${MAX_COLUMNS} columns or a cell of more than ${MAX_CELL_CHARS} characters; check quotes and delimiters, or export it again.`,
    },
    { row },
  );
}

function unknownFormat(): Failure {
  return refuse("TABLE_FORMAT_UNKNOWN", {
    zh: "只能导入 CSV 和 XLSX;旧版 .xls 和 PDF 请在网银中改选其他导出格式,或另存为 .xlsx。",
    en: "Only CSV and XLSX can be imported; choose another export format at the bank, or save an old .xls as .xlsx.",
  });
}

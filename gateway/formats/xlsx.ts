import { unzipSync } from "fflate";
import type { CellValue } from "hucre/xlsx";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import type { Table } from "./table.ts";

const refuse = refusals({ XLSX_TOO_LARGE: "too-large", XLSX_INVALID: "invalid-input" });

/** What a sheet of 200,000 rows × 4 cells unpacks to, with room; a bomb of 1.5 MB claims more than a gigabyte. */
const MAX_UNPACKED_BYTES = 64_000_000;

export type NamedTable = { readonly name: string; readonly table: Table };
type NamedGrid = { readonly name: string; readonly rows: readonly (readonly string[])[] };

/** All sheets as tables: what stands above the first filled row is no part of one. */
export async function readXlsxTables(bytes: Uint8Array): Promise<Result<readonly NamedTable[]>> {
  const grids = await readXlsxGrids(bytes);
  return grids.ok ? ok(grids.value.map(({ name, rows }) => ({ name, table: tableOf(rows) }))) : grids;
}

/** All sheets as text, row by row as they stand: dates become `2026-10-05`, numbers their shortest decimal text. */
export async function readXlsxGrids(bytes: Uint8Array): Promise<Result<readonly NamedGrid[]>> {
  const claimed = claimedBytes(bytes);
  if (claimed === undefined) return invalid();
  if (claimed > MAX_UNPACKED_BYTES) return tooLarge(claimed);
  try {
    // Loaded here, since it costs every start 70 ms and few starts read a spreadsheet.
    const { readXlsx } = await import("hucre/xlsx");
    const { sheets } = await readXlsx(bytes);
    return ok(sheets.map(({ name, rows }) => ({ name, rows: rows.map((row) => row.map(textOf)) })));
  } catch {
    return invalid();
  }
}

/**
 * What the parts say they unpack to, without unpacking; undefined for what is no ZIP. No reader survives a bomb alone,
 * but hucre holds each part to its claim, so a lying header is refused too. Source: fflate's filter sees headers only.
 */
function claimedBytes(bytes: Uint8Array): number | undefined {
  let claimed = 0;
  try {
    unzipSync(bytes, {
      filter: (part) => {
        claimed += part.originalSize;
        return false;
      },
    });
  } catch {
    return undefined;
  }
  return claimed;
}

function tableOf(rows: readonly (readonly string[])[]): Table {
  const isFilled = (row: readonly string[]) => row.some((cell) => cell !== "");
  const first = rows.findIndex(isFilled);
  const [headers = [], ...data] = first === -1 ? [] : rows.slice(first);
  return { headers, rows: data };
}

function textOf(value: CellValue | undefined): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) {
    const text = value.toISOString();
    return text.endsWith("T00:00:00.000Z") ? text.slice(0, 10) : text;
  }
  return String(value);
}

/** Same tables, same bytes: the file's own dates are fixed. */
export async function writeXlsxTables(tables: readonly NamedTable[]): Promise<Uint8Array> {
  const { writeXlsx } = await import("hucre/xlsx");
  const created = new Date(0);
  return writeXlsx({
    sheets: tables.map(({ name, table }) => ({
      name,
      rows: [[...table.headers], ...table.rows.map((row) => row.map((cell) => (cell === "" ? null : cell)))],
      columns: table.headers.map((header) => ({ width: Math.max(12, Math.min(48, header.length * 2 + 4)) })),
      freezePane: { rows: 1 },
    })),
    properties: { created, modified: created },
  });
}

function tooLarge(claimed: number): Failure {
  return refuse(
    "XLSX_TOO_LARGE",
    {
      zh: `电子表格解压后约 ${Math.ceil(claimed / 1_000_000)} MB,超过 64 MB 的上限;请拆分文件或改用 CSV。`,
      en: `The spreadsheet unpacks to about ${Math.ceil(claimed / 1_000_000)} MB, more than the 64 MB allowed; split it, or use CSV.`,
    },
    { claimed: String(claimed) },
  );
}

function invalid(): Failure {
  return refuse("XLSX_INVALID", {
    zh: "文件不是有效的 XLSX 电子表格;请用表格软件另存为 .xlsx 后重新上传。",
    en: "The file is no valid XLSX spreadsheet; save it as .xlsx in a spreadsheet program and send it again.",
  });
}

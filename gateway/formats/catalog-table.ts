import type { CatalogEntry, CatalogFile, DataItem, ImportFault } from "../../node/catalog/model.ts";
import { type Failure, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { type Column, entryColumns, FIELDS_SHEET, fieldColumns, readCell, writeCell } from "./catalog-columns.ts";
import type { Table } from "./table.ts";

const refuse = refusals({ CATALOG_NO_HEADER: "invalid-input" });

type Json = { [key: string]: unknown };
type Read = { readonly row: number; readonly value: Json };

/** Rows of a table of entries, and of the fields if they have a sheet of their own, as entries to be checked. */
export function catalogFromTables(entries: Table, fields: Table | undefined): Result<Omit<CatalogFile, "notes">> {
  const faults: ImportFault[] = [];
  const columns = columnsOf(entries.headers, entryColumns, "", faults);
  if (!columns.some((column) => column?.path === "id")) return noHeader(entries.headers);
  const rows = readRows(entries, columns, "", faults);
  if (fields !== undefined) addFields(rows, fields, faults);
  const named = columns.flatMap((column, i) => (column === undefined ? [] : [[column.path, entries.headers[i] ?? ""]]));
  return ok({ rows, faults, headers: Object.fromEntries(named) });
}

/** Which of our columns each header of the file is; unknown ones are faults with their name. */
function columnsOf(
  headers: readonly string[],
  known: readonly Column[],
  sheet: string,
  faults: ImportFault[],
): (Column | undefined)[] {
  const byName = new Map(known.flatMap((column) => [column.path, column.header].map((name) => [nameOf(name), column])));
  return headers.map((header) => {
    const column = byName.get(nameOf(header));
    if (column === undefined && header.trim() !== "") faults.push(unknownHeader(sheet + header));
    return column;
  });
}

/** Headers are typed by people: full-width letters, spaces, case and a required mark do not matter. */
function nameOf(header: string): string {
  return header.normalize("NFKC").replace(/[\s*]/g, "").toLowerCase();
}

function readRows(
  { rows }: Table,
  columns: readonly (Column | undefined)[],
  sheet: string,
  faults: ImportFault[],
): Read[] {
  const read: Read[] = [];
  for (const [i, cells] of rows.entries()) {
    if (cells.every((cell) => cell.trim() === "")) continue;
    const value: Json = {};
    for (const [at, cell] of cells.entries()) {
      const column = columns[at];
      if (column !== undefined && cell.trim() !== "") setAt(value, column.path, readCell(column, cell));
      else if (at >= columns.length && cell.trim() !== "") faults.push(cellTooMany(i + 1, sheet, at, cell));
    }
    // An open end is the usual case and people leave the cell empty for it.
    const { temporal } = value as { temporal?: Json };
    if (temporal?.from !== undefined && temporal.to === undefined) temporal.to = null;
    read.push({ row: i + 1, value });
  }
  return read;
}

function addFields(entries: readonly Read[], table: Table, faults: ImportFault[]): void {
  const sheet = `${FIELDS_SHEET}!`;
  const columns = columnsOf(table.headers, fieldColumns, sheet, faults);
  const byId = new Map(entries.map(({ value }) => [value.id, value]));
  for (const { row, value } of readRows(table, columns, sheet, faults)) {
    const { entryId, ...field } = value;
    const entry = byId.get(entryId);
    if (entry === undefined) {
      faults.push(fieldWithoutEntry(row, String(entryId ?? "")));
      continue;
    }
    if (!Array.isArray(entry.fields)) entry.fields = [];
    (entry.fields as unknown[]).push(field);
  }
}

function setAt(value: Json, path: string, found: unknown): void {
  const [first = "", second] = path.split(".");
  if (second === undefined) value[first] = found;
  else value[first] = { ...(value[first] as Json | undefined), [second]: found };
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, part) => (at as Json | undefined)?.[part], value);
}

/** One row an entry, with the fields as JSON in their column. */
export function tableOfEntries(entries: readonly CatalogEntry[]): Table {
  return tableOf(entryColumns, entries);
}

/** Entries without their fields, and the fields as a table of their own. */
export function tablesOfEntries(entries: readonly CatalogEntry[]): { readonly entries: Table; readonly fields: Table } {
  const columns = entryColumns.filter(({ path }) => path !== "fields");
  const fields = entries.flatMap((entry) => entry.fields.map((field: DataItem) => ({ entryId: entry.id, ...field })));
  return { entries: tableOf(columns, entries), fields: tableOf(fieldColumns, fields) };
}

function tableOf(columns: readonly Column[], values: readonly unknown[]): Table {
  const rows = values.map((value) => columns.map((column) => writeCell(column, valueAt(value, column.path))));
  return { headers: columns.map(({ header }) => header), rows };
}

function unknownHeader(header: string): ImportFault {
  return {
    row: 0,
    column: header,
    value: header,
    rule: "CAT-001",
    level: "error",
    text: {
      zh: `不认识的列“${header}”;请改为模板中的列名或删除该列。`,
      en: `Unknown column “${header}”; use a column name of the template, or remove the column.`,
    },
  };
}

function cellTooMany(row: number, sheet: string, at: number, cell: string): ImportFault {
  return {
    row,
    column: `${sheet}${at + 1}`,
    value: cell,
    rule: "CAT-001",
    level: "error",
    text: {
      zh: `第 ${at + 1} 列超出表头;请检查分隔符和引号。`,
      en: `Cell ${at + 1} is beyond the header; check delimiters and quotes.`,
    },
  };
}

function fieldWithoutEntry(row: number, id: string): ImportFault {
  return {
    row,
    column: `${FIELDS_SHEET}!条目标识`,
    value: id,
    rule: "CAT-001",
    level: "error",
    text: {
      zh: `数据项所属条目 ${id} 不在目录表中;请改正标识或补充条目。`,
      en: `The entry ${id} of this field is not in the table of entries; correct the id or add the entry.`,
    },
  };
}

function noHeader(headers: readonly string[]): Failure {
  return refuse(
    "CATALOG_NO_HEADER",
    {
      zh: "首行没有“条目标识”(id)列,无法识别为目录表;请使用导出的模板。",
      en: "The first row has no column 条目标识 (id), so this is no catalogue table; start from an exported one.",
    },
    { headers: headers.slice(0, 20) },
  );
}

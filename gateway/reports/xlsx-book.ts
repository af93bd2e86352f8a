import type { CellStyle, CellValue, ConditionalRule, WriteSheet } from "hucre/xlsx";

const YUAN = "#,##0.00";
const HEAD: CellStyle = {
  font: { bold: true },
  fill: { type: "pattern", pattern: "solid", fgColor: { rgb: "E8EEF6" } },
  alignment: { wrapText: true, vertical: "center" },
};
const WORKING: CellStyle = { font: { color: { rgb: "808792" } }, numFmt: "0" };
const GOOD: CellStyle = { font: { color: { rgb: "1D6B3A" } } };
const BAD: CellStyle = {
  font: { bold: true, color: { rgb: "9C0006" } },
  fill: { type: "pattern", pattern: "solid", fgColor: { rgb: "FFC7CE" } },
};
/** A4. */
const PAPER = "a4";

/** A cell that the spreadsheet computes, with the result it has to come to. */
export type Formula = { readonly formula: string; readonly result: number | string | boolean };
export type Cell = CellValue | Formula;
export type Column = {
  readonly header: string;
  readonly width: number;
  /** `yuan` two decimals; `fen` text to the right; `working` a grey whole number; `check` TRUE green, FALSE red; `long` wrapped. */
  readonly form?: "yuan" | "fen" | "working" | "check" | "long";
};

export type SheetOptions = {
  /** Printed at the foot of each page. */
  readonly footer?: string;
  /** Arrows at the header with which a person filters. */
  readonly isList?: boolean;
};

/** Row 1 is the header everywhere, stays in sight, and is printed on each page. */
export function sheet(
  name: string,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  { footer, isList = false }: SheetOptions = {},
): WriteSheet {
  const cells: NonNullable<WriteSheet["cells"]> = new Map();
  for (const column of columns.keys()) cells.set(`0,${column}`, { style: HEAD });
  const values = rows.map((row, r) =>
    row.map((cell, c): CellValue => {
      const style = styleOf(columns[c]);
      if (!isFormula(cell)) {
        if (style !== undefined && cell !== null) cells.set(`${r + 1},${c}`, { style });
        return cell;
      }
      const { formula, result } = cell;
      cells.set(`${r + 1},${c}`, { formula, formulaResult: result, ...(style === undefined ? {} : { style }) });
      return result;
    }),
  );
  const last = columnLetter(columns.length - 1);
  return {
    name,
    columns: columns.map(({ width }) => ({ width })),
    rows: [columns.map(({ header }) => header), ...values],
    cells,
    freezePane: { rows: 1 },
    conditionalRules: rulesOf(columns, rows.length),
    ...(isList && rows.length > 0 ? { autoFilter: { range: `A1:${last}${rows.length + 1}` } } : {}),
    pageSetup: {
      paperSize: PAPER,
      orientation: "landscape",
      fitToPage: true,
      fitToWidth: 1,
      fitToHeight: 0,
      printTitlesRow: "$1:$1",
    },
    headerFooter: { oddFooter: `&L${(footer ?? "").replaceAll("&", "&&")}&R&P / &N` },
  };
}

function isFormula(cell: Cell): cell is Formula {
  return typeof cell === "object" && cell !== null && "formula" in cell;
}

const STYLES: { readonly [F in NonNullable<Column["form"]>]?: CellStyle } = {
  yuan: { numFmt: YUAN, alignment: { horizontal: "right" } },
  fen: { alignment: { horizontal: "right" } },
  working: WORKING,
  long: { alignment: { wrapText: true, vertical: "top" } },
};

function styleOf(column: Column | undefined): CellStyle | undefined {
  return column?.form === undefined ? undefined : STYLES[column.form];
}

function rulesOf(columns: readonly Column[], rows: number): ConditionalRule[] {
  return columns.flatMap(({ form }, i): ConditionalRule[] => {
    if (form !== "check" || rows === 0) return [];
    const letter = columnLetter(i);
    const range = `${letter}2:${letter}${rows + 1}`;
    const rule = (truth: "TRUE" | "FALSE", priority: number, style: CellStyle): ConditionalRule => ({
      ...{ type: "expression", range, priority, style },
      formula: `AND(ISLOGICAL(${letter}2),${letter}2=${truth})`,
    });
    return [rule("FALSE", 2 * i + 1, BAD), rule("TRUE", 2 * i + 2, GOOD)];
  });
}

/** 0 → A, 26 → AA. */
export function columnLetter(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : columnLetter(Math.floor(index / 26) - 1) + letter;
}

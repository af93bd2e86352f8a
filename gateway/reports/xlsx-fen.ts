import { yuanOf } from "../../node/settlement/journal.ts";
import { MAX_EXACT_FEN } from "./money.ts";
import type { Cell } from "./xlsx-book.ts";

/**
 * Amounts in a sheet. The fen stand as text, since a spreadsheet holds fifteen digits; a working column turns them into
 * whole numbers, in which formulas add without a rounding, and yuan follow from those. Beyond 10^15 fen there is text
 * alone, because a formula would only pretend. Source: settlement.md §14.
 */

/** Whole numbers beyond it are no longer all different from each other in a spreadsheet. */
const MAX_SUM = 2n ** 53n;

export function isExact(fen: bigint | string): boolean {
  const value = BigInt(fen);
  return value <= MAX_EXACT_FEN && value >= -MAX_EXACT_FEN;
}

/** Whether a spreadsheet adds these up to the fen, in whatever order it does so. */
export function addsExactly(values: readonly string[]): boolean {
  const amounts = values.map((fen) => BigInt(fen));
  const sum = amounts.reduce((a, b) => a + b, 0n);
  const size = amounts.reduce((a, b) => a + (b < 0n ? -b : b), 0n);
  return amounts.every(isExact) && isExact(sum) && size <= MAX_SUM;
}

/** The whole number that formulas work with, from the text beside it. */
export function workingCell(fen: string, textCell: string): Cell {
  return isExact(fen) ? { formula: `VALUE(${textCell})`, result: Number(fen) } : null;
}

export function yuanValue(fen: string): number | string {
  const yuan = yuanOf(BigInt(fen));
  return isExact(fen) ? Number(yuan) : yuan;
}

export function yuanCell(fen: string, workingAt: string): Cell {
  const result = yuanValue(fen);
  return typeof result === "number" ? { formula: `ROUND(${workingAt}/100,2)`, result } : result;
}

/** Absolute range of a column below the header of another sheet. */
export function columnOf(sheetName: string, letter: string, rows: number): string {
  return `'${sheetName.replaceAll("'", "''")}'!$${letter}$2:$${letter}$${Math.max(2, rows + 1)}`;
}

/**
 * What stands in `amounts` where `keys` says the same as `cell`. SUMIFS takes `~` for an escape and a letter for its
 * capital, so that ids for which this matters are compared exactly instead.
 */
export function sumWhere(amounts: string, keys: string, cell: string, ids: readonly string[]): string {
  const isPlain =
    ids.every((id) => !id.includes("~")) && new Set(ids.map((id) => id.toLowerCase())).size === ids.length;
  return isPlain ? `SUMIFS(${amounts},${keys},${cell})` : `SUMPRODUCT(EXACT(${keys},${cell})*${amounts})`;
}

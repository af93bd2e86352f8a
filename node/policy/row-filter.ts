import type { DataItem } from "../catalog/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { RowCondition } from "./model.ts";
import { denied } from "./refusal.ts";

type Cells = readonly string[];
type Test = (cell: string) => boolean;

/**
 * All conditions as one predicate over the cells of a source's row. A condition on a column that the source does not have
 * is refused rather than ignored: an ignored condition would let every row out.
 */
export function compileRowFilter(
  conditions: readonly RowCondition[],
  header: readonly string[],
  fields: readonly DataItem[],
): Result<(cells: Cells) => boolean> {
  const types = new Map(fields.map((field) => [field.name, field.type]));
  const tests: { readonly index: number; readonly holds: Test }[] = [];
  for (const condition of conditions) {
    const index = header.indexOf(condition.field);
    if (index < 0) return noColumn(condition.field);
    const type = types.get(condition.field);
    tests.push({ index, holds: compile(condition, type === "integer" || type === "decimal") });
  }
  return ok((cells) => tests.every(({ index, holds }) => holds(cells[index] ?? "")));
}

function compile({ op, value }: RowCondition, isNumeric: boolean): Test {
  const values = typeof value === "string" ? [value] : value;
  if (op === "prefix") return (cell) => values.some((one) => cell.startsWith(one));
  const compare = isNumeric ? compareNumbers : compareTexts;
  if (op === "in" || op === "eq") return (cell) => values.some((one) => compare(cell, one) === 0);
  // Undefined (no number where one belongs) is neither equal nor unequal: such a row stays.
  if (op === "neq") return (cell) => values.every((one) => isOrdered(compare(cell, one)) && compare(cell, one) !== 0);
  const [bound = ""] = values;
  const accepts = ORDER[op];
  return (cell) => {
    const order = cell === "" ? undefined : compare(cell, bound);
    return order !== undefined && accepts(order);
  };
}

const ORDER: { readonly [op in "lt" | "lteq" | "gt" | "gteq"]: (order: number) => boolean } = {
  lt: (order) => order < 0,
  lteq: (order) => order <= 0,
  gt: (order) => order > 0,
  gteq: (order) => order >= 0,
};

function isOrdered(order: number | undefined): boolean {
  return order !== undefined;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** Exact for decimals of any length; binary floating point would call 0.1 + 0.2 and 0.3 different rows. */
function compareNumbers(a: string, b: string): number | undefined {
  const left = decimalOf(a);
  const right = decimalOf(b);
  if (left === undefined || right === undefined) return undefined;
  const scale = Math.max(left.scale, right.scale);
  const difference = scaled(left, scale) - scaled(right, scale);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

type Decimal = { readonly digits: bigint; readonly scale: number };

function decimalOf(text: string): Decimal | undefined {
  const match = /^([+-]?)([0-9]{1,100})(?:\.([0-9]{1,100}))?$/.exec(text.trim());
  if (match === null) return undefined;
  const fraction = match[3] ?? "";
  const digits = BigInt((match[2] ?? "0") + fraction);
  return { digits: match[1] === "-" ? -digits : digits, scale: fraction.length };
}

function scaled({ digits, scale }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - scale);
}

function noColumn(field: string): Result<never> {
  return denied({
    code: "OUT_OF_SCOPE",
    rule: "policy.rows",
    text: {
      zh: `数据源没有列 ${field},无法按协议的行条件筛选;请提供方检查数据源。`,
      en: `The source has no column ${field}, so the agreement's row condition cannot be applied; the provider must check the source.`,
    },
    details: { field },
  });
}

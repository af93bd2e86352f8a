import type { DataItem } from "../catalog/model.ts";
import { hmacSha256Hex } from "../kernel/digest.ts";
import type { Mask } from "./model.ts";

type CellMask = (value: string) => string;

/**
 * One mask per column of a batch; columns without a mask pass unchanged. Empty cells stay empty: that a value is missing is
 * not what masks hide. `key` belongs to one agreement and never leaves the provider. Source: domain.md §4.3.
 */
export function compileMasks(
  columns: readonly string[],
  masks: { readonly [field: string]: Mask },
  key: Uint8Array,
  fields: readonly DataItem[],
): (cells: readonly string[]) => string[] {
  const types = new Map(fields.map((field) => [field.name, field.type]));
  const perColumn = columns.map((column): CellMask | undefined => {
    const mask = masks[column];
    return mask === undefined ? undefined : cellMask(mask, types.get(column) ?? "string", key);
  });
  return (cells) =>
    cells.map((cell, index) => {
      const mask = perColumn[index];
      return mask === undefined || cell === "" ? cell : mask(cell);
    });
}

function cellMask(mask: Mask, type: DataItem["type"], key: Uint8Array): CellMask {
  switch (mask) {
    case "partial":
      return maskPartly;
    case "hash":
      return (value) => hmacSha256Hex(key, value);
    case "range":
      return type === "date" || type === "datetime" ? maskDate : maskNumber;
    case "drop":
      return () => "";
  }
}

/** Keeps a little at both ends, never more than half, so that a clerk can compare and nobody can restore. */
function maskPartly(value: string): string {
  const letters = [...value];
  const { length } = letters;
  if (length <= 3) return length === 1 ? "*" : `${letters[0]}${"*".repeat(length - 1)}`;
  const head = Math.min(3, Math.floor(length / 4));
  const tail = Math.min(4, Math.floor(length / 4));
  return letters.slice(0, head).join("") + "*".repeat(length - head - tail) + letters.slice(length - tail).join("");
}

/** The interval of one leading digit, at least ten wide: 37 → `30~40`, 1234 → `1000~2000`. What is no number is hidden wholly. */
function maskNumber(value: string): string {
  const match = /^(-?)0*([0-9]+)(?:\.[0-9]+)?$/.exec(value.trim());
  if (match === null) return "*";
  const whole = match[2] ?? "0";
  const width = 10n ** BigInt(Math.max(1, whole.length - 1));
  const from = (BigInt(whole) / width) * width;
  const to = from + width;
  return match[1] === "-" ? `-${to}~-${from}` : `${from}~${to}`;
}

/** The year, however the date is written (`2024-09-30`, `20240930`). */
function maskDate(value: string): string {
  const year = /^([0-9]{4})/.exec(value)?.[1];
  return year ?? "*";
}

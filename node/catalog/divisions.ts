import table from "./divisions.json" with { type: "json" };

type Division = {
  readonly code: string;
  readonly name: string;
  /** Year in which the code came up or went out of use; null where it is the earliest or current one. Years are approximate. */
  readonly validFromYear: number | null;
  readonly validToYear: number | null;
  readonly successor: string | null;
};

const divisions = new Map<string, Division>(table.divisions.map((division) => [division.code, division]));

export type DivisionState =
  | { readonly kind: "valid" }
  | { readonly kind: "unknown" }
  | { readonly kind: "replaced"; readonly by: string | null; readonly year: number }
  | { readonly kind: "not-yet"; readonly year: number };

/**
 * Whether a division code was in use on a date. Only prefectures whose districts the table lists completely can tell that
 * a code does not exist; others answer valid. In the year of a change both codes count. Source: domain.md §9.
 */
export function divisionOn(code: string, date: string): DivisionState {
  const division = divisions.get(code);
  if (division === undefined) {
    return { kind: table.coveredPrefixes.includes(code.slice(0, 4)) ? "unknown" : "valid" };
  }
  const year = Number(date.slice(0, 4));
  if (division.validToYear !== null && year > division.validToYear) {
    return { kind: "replaced", by: division.successor, year: division.validToYear };
  }
  if (division.validFromYear !== null && year < division.validFromYear) {
    return { kind: "not-yet", year: division.validFromYear };
  }
  return { kind: "valid" };
}

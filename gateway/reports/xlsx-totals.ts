import type { SettleResult } from "../../node/settlement/model.ts";
import type { Names } from "./labels.ts";
import type { SignedStatement } from "./model.ts";
import { ADJUSTED } from "./xlsx-adjustments.ts";
import type { Cell, Column } from "./xlsx-book.ts";
import { addsExactly, columnOf, sumWhere, yuanCell, yuanValue } from "./xlsx-fen.ts";
import { lineColumn } from "./xlsx-lines.ts";

/** How many rows the other sheets have below their headers. */
export type Extents = { readonly lines: number; readonly adjustments: number };

export function totalColumns({ words: { columns: c } }: Names): Column[] {
  return [
    { header: c.item, width: 50 },
    { header: c.name, width: 24 },
    { header: c.amountYuan, width: 24, form: "yuan" },
    { header: c.amountFen, width: 20, form: "fen" },
    { header: c.signedFen, width: 20, form: "fen" },
    { header: c.matches, width: 10, form: "check" },
    { header: c.says, width: 40 },
    { header: c.working(c.amountFen), width: 18, form: "working" },
  ];
}

/** One figure: what it is signed as, the formula that comes to it, and all that the formula adds. */
type Total = {
  readonly key: string;
  readonly label: string;
  readonly name?: string;
  readonly signed: string;
  readonly formula: (row: number) => string;
  readonly adds: readonly string[];
};

/**
 * Totals are formulas over the other sheets, beside what was signed: whoever changes a share sees at once which figures
 * it moves and which checks no longer hold.
 */
export function totalRows(statements: readonly SignedStatement[], names: Names, extents: Extents): Cell[][] {
  const totals = [...partyTotals(statements, names, extents), ...sums(statements, names, extents)];
  const places = new Map(totals.map(({ key }, i) => [key, i + 2]));
  const rows = totals.map((total, i) => totalRow(total, i + 2, names));
  return [...rows, ...checkRows(totals, places, names, extents)];
}

/** D follows from H as text, C from H in yuan; H is the formula. Where numbers would lie there is text alone. */
function totalRow({ label, name = "", signed, formula, adds }: Total, row: number, { words }: Names): Cell[] {
  if (!addsExactly(adds)) {
    return [label, name, yuanValue(signed), signed, signed, null, words.checks.beyond, null];
  }
  return [
    label,
    name,
    yuanCell(signed, `H${row}`),
    { formula: `TEXT(H${row},"0")`, result: signed },
    signed,
    { formula: `D${row}=E${row}`, result: true },
    verdict(row, words.checks),
    { formula: formula(row), result: Number(signed) },
  ];
}

function verdict(row: number, { ok, bad }: { readonly ok: string; readonly bad: string }): Cell {
  return { formula: `IF(F${row},"${ok}","${bad}")`, result: ok };
}

function partyTotals(statements: readonly SignedStatement[], names: Names, extents: Extents): Total[] {
  const { sheets } = names.words;
  const parties = totalsByParty(statements);
  const ids = idsIn(statements);
  const keys = columnOf(sheets.lines, lineColumn("party"), extents.lines);
  const shares = columnOf(sheets.lines, lineColumn("share"), extents.lines);
  const movedKeys = columnOf(sheets.adjustments, ADJUSTED.party, extents.adjustments);
  const moves = columnOf(sheets.adjustments, ADJUSTED.working, extents.adjustments);
  return parties.map(([partyId, signed]) => ({
    key: `party ${partyId}`,
    label: partyId,
    name: names.party(partyId),
    signed,
    formula: (row) => `${sumWhere(shares, keys, `A${row}`, ids)}+${sumWhere(moves, movedKeys, `A${row}`, ids)}`,
    adds: fensOf(statements, ({ lines, adjustments }) =>
      [...lines.flatMap((line) => line.shares), ...adjustments].flatMap((one) =>
        one.partyId === partyId ? one.fen : [],
      ),
    ),
  }));
}

function idsIn(statements: readonly SignedStatement[]): string[] {
  const all = statements.flatMap(({ statement: { result } }) => [
    ...result.totals,
    ...result.adjustments,
    ...result.lines.flatMap(({ shares }) => shares),
  ]);
  return [...new Set(all.map(({ partyId }) => partyId))];
}

function sums(statements: readonly SignedStatement[], names: Names, extents: Extents): Total[] {
  const { totals: t, adjustments: a, sheets } = names.words;
  const parties = totalsByParty(statements);
  const total = (
    key: string,
    label: string,
    adds: readonly string[],
    formula: string,
    signed: readonly string[] = adds,
  ): Total => ({
    ...{ key, label, adds, formula: () => formula },
    signed: signed.reduce((sum, fen) => sum + BigInt(fen), 0n).toString(),
  });
  const ofLines = (column: Parameters<typeof lineColumn>[0]) =>
    `SUM(${columnOf(sheets.lines, lineColumn(column), extents.lines)})`;
  const moves = columnOf(sheets.adjustments, ADJUSTED.working, extents.adjustments);
  const matters = columnOf(sheets.adjustments, ADJUSTED.matter, extents.adjustments);
  const ofMatter = (matter: string) => `SUMIFS(${moves},${matters},"${matter}")`;
  const fens = (of: (result: SettleResult) => readonly string[]) => fensOf(statements, of);
  const ofDeferred = (key: keyof SettleResult["deferred"]) => fens(({ deferred }) => [deferred[key]]);
  const perLine = (key: "netFen" | "taxFen" | "keptFen" | "disputedFen") =>
    fens(({ lines }) => lines.map((line) => line[key]));
  return [
    total(
      "parties",
      t.parties,
      parties.map(([, fen]) => fen),
      parties.length === 0 ? "0" : `SUM(H2:H${parties.length + 1})`,
    ),
    total(
      "gross",
      t.gross,
      fens(({ lines }) => lines.map(({ amountFen }) => amountFen)),
      ofLines("amount"),
      fens(({ amountFen }) => [amountFen]),
    ),
    total("net", t.net, perLine("netFen"), ofLines("net")),
    total("tax", t.tax, perLine("taxFen"), ofLines("tax")),
    total("kept", t.kept, perLine("keptFen"), ofLines("kept")),
    total(
      "shares",
      t.shares,
      fens(({ lines }) => lines.flatMap(({ shares }) => shares.map(({ fen }) => fen))),
      ofLines("share"),
    ),
    total(
      "adjustments",
      t.adjustments,
      fens(({ adjustments }) => adjustments.map(({ fen }) => fen)),
      ofMatter(a.guarantee),
    ),
    total("opening", t.opening, ofDeferred("openingFen"), ofMatter(a.opening)),
    total("released", t.released, ofDeferred("releasedFen"), ofMatter(a.released)),
    total("added", t.added, ofDeferred("addedFen"), ofMatter(a.added)),
    total("closing", t.closing, ofDeferred("closingFen"), ofMatter(a.closing)),
    total(
      "disputed",
      t.disputed,
      perLine("disputedFen"),
      ofLines("disputed"),
      fens(({ disputedFen }) => [disputedFen]),
    ),
  ];
}

/** What has to hold whatever the figures are; each is a formula over the totals above it. */
function checkRows(
  totals: readonly Total[],
  places: ReadonlyMap<string, number>,
  { words: { checks, sheets } }: Names,
  extents: Extents,
): Cell[][] {
  const first = totals.length + 2;
  const lineChecks = columnOf(sheets.lines, lineColumn("check"), extents.lines);
  const isExactly = new Map(totals.map(({ key, adds }) => [key, addsExactly(adds)]));
  const claims: readonly (readonly [string, readonly string[], (at: (key: string) => string) => string])[] = [
    [checks.lines, [], () => `COUNTIF(${lineChecks},FALSE)=0`],
    [checks.sharesKept, ["shares", "kept"], (at) => `${at("shares")}=${at("kept")}`],
    [
      checks.partiesShared,
      ["parties", "shares", "adjustments"],
      (at) => `${at("parties")}=${at("shares")}+${at("adjustments")}`,
    ],
    [
      checks.balance,
      ["gross", "kept", "released", "added"],
      (at) => `${at("gross")}=${at("kept")}-${at("released")}+${at("added")}`,
    ],
    [checks.vat, ["net", "tax", "gross"], (at) => `${at("net")}+${at("tax")}=${at("gross")}`],
    [
      checks.deferred,
      ["opening", "released", "added", "closing"],
      (at) => `${at("closing")}=${at("opening")}-${at("released")}+${at("added")}`,
    ],
    [checks.guarantee, ["adjustments"], (at) => `${at("adjustments")}=0`],
  ];
  const rows = claims.map(([label, keys, formula], i): Cell[] => {
    const row = first + i;
    const start = [label, checks.title, null, null, null];
    if (!keys.every((key) => isExactly.get(key) === true)) return [...start, null, checks.beyond];
    return [...start, { formula: formula((key) => `H${places.get(key)}`), result: true }, verdict(row, checks)];
  });
  const last = first + rows.length;
  const all: Cell = { formula: `COUNTIF(F2:F${last - 1},FALSE)=0`, result: true };
  return [...rows, [checks.all, checks.title, null, null, null, all, verdict(last, checks)]];
}

function fensOf(statements: readonly SignedStatement[], of: (result: SettleResult) => readonly string[]): string[] {
  return statements.flatMap(({ statement }) => of(statement.result));
}

export function totalsByParty(statements: readonly SignedStatement[]): [string, string][] {
  const sums = new Map<string, bigint>();
  for (const { statement } of statements) {
    for (const { partyId, fen } of statement.result.totals) sums.set(partyId, (sums.get(partyId) ?? 0n) + BigInt(fen));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([partyId, fen]) => [partyId, fen.toString()]);
}

import type { StatementLine } from "../../node/settlement/model.ts";
import { type Names, schemeName } from "./labels.ts";
import type { SignedStatement } from "./model.ts";
import { type Cell, type Column, columnLetter } from "./xlsx-book.ts";
import { addsExactly, isExact, workingCell, yuanCell } from "./xlsx-fen.ts";

/** Columns of the sheet of lines, in their order. */
const ORDER = [
  ...["period", "line", "agreement", "product", "scheme", "quantity", "billable", "price", "amountYuan", "amountFen"],
  ...["netFen", "taxFen", "deferredFen", "keptFen", "party", "partyName", "kind", "shareYuan", "shareFen"],
  ...["disputedFen", "agreementId", "amount", "net", "tax", "deferred", "kept", "disputed", "share", "check"],
] as const;
type LineColumn = (typeof ORDER)[number];

/** Where a column stands, for the formulas that add it up. */
export function lineColumn(name: LineColumn): string {
  return columnLetter(ORDER.indexOf(name));
}

export function lineColumns({ words: { columns: c } }: Names): Column[] {
  const working = (header: string): Column => ({ header: c.working(header), width: 18, form: "working" });
  const plain = (header: string, width: number): Column => ({ header, width });
  const digits = (header: string): Column => ({ header, width: 18, form: "fen" });
  const yuan = (header: string): Column => ({ header, width: 22, form: "yuan" });
  return [
    ...[plain(c.period, 10), plain(c.line, 40), plain(c.agreement, 28), plain(c.product, 28), plain(c.scheme, 12)],
    ...[c.quantity, c.billable, c.priceMicro].map(digits),
    yuan(c.amountYuan),
    ...[c.amountFen, c.netFen, c.taxFen, c.deferredFen, c.keptFen].map(digits),
    ...[plain(c.party, 22), plain(c.partyName, 18), plain(c.kind, 10)],
    yuan(c.shareYuan),
    ...[digits(c.shareFen), digits(c.disputedFen), plain(c.agreementId, 20)],
    ...[c.amountFen, c.netFen, c.taxFen, c.deferredFen, c.keptFen, c.disputedFen, c.shareFen].map(working),
    { header: c.lineAddsUp, width: 12, form: "check" },
  ];
}

/** A line's own row holds its amounts, the rows below it its shares, so that every column can simply be added up. */
export function lineRows(statements: readonly SignedStatement[], names: Names): Cell[][] {
  const rows: Cell[][] = [];
  for (const one of statements) {
    for (const line of one.statement.result.lines) {
      rows.push(lineRow(one, line, names, rows.length + 2));
      for (const share of line.shares) rows.push(shareRow(one, line, share, names, rows.length + 2));
    }
  }
  return rows;
}

function startOf(one: SignedStatement, line: StatementLine, { words, product }: Names): Cell[] {
  return [one.periodId, line.lineId, one.entryName, product(line.productId), schemeName(words, one.scheme)];
}

/** `row` is the number that a spreadsheet shows. */
function lineRow(one: SignedStatement, line: StatementLine, names: Names, row: number): Cell[] {
  const at = (name: LineColumn) => `${lineColumn(name)}${row}`;
  const { amountFen, netFen, taxFen, deferredFen, keptFen, disputedFen, shares } = line;
  const shared = `SUM(${lineColumn("share")}${row + 1}:${lineColumn("share")}${row + shares.length})`;
  const isExactly = isExact(keptFen) && addsExactly(shares.map(({ fen }) => fen));
  return [
    ...startOf(one, line, names),
    ...[line.quantity, line.billableQuantity, line.effectivePriceMicro, yuanCell(amountFen, at("amount"))],
    ...[amountFen, netFen, taxFen, deferredFen, keptFen],
    ...[null, null, null, null, null],
    ...[disputedFen, one.agreementId],
    workingCell(amountFen, at("amountFen")),
    workingCell(netFen, at("netFen")),
    workingCell(taxFen, at("taxFen")),
    workingCell(deferredFen, at("deferredFen")),
    workingCell(keptFen, at("keptFen")),
    workingCell(disputedFen, at("disputedFen")),
    null,
    isExactly
      ? { formula: `${shares.length === 0 ? "0" : shared}=${at("kept")}`, result: true }
      : names.words.checks.beyond,
  ];
}

function shareRow(
  one: SignedStatement,
  line: StatementLine,
  { partyId, kind, fen }: StatementLine["shares"][number],
  names: Names,
  row: number,
): Cell[] {
  const at = (name: LineColumn) => `${lineColumn(name)}${row}`;
  const own = [null, null, null, null, null, null, null, null, null];
  return [
    ...startOf(one, line, names),
    ...own,
    ...[partyId, names.party(partyId), names.kind(kind), yuanCell(fen, at("share")), fen],
    ...[null, one.agreementId, null, null, null, null, null, null],
    workingCell(fen, at("shareFen")),
  ];
}

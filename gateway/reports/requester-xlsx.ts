import type { WriteSheet } from "hucre/xlsx";
import { chinaDateOf, msOf } from "../../node/kernel/instant.ts";
import { metricWord } from "../../node/settlement/insight/metric-words.ts";
import { codeLabel } from "../code-labels.ts";
import { clock, type Names, namesOf } from "./labels.ts";
import { unitPrice } from "./money.ts";
import type { RequesterReport } from "./requester-model.ts";
import { verificationCode } from "./verification-code.ts";
import type { Book } from "./xlsx.ts";
import { type Cell, type Column, sheet } from "./xlsx-book.ts";
import { addsExactly, columnOf, workingCell, yuanCell, yuanValue } from "./xlsx-fen.ts";

/** What this region pays: totals as formulas over its lines, its receipts, and how the statement is recognised. */
export function requesterBook(report: RequesterReport): Book {
  const names = namesOf(report.agreements, report.regionNames, report.language);
  const { words } = names;
  const lines = lineRows(report, names);
  const sheets: WriteSheet[] = [
    sheet(words.sheets.totals, totalColumns(names), totalRows(report, names, lines.length)),
    sheet(words.sheets.lines, lineColumns(names), lines, { isList: true }),
    sheet(words.sheets.receipts, receiptColumns(names), receiptRows(report, names), { isList: true }),
    sheet(words.sheets.evidence, evidenceColumns(names), evidenceRows(report, names)),
  ];
  return { title: `${words.requester.title} ${report.periodId}`, sheets, at: report.signedAt };
}

function lineColumns({ words: { columns: c } }: Names): Column[] {
  const fen = (header: string): Column => ({ header, width: 20, form: "fen" });
  const working = (header: string): Column => ({ header: c.working(header), width: 18, form: "working" });
  return [
    ...[c.period, c.agreementId, c.line, c.product].map((header, i) => ({ header, width: [10, 36, 60, 18][i] ?? 18 })),
    ...[c.quantity, c.free, c.billable, c.priceMicro].map(fen),
    { header: c.amountYuan, width: 24, form: "yuan" },
    ...[c.amountFen, c.netFen, c.taxFen, c.disputedFen].map(fen),
    ...[c.amountFen, c.netFen, c.taxFen, c.disputedFen].map(working),
  ];
}

function lineRows({ periodId, agreements }: RequesterReport, { product }: Names): Cell[][] {
  const all = agreements.flatMap(({ agreementId, lines }) => lines.map((line) => ({ agreementId, line })));
  return all.map(({ agreementId, line }, i): Cell[] => {
    const row = i + 2;
    return [
      ...[periodId, agreementId, line.lineId, product(line.productId)],
      ...[line.quantity, line.freeQuantity, line.billableQuantity, line.effectivePriceMicro],
      yuanCell(line.amountFen, `N${row}`),
      ...[line.amountFen, line.netFen, line.taxFen, line.disputedFen],
      workingCell(line.amountFen, `J${row}`),
      workingCell(line.netFen, `K${row}`),
      workingCell(line.taxFen, `L${row}`),
      workingCell(line.disputedFen, `M${row}`),
    ];
  });
}

function totalColumns({ words: { columns: c } }: Names): Column[] {
  return [
    { header: c.item, width: 36 },
    { header: c.amountYuan, width: 24, form: "yuan" },
    { header: c.amountFen, width: 20, form: "fen" },
    { header: c.signedFen, width: 20, form: "fen" },
    { header: c.matches, width: 10, form: "check" },
    { header: c.working(c.amountFen), width: 18, form: "working" },
  ];
}

function totalRows({ agreements }: RequesterReport, { words }: Names, lines: number): Cell[][] {
  const { totals, sheets, checks } = words;
  const sums = [
    { label: totals.gross, key: "amountFen", letter: "N" },
    { label: totals.net, key: "netFen", letter: "O" },
    { label: totals.tax, key: "taxFen", letter: "P" },
    { label: totals.disputed, key: "disputedFen", letter: "Q" },
  ] as const;
  const exact = sums.map(({ key }) => addsExactly(agreements.flatMap((one) => one.lines.map((line) => line[key]))));
  const rows = sums.map(({ label, key, letter }, i): Cell[] => {
    const signed = agreements.reduce((sum, one) => sum + BigInt(one[key]), 0n).toString();
    if (exact[i] !== true) return [label, yuanValue(signed), signed, signed, null, null];
    const row = i + 2;
    const formula = `SUM(${columnOf(sheets.lines, letter, lines)})`;
    return [
      ...[label, yuanCell(signed, `F${row}`), { formula: `TEXT(F${row},"0")`, result: signed }, signed],
      { formula: `C${row}=D${row}`, result: true },
      { formula, result: Number(signed) },
    ];
  });
  const isExact = exact.slice(0, 3).every((one) => one);
  const vat: Cell = isExact ? { formula: "F3+F4=F2", result: true } : null;
  return [...rows, [checks.vat, null, null, null, vat, null]];
}

function receiptColumns({ words: { columns: c } }: Names): Column[] {
  return [
    { header: c.agreementId, width: 36 },
    { header: c.number, width: 10, form: "fen" },
    { header: c.receipt, width: 68 },
    { header: c.product, width: 18 },
    { header: c.usagePeriod, width: 10 },
    { header: c.quantity, width: 20, form: "fen" },
    { header: c.standing, width: 16 },
    { header: c.endedAt, width: 26 },
    { header: c.transfer, width: 44 },
  ];
}

function receiptRows({ agreements }: RequesterReport, { words, product }: Names): Cell[][] {
  return agreements.flatMap(({ agreementId, receipts, hasMoreReceipts }) => [
    ...receipts.map((one): Cell[] => [
      ...[agreementId, one.seq, one.receiptId, product(one.productId), one.usagePeriodId, one.quantity],
      ...[words.requester.standings[one.bin], clock(one.endedAt), one.transferId],
    ]),
    ...(hasMoreReceipts ? [[agreementId, null, words.requester.moreReceipts]] : []),
  ]);
}

function evidenceColumns({ words: { columns: c } }: Names): Column[] {
  return [
    { header: c.agreement, width: 36 },
    { header: c.matter, width: 26 },
    { header: c.content, width: 110, form: "long" },
  ];
}

function evidenceRows({ agreements }: RequesterReport, names: Names): Cell[][] {
  return agreements.flatMap((one) => requesterFacts(one, names).map(([what, value]) => [one.agreementId, what, value]));
}

/** The agreement and its statement as a requester can hold them against what others hold. */
export function requesterFacts(
  one: RequesterReport["agreements"][number],
  { language, words, region, product }: Names,
): [string, string][] {
  const { requester: t, evidence } = words;
  return [
    [t.provider, region(one.provider)],
    [t.purposes, words.list(one.purposes.map((purpose) => codeLabel(language, "purpose", purpose)))],
    [t.valid, words.span(dayIn(one.validFrom), dayIn(one.validTo, 1))],
    ...one.prices.map((price): [string, string] => [
      t.price(product(price.productId)),
      t.priced(
        unitPrice(price.unitPriceMicro),
        price.per,
        metricWord(price.metric)[language],
        price.capPriceMicro === null ? "" : unitPrice(price.capPriceMicro),
      ),
    ]),
    [t.agreementDigest, one.agreementDigest ?? "—"],
    [evidence.digest, one.statementDigest],
    [evidence.code, verificationCode(one.statementDigest)],
    [evidence.receiptCount, one.receiptCount],
    ...one.signatures.map(({ region: id, keyId, signature }): [string, string] => [
      evidence.signature(region(id)),
      `${keyId}\n${signature}`,
    ]),
    [evidence.signedAt, clock(one.signedAt)],
    ...one.disputes.map(({ id, state, openedBy, receipts, until }): [string, string] => [
      words.disputes.title,
      words.disputes.line(
        id,
        words.disputes.states[state],
        region(openedBy),
        receipts,
        until === null ? "" : clock(until),
      ),
    ]),
  ];
}

/** Terms run from midnight to midnight in China: the last moment belongs to the day before. */
function dayIn(instant: string | null, lessMs = 0): string {
  return instant === null ? "—" : chinaDateOf(msOf(instant) - lessMs);
}

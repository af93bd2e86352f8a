import type { WriteSheet } from "hucre/xlsx";
import { clock, type Names, namesOf } from "./labels.ts";
import type { ReportModel } from "./model.ts";
import { digestOfAll, verificationCode } from "./verification-code.ts";
import type { Book } from "./xlsx.ts";
import { adjustmentColumns, adjustmentRows } from "./xlsx-adjustments.ts";
import { type Cell, type Column, sheet } from "./xlsx-book.ts";
import { lineColumns, lineRows } from "./xlsx-lines.ts";
import { totalColumns, totalRows } from "./xlsx-totals.ts";

export function bookOf(model: ReportModel): Book {
  const { statements, regionNames, language, periodId, signedAt } = model;
  const names = namesOf(statements, regionNames, language);
  return { title: `${names.words.statement} ${periodId}`, sheets: sheetsOf(model, names), at: signedAt };
}

/** The four sheets of settlement.md §14. */
function sheetsOf(model: ReportModel, names: Names): WriteSheet[] {
  const { statements, disputes } = model;
  const { sheets } = names.words;
  const lines = lineRows(statements, names);
  const adjustments = adjustmentRows(statements, disputes, names);
  const extents = { lines: lines.length, adjustments: adjustments.length };
  const options = { footer: digestOfAll(statements) };
  const lists = { ...options, isList: true };
  return [
    sheet(sheets.totals, totalColumns(names), totalRows(statements, names, extents), options),
    sheet(sheets.lines, lineColumns(names), lines, lists),
    sheet(sheets.adjustments, adjustmentColumns(names), adjustments, lists),
    sheet(sheets.evidence, evidenceColumns(names), evidenceRows(model, names), options),
  ];
}

function evidenceColumns({ words: { columns } }: Names): Column[] {
  return [
    { header: columns.agreement, width: 36 },
    { header: columns.matter, width: 24 },
    { header: columns.content, width: 110, form: "long" },
  ];
}

function evidenceRows({ statements, evidence }: ReportModel, { words, region }: Names): Cell[][] {
  const t = words.evidence;
  return statements.flatMap((one) => {
    const row = (what: string, value: string): Cell[] => [one.agreementId, what, value];
    const { statement } = one;
    const held = evidence.find(({ agreementId }) => agreementId === one.agreementId);
    return [
      row(t.digest, one.digest),
      row(t.code, verificationCode(one.digest)),
      row(t.terms, statement.termsDigest),
      row(t.carry, statement.openingCarryDigest),
      row(t.declaration, one.declarationDigest ?? ""),
      row(t.receiptCount, statement.receiptCount),
      row(t.receiptsRoot, statement.receiptsRoot),
      ...statement.disputedReceiptIds.map((id) => row(t.disputedReceipt, id)),
      ...one.signatures.flatMap(({ region: id, keyId, signature }) => [
        row(t.signatureKey(region(id)), keyId),
        row(t.signature(region(id)), signature),
      ]),
      row(t.signedAt, clock(one.signedAt)),
      row(t.leaf, held?.leafIndex ?? ""),
      row(t.proof, held?.proof ?? t.noProof),
    ];
  });
}

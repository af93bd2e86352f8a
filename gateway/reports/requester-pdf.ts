import type { Content, TableCell } from "pdfmake";
import { type Names, namesOf, periodName } from "./labels.ts";
import { quantity, unitPrice, yuan } from "./money.ts";
import {
  bmp,
  facts,
  figureSize,
  head,
  heading,
  MUTED,
  note,
  number,
  type PdfDefinition,
  paper,
  table,
  title,
  word,
} from "./pdf-parts.ts";
import type { RequesterReport, UsedAgreement } from "./requester-model.ts";
import { requesterFacts } from "./requester-xlsx.ts";
import { verificationCode } from "./verification-code.ts";

/** Receipts that a person looks through on paper. */
const MAX_RECEIPTS = 500;

/** What this region pays and for what, agreement by agreement. */
export function requesterPdf(report: RequesterReport): PdfDefinition {
  const names = namesOf(report.agreements, report.regionNames, report.language);
  const { words } = names;
  return paper({
    title: `${words.requester.title} ${report.periodId}`,
    author: names.region(report.region),
    at: report.signedAt,
    sections: [
      { content: front(report, names), digests: report.agreements.slice(0, 3).map((one) => one.statementDigest) },
      ...report.agreements.map((one) => ({ content: agreementPages(one, names), digests: [one.statementDigest] })),
    ],
  });
}

function front({ agreements, periodId, region }: RequesterReport, names: Names): Content[] {
  const { words } = names;
  const { requester: t, columns: c, pdf } = words;
  const sum = (key: "amountFen" | "taxFen" | "disputedFen") =>
    agreements.reduce((all, one) => all + BigInt(one[key]), 0n);
  const rows = agreements.map((one): TableCell[] => [
    word(`${one.entryName} (${one.agreementId})`),
    word(names.region(one.provider)),
    word(verificationCode(one.statementDigest)),
    number(yuan(one.amountFen)),
    number(yuan(one.taxFen)),
  ]);
  const end: TableCell[] = [
    word(pdf.sum, true),
    "",
    "",
    number(yuan(sum("amountFen")), true),
    number(yuan(sum("taxFen")), true),
  ];
  const heads = [head(c.agreement), head(t.provider), head(pdf.code), head(c.amountYuan, true), head(c.tax, true)];
  const disputed = sum("disputedFen");
  const sentence = t.sentence({
    region: names.region(region),
    period: periodName(words, periodId),
    count: agreements.length,
    amount: yuan(sum("amountFen")),
    parked: disputed === 0n ? "" : yuan(disputed),
  });
  return [
    title(t.heading(periodName(words, periodId)), 22),
    { text: bmp(`${names.region(region)} · 合流 Heliu`), color: MUTED, margin: [0, 0, 0, 14] },
    heading(pdf.summary),
    { text: bmp(sentence), fontSize: 12, margin: [0, 0, 0, 6] },
    heading(t.agreements),
    table(["*", 70, 100, "auto", "auto"], heads, [...rows, end]),
    note(t.scope),
  ];
}

function agreementPages(one: UsedAgreement, names: Names): Content[] {
  const { words } = names;
  const { columns: c, pdf, requester: t } = words;
  const figures = one.lines.map((line) => [
    ...[quantity(line.quantity), quantity(line.freeQuantity), quantity(line.billableQuantity)],
    ...[unitPrice(line.effectivePriceMicro), yuan(line.amountFen), yuan(line.taxFen)],
  ]);
  const lines = one.lines.map((line, i): TableCell[] => [
    word(names.product(line.productId)),
    word(line.lineId.split("/").at(-1) ?? ""),
    ...(figures[i] ?? []).map((figure) => number(figure)),
  ]);
  const labels = [c.quantity, c.free, c.billable, c.price, c.amountYuan, c.tax];
  const heads = [head(c.product), head(c.usagePeriod), ...labels.map((label) => head(label, true))];
  const widths = ["*" as const, "auto" as const, ...labels.map(() => "auto" as const)];
  const receipts = one.receipts
    .slice(0, MAX_RECEIPTS)
    .map((receipt): TableCell[] => [
      number(receipt.seq),
      word(receipt.receiptId.slice(0, 16)),
      word(names.product(receipt.productId)),
      word(receipt.usagePeriodId),
      number(quantity(receipt.quantity)),
      word(t.standings[receipt.bin]),
    ]);
  const receiptHeads = [head(c.number, true), ...[c.receipt, c.product, c.usagePeriod].map((label) => head(label))];
  const isCut = one.hasMoreReceipts || one.receipts.length > MAX_RECEIPTS;
  return [
    title(`${one.entryName} (${one.agreementId})`, 13),
    heading(pdf.lines),
    table(widths, heads, lines, figureSize(figures)),
    heading(words.sheets.receipts),
    table([40, "*", 90, 50, "auto", 80], [...receiptHeads, head(c.quantity, true), head(c.standing)], receipts),
    ...(isCut ? [note(t.moreReceipts)] : []),
    { stack: [heading(t.evidence), facts(requesterFacts(one, names))], unbreakable: true },
  ];
}

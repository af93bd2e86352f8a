import type { Content, TableCell } from "pdfmake";
import { bins } from "../../node/settlement/insight/equation.ts";
import type { StatementEquation } from "../../node/settlement/insight/equation-view.ts";
import { moneyFlowSvg, shareBarSvg } from "./charts.ts";
import { clock, type Names, periodName } from "./labels.ts";
import type { ReportModel, SignedStatement } from "./model.ts";
import { quantity, yuan } from "./money.ts";
import { bmp, facts, head, heading, MUTED, note, number, table, title, WIDTH, word } from "./pdf-parts.ts";
import { digestOfAll, verificationCode } from "./verification-code.ts";
import { totalsByParty } from "./xlsx-totals.ts";

/** What one sees first: which regions, which month, where it stands, in one sentence, and how it is recognised. */
export function cover(model: ReportModel, names: Names): Content[] {
  const { statements, periodId, equations } = model;
  const { pdf } = names.words;
  return [
    title(pdf.title(periodName(names.words, periodId)), 22),
    { text: bmp(`${names.region(model.region)} · 合流 Heliu`), color: MUTED, margin: [0, 0, 0, 14] },
    identity(model, names),
    heading(pdf.summary),
    { text: bmp(sentence(statements, names)), fontSize: 12, margin: [0, 0, 0, 6] },
    heading(pdf.parties),
    parties(statements, names),
    heading(pdf.equation),
    ...equation(equations, names),
    ...pictures(statements, names),
  ];
}

function identity(model: ReportModel, names: Names): Content {
  const { statements, periodId, region, signedAt } = model;
  const { pdf, evidence, list } = names.words;
  const regions = signers(statements, names);
  const digest = digestOfAll(statements);
  const rows: [string, string][] = [
    [pdf.regions, list(regions)],
    [pdf.periodLabel, periodId],
    [pdf.state, pdf.signedBy(list(regions))],
    [evidence.signedAt, clock(signedAt)],
    [pdf.preparedBy, names.region(region)],
    [pdf.statements, statements.map(({ entryName, agreementId }) => `${entryName} (${agreementId})`).join("\n")],
    [evidence.digest, digest],
    [pdf.code, verificationCode(digest)],
  ];
  return {
    stack: [
      {
        columns: [
          { width: "*", stack: [facts(rows)] },
          { width: 96, qr: `heliu:statement:${region}:${periodId}:${digest}`, fit: 96 },
        ],
        columnGap: 12,
      },
      note(pdf.codeHint),
    ],
  };
}

function signers(statements: readonly SignedStatement[], names: Names): string[] {
  const ids = new Set(statements.flatMap(({ signatures }) => signatures.map(({ region }) => region)));
  return [...ids].sort().map(names.region);
}

function sentence(statements: readonly SignedStatement[], names: Names): string {
  const sum = (pick: (result: SignedStatement["statement"]["result"]) => string) =>
    statements.reduce((total, { statement }) => total + BigInt(pick(statement.result)), 0n);
  const unlessZero = (fen: bigint) => (fen === 0n ? "" : yuan(fen));
  return names.words.pdf.sentence({
    regions: signers(statements, names),
    period: periodName(names.words, statements[0]?.periodId ?? ""),
    count: statements.length,
    gross: yuan(sum(({ amountFen }) => amountFen)),
    parties: yuan(totalsByParty(statements).reduce((total, [, fen]) => total + BigInt(fen), 0n)),
    deferred: unlessZero(sum(({ deferred }) => deferred.addedFen)),
    released: unlessZero(sum(({ deferred }) => deferred.releasedFen)),
    parked: unlessZero(sum(({ disputedFen }) => disputedFen)),
  });
}

function parties(statements: readonly SignedStatement[], names: Names): Content {
  const { columns, pdf } = names.words;
  const totals = totalsByParty(statements);
  const rows = totals.map(([partyId, fen]): TableCell[] => [
    word(names.party(partyId)),
    word(partyId),
    number(yuan(fen)),
    number(quantity(fen)),
  ]);
  const all = totals.reduce((total, [, fen]) => total + BigInt(fen), 0n);
  const end: TableCell[] = [word(pdf.sum, true), "", number(yuan(all), true), number(quantity(all.toString()), true)];
  const heads = [head(columns.party), head(columns.id), head(columns.amountYuan, true), head(columns.amountFen, true)];
  return table([150, "*", 110, 110], heads, [...rows, end]);
}

/** Nothing unbilled, nothing twice: where everything that was delivered went. */
function equation(equations: readonly StatementEquation[], { words }: Names): Content[] {
  const { pdf, columns } = words;
  if (equations.length === 0) return [note(pdf.noEquation)];
  const row = (label: string, of: (one: StatementEquation) => { readonly receipts: string; readonly fen: string }) => {
    const sum = (key: "receipts" | "fen") => equations.reduce((total, one) => total + BigInt(of(one)[key]), 0n);
    return [word(label), number(quantity(sum("receipts").toString())), number(yuan(sum("fen")))];
  };
  const rows = [
    row(pdf.bins.delivered, ({ delivered }) => delivered),
    ...bins.map((bin) => row(pdf.bins[bin], ({ terms }) => terms[bin])),
    row(pdf.bins.unexplained, ({ unexplained }) => unexplained),
  ];
  const heads = [head(columns.item), head(pdf.receipts, true), head(columns.amountYuan, true)];
  const isBalanced = equations.every((one) => one.isBalanced);
  return [table(["*", 110, 110], heads, rows), note(isBalanced ? pdf.balanced : pdf.unbalanced)];
}

function pictures(statements: readonly SignedStatement[], names: Names): Content[] {
  const { charts } = names.words;
  const documents = statements.map(({ statement }) => statement);
  const consumers = new Map(statements.map(({ statement, consumer }) => [statement, consumer]));
  const payer = (statement: SignedStatement["statement"]) => consumers.get(statement) ?? "";
  const picture = (label: string, svg: string): Content => ({
    stack: [heading(label), { svg: bmp(svg), width: WIDTH }],
    unbreakable: true,
  });
  return [
    picture(charts.shares, shareBarSvg(documents, { names, width: WIDTH })),
    picture(charts.flow, moneyFlowSvg(documents, { names, width: WIDTH, payer })),
  ];
}

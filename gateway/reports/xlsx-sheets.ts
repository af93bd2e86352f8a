import type { CellValue, WriteSheet } from "hucre/xlsx";
import { KINDS, type Names, namesOf, productName, schemeName } from "./labels.ts";
import type { ReportModel, SignedStatement } from "./model.ts";
import { yuanNumber } from "./money.ts";

const YUAN = "#,##0.00";
const HEAD = { font: { bold: true }, fill: { type: "pattern", pattern: "solid", fgColor: { rgb: "E8EEF6" } } } as const;

type Formula = { readonly row: number; readonly column: number; readonly formula: string; readonly result: number };
type Column = { readonly header: string; readonly width: number; readonly numFmt?: string };

export const SHEETS = { totals: "汇总", lines: "明细", adjustments: "调整", evidence: "凭证" } as const;

/** Row 1 is the header everywhere, and stays in sight. */
function sheet(
  name: string,
  columns: readonly Column[],
  rows: CellValue[][],
  formulas: readonly Formula[] = [],
): WriteSheet {
  const cells: NonNullable<WriteSheet["cells"]> = new Map();
  for (const column of columns.keys()) cells.set(`0,${column}`, { style: HEAD });
  for (const { row, column, formula, result } of formulas) {
    cells.set(`${row},${column}`, { formula, formulaResult: result, style: { numFmt: YUAN } });
  }
  return {
    name,
    columns: columns.map(({ width, numFmt }) => (numFmt === undefined ? { width } : { width, numFmt })),
    rows: [columns.map(({ header }) => header), ...rows],
    cells,
    freezePane: { rows: 1 },
  };
}

/** Where a sheet of lines ends, for the formulas that add it up. */
type Extent = { readonly last: number };

export function sheetsOf(model: ReportModel): WriteSheet[] {
  const names = namesOf(model.statements, model.regionNames);
  const lines = lineRows(model, names);
  const adjustments = adjustmentRows(model, names);
  return [
    totalsSheet(model, names, { last: lines.length + 1 }, { last: adjustments.length + 1 }),
    sheet(SHEETS.lines, LINE_COLUMNS, lines),
    sheet(SHEETS.adjustments, ADJUSTMENT_COLUMNS, adjustments),
    sheet(SHEETS.evidence, EVIDENCE_COLUMNS, evidenceRows(model, names)),
  ];
}

const LINE_COLUMNS: readonly Column[] = [
  { header: "期间", width: 10 },
  { header: "行", width: 40 },
  { header: "协议", width: 28 },
  { header: "产品", width: 18 },
  { header: "分配方案", width: 12 },
  { header: "数量", width: 16 },
  { header: "计费数量", width: 16 },
  { header: "有效单价(微元)", width: 16 },
  { header: "金额(元)", width: 14, numFmt: YUAN },
  { header: "金额(分)", width: 14 },
  { header: "不含税(分)", width: 14 },
  { header: "税额(分)", width: 12 },
  { header: "递延(分)", width: 12 },
  { header: "实留(分)", width: 14 },
  { header: "参与方", width: 22 },
  { header: "参与方名称", width: 18 },
  { header: "类别", width: 10 },
  { header: "份额(元)", width: 14, numFmt: YUAN },
  { header: "份额(分)", width: 14 },
];
const PARTY = "O";
const SHARE = "R";
const AMOUNT = "I";

/** A line's own row holds its amounts, the rows below it its shares, so that every column can simply be added up. */
function lineRows({ statements }: ReportModel, names: Names): CellValue[][] {
  return statements.flatMap((one) =>
    one.statement.result.lines.flatMap((line) => {
      const start = [one.periodId, line.lineId, one.entryName, productName(line.productId), schemeName(one.scheme)];
      const own = [
        line.quantity,
        line.billableQuantity,
        line.effectivePriceMicro,
        yuanNumber(line.amountFen),
        line.amountFen,
        line.netFen,
        line.taxFen,
        line.deferredFen,
        line.keptFen,
      ];
      const empty = own.map(() => null);
      return [
        [...start, ...own, null, null, null, null, null],
        ...line.shares.map(({ partyId, kind, fen }) => {
          const share = [partyId, names.party(partyId), KINDS[kind] ?? kind, yuanNumber(fen), fen];
          return [...start, ...empty, ...share];
        }),
      ];
    }),
  );
}

const ADJUSTMENT_COLUMNS: readonly Column[] = [
  { header: "期间", width: 10 },
  { header: "协议", width: 28 },
  { header: "事项", width: 26 },
  { header: "参与方", width: 22 },
  { header: "名称", width: 20 },
  { header: "金额(元)", width: 14, numFmt: YUAN },
  { header: "金额(分)", width: 14 },
];

function adjustmentRows({ statements }: ReportModel, names: Names): CellValue[][] {
  return statements.flatMap((one) => {
    const { adjustments, deferred, compensation, costs, fund, guaranteeShortfallFen, disputedFen, carry } =
      one.statement.result;
    const row = (what: string, fen: string, partyId = "", name = ""): CellValue[] => [
      one.periodId,
      one.entryName,
      what,
      partyId,
      name,
      yuanNumber(fen),
      fen,
    ];
    return [
      ...adjustments.map(({ partyId, fen }) => row("保底调剂", fen, partyId, names.party(partyId))),
      row("递延:期初", deferred.openingFen),
      row("递延:本期释放", deferred.releasedFen),
      row("递延:本期新增", deferred.addedFen),
      row("递延:期末", deferred.closingFen),
      row("补偿:应付", compensation.claimedFen),
      row("补偿:未能支付(失效)", compensation.unpaidFen),
      ...costs.flatMap(({ costId, claimFen, paidFen }) => [
        row(`成本 ${costId}:申报(封顶后)`, claimFen),
        row(`成本 ${costId}:已付`, paidFen),
      ]),
      ...carry.unpaidCosts.map(({ costId, fen }) => row(`成本 ${costId}:结转下期`, fen)),
      ...(fund === null ? [] : [row("基金:封顶前", fund.beforeCapFen)]),
      row("保底缺口", guaranteeShortfallFen),
      row("争议挂起", disputedFen),
    ];
  });
}

const TOTAL_COLUMNS: readonly Column[] = [
  { header: "项目", width: 24 },
  { header: "名称", width: 24 },
  { header: "金额(元)", width: 16, numFmt: YUAN },
  { header: "金额(分)", width: 16 },
];

/** Totals are formulas over the other sheets, so that whoever changes a share sees what it changes. */
function totalsSheet({ statements }: ReportModel, names: Names, lines: Extent, adjusted: Extent): WriteSheet {
  const parties = totalsByParty(statements);
  const rows: CellValue[][] = parties.map(([partyId, fen]) => [partyId, names.party(partyId), yuanNumber(fen), fen]);
  const formulas: Formula[] = [];
  const over = (column: string, name: string, { last }: Extent) =>
    `'${name}'!$${column}$2:$${column}$${Math.max(2, last)}`;
  parties.forEach(([, fen], i) => {
    const result = yuanNumber(fen);
    // Beyond fifteen digits a spreadsheet would only pretend to recompute.
    if (typeof result !== "number") return;
    const inLines = `SUMIFS(${over(SHARE, SHEETS.lines, lines)},${over(PARTY, SHEETS.lines, lines)},A${i + 2})`;
    const inMoves = `SUMIFS(${over("F", SHEETS.adjustments, adjusted)},${over("D", SHEETS.adjustments, adjusted)},A${i + 2})`;
    formulas.push({ row: i + 1, column: 2, formula: `ROUND(${inLines}+${inMoves},2)`, result });
  });
  const shared = parties.reduce((sum, [, fen]) => sum + BigInt(fen), 0n).toString();
  const gross = statements.reduce((sum, { statement }) => sum + BigInt(statement.result.amountFen), 0n).toString();
  const end = parties.length + 1;
  addTotal(rows, formulas, "各方合计", shared, parties.length === 0 ? "0" : `ROUND(SUM(C2:C${end}),2)`);
  addTotal(rows, formulas, "应结总额", gross, `ROUND(SUM(${over(AMOUNT, SHEETS.lines, lines)}),2)`);
  return sheet(SHEETS.totals, TOTAL_COLUMNS, rows, formulas);
}

function addTotal(rows: CellValue[][], formulas: Formula[], label: string, fen: string, formula: string): void {
  const result = yuanNumber(fen);
  rows.push([label, "", result, fen]);
  if (typeof result === "number") formulas.push({ row: rows.length, column: 2, formula, result });
}

export function totalsByParty(statements: readonly SignedStatement[]): [string, string][] {
  const sums = new Map<string, bigint>();
  for (const { statement } of statements) {
    for (const { partyId, fen } of statement.result.totals) sums.set(partyId, (sums.get(partyId) ?? 0n) + BigInt(fen));
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([partyId, fen]) => [partyId, fen.toString()]);
}

const EVIDENCE_COLUMNS: readonly Column[] = [
  { header: "协议", width: 28 },
  { header: "事项", width: 24 },
  { header: "内容", width: 110 },
];

function evidenceRows({ statements, evidence }: ReportModel, names: Names): CellValue[][] {
  return statements.flatMap((one) => {
    const row = (what: string, value: string): CellValue[] => [one.agreementId, what, value];
    const { statement } = one;
    const held = evidence.find(({ agreementId }) => agreementId === one.agreementId);
    return [
      row("结算单摘要", one.digest),
      row("条款摘要", statement.termsDigest),
      row("期初结转摘要", statement.openingCarryDigest),
      row("申报摘要", one.declarationDigest ?? ""),
      row("收据数量", statement.receiptCount),
      row("收据树根", statement.receiptsRoot),
      ...statement.disputedReceiptIds.map((id) => row("争议收据", id)),
      ...one.signatures.flatMap(({ region, keyId, signature }) => [
        row(`${names.region(region)} 签名密钥`, keyId),
        row(`${names.region(region)} 签名`, signature),
      ]),
      row("签署时间", one.signedAt ?? ""),
      row("审计日志序号", held?.leafIndex ?? ""),
      row("审计证明", held?.proof ?? "尚未进入检查点;稍后重新导出即可取得"),
    ];
  });
}

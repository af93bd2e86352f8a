import type { Content, createPdf, TableCell } from "pdfmake";
import { digestOf } from "../../node/kernel/canonical-json.ts";
import { msOf } from "../../node/kernel/instant.ts";
import { moneyFlowSvg, shareBarSvg } from "./charts.ts";
import { type Names, namesOf, periodName, productName, schemeName } from "./labels.ts";
import type { ReportModel, SignedStatement } from "./model.ts";
import { quantity, unitPrice, yuan } from "./money.ts";
import { derivation } from "./pdf-derivation.ts";
import { bmp, facts, heading, number, table, word } from "./pdf-parts.ts";
import { totalsByParty } from "./xlsx-sheets.ts";

/** A4 in points, less the margins. */
const WIDTH = 515;
/** More lines than a person reads on paper; all of them are in the XLSX and CSV. */
const MAX_LINES = 2_000;
const MAX_FOOTER_DIGESTS = 3;

export type PdfDefinition = Parameters<typeof createPdf>[0];

/** The report as a pure function of the model; `pdf-print.ts` turns it into bytes. */
export function pdfDocument(model: ReportModel): PdfDefinition {
  const names = namesOf(model.statements, model.regionNames);
  const digests = model.statements.map(({ digest }) => digest);
  const combined = digestOf([...digests].sort());
  const shown = digests.length <= MAX_FOOTER_DIGESTS ? digests : [`${digests.length} 份结算单合并摘要 ${combined}`];
  const title = `结算单 ${model.periodId}`;
  return {
    pageSize: "A4",
    pageMargins: [40, 44, 40, 40 + 10 * shown.length],
    defaultStyle: { font: "cn", fontSize: 9, lineHeight: 1.25, color: "#2b2f36" },
    // The date inside the file; with it, one model gives one sequence of bytes.
    info: { title, author: names.region(model.region), creator: "Heliu", creationDate: new Date(msOf(model.signedAt)) },
    footer: (page, pages) => ({
      margin: [40, 12, 40, 0],
      columns: [
        { width: "*", stack: shown.map((digest) => ({ text: digest, fontSize: 7, color: "#5b6472" })) },
        { width: 60, text: `${page} / ${pages}`, alignment: "right", fontSize: 7, color: "#5b6472" },
      ],
    }),
    content: [...cover(model, names), ...model.statements.flatMap((one, i) => statementPages(one, names, model, i))],
  };
}

function cover(model: ReportModel, names: Names): Content[] {
  const { statements, periodId } = model;
  const gross = sum(statements, ({ amountFen }) => amountFen);
  const parked = sum(statements, ({ disputedFen }) => disputedFen);
  const deferred = sum(statements, (result) => result.deferred.addedFen);
  const regions = [...new Set(statements.flatMap(({ signatures }) => signatures.map(({ region }) => region)))].sort();
  const sentence = [
    `${regions.map(names.region).join("与")}各自独立计算 ${periodName(periodId)}的 ${statements.length} 份结算单,结果一致并已签署:`,
    `应结总额 ${yuan(gross)} 元`,
    deferred === 0n ? "" : `,其中 ${yuan(deferred)} 元超出最高准许收入,递延至下期`,
    parked === 0n ? "" : `;另有 ${yuan(parked)} 元因争议挂起`,
    "。",
  ].join("");
  const rows = totalsByParty(statements).map(([partyId, fen]): TableCell[] => [
    word(names.party(partyId)),
    word(partyId),
    number(yuan(fen)),
    number(quantity(fen)),
  ]);
  const all = totalsByParty(statements).reduce((total, [, fen]) => total + BigInt(fen), 0n);
  const end: TableCell[] = [word("合计", true), "", number(yuan(all), true), number(quantity(all.toString()), true)];
  const payer = statements[0]?.consumer ?? model.region;
  const documents = statements.map(({ statement }) => statement);
  return [
    { text: `${periodName(periodId)} 结算单`, fontSize: 18, bold: true, margin: [0, 0, 0, 2] },
    { text: bmp(`${names.region(model.region)} · 合流 Heliu`), color: "#5b6472", margin: [0, 0, 0, 10] },
    { text: bmp(sentence), fontSize: 11, margin: [0, 0, 0, 12] },
    heading("各方所得"),
    table(
      [150, "*", 90, 90],
      [head("参与方"), head("标识"), head("金额(元)", true), head("金额(分)", true)],
      [...rows, end],
    ),
    heading("收益去向"),
    { svg: bmp(shareBarSvg(documents, { names, width: WIDTH })), width: WIDTH },
    heading("资金流向"),
    { svg: bmp(moneyFlowSvg(documents, { names, width: WIDTH, payer })), width: WIDTH },
  ];
}

function statementPages(one: SignedStatement, names: Names, model: ReportModel, index: number): Content[] {
  const { result } = one.statement;
  const lines = result.lines.slice(0, MAX_LINES);
  const rows = lines.map((line): TableCell[] => [
    word(productName(line.productId)),
    word(line.lineId.split("/").at(-1) ?? ""),
    number(quantity(line.quantity)),
    number(quantity(line.billableQuantity)),
    number(unitPrice(line.effectivePriceMicro)),
    number(yuan(line.amountFen)),
    number(yuan(line.taxFen)),
    number(yuan(line.keptFen)),
  ]);
  const heads = [
    head("产品"),
    head("使用期"),
    ...["数量", "计费数量", "单价(元)", "金额(元)", "其中税额", "实留(元)"].map((h) => head(h, true)),
  ];
  const left = result.lines.length - lines.length;
  return [
    {
      text: bmp(`${one.entryName}(${one.agreementId})`),
      fontSize: 13,
      bold: true,
      pageBreak: "before",
      margin: [0, 0, 0, 2],
    },
    {
      text: bmp(
        `${names.region(one.provider)} 提供 · ${names.region(one.consumer)} 使用 · 分配方案:${schemeName(one.scheme)} · 收据 ${quantity(one.statement.receiptCount)} 张`,
      ),
      color: "#5b6472",
    },
    heading("明细"),
    table(["*", 45, 62, 62, 62, 62, 55, 62], heads, rows),
    ...(left > 0 ? [{ text: `另有 ${left} 行,见同期 XLSX 或 CSV 报表。`, color: "#5b6472" }] : []),
    heading("逐步推导"),
    derivation(lines, names),
    heading("调整与结转"),
    adjustments(one, names),
    // On one page, so that digests and signatures can be read side by side.
    { stack: [heading("凭证"), evidence(one, names, model, index)], unbreakable: true },
  ];
}

function adjustments({ statement: { result } }: SignedStatement, names: Names): Content {
  const { deferred, compensation, costs, carry, fund } = result;
  const rows: [string, string][] = [
    ...result.adjustments.map(({ partyId, fen }): [string, string] => [`保底调剂:${names.party(partyId)}`, yuan(fen)]),
    [
      "递延 期初 / 释放 / 新增 / 期末",
      [deferred.openingFen, deferred.releasedFen, deferred.addedFen, deferred.closingFen].map(yuan).join(" / "),
    ],
    ["补偿 应付 / 未能支付", `${yuan(compensation.claimedFen)} / ${yuan(compensation.unpaidFen)}`],
    ...costs.map(({ costId, claimFen, paidFen }): [string, string] => [
      `成本 ${costId} 申报 / 已付`,
      `${yuan(claimFen)} / ${yuan(paidFen)}`,
    ]),
    ...carry.unpaidCosts.map(({ costId, fen }): [string, string] => [`成本 ${costId} 结转下期`, yuan(fen)]),
    ...(fund === null ? [] : [["基金封顶前", yuan(fund.beforeCapFen)] as [string, string]]),
    ["保底缺口", yuan(result.guaranteeShortfallFen)],
    ["争议挂起", yuan(result.disputedFen)],
    ["本年累计可分配", yuan(carry.cumulativeFen)],
  ];
  return table(
    ["*", 220],
    [head("事项"), head("金额(元)", true)],
    rows.map(([what, value]) => [word(what), number(value)]),
  );
}

function evidence(one: SignedStatement, names: Names, model: ReportModel, index: number): Content {
  const { statement } = one;
  const held = model.evidence[index];
  return facts([
    ["结算单摘要", one.digest],
    ["条款摘要", statement.termsDigest],
    ["申报摘要", one.declarationDigest ?? "—"],
    ["期初结转摘要", statement.openingCarryDigest],
    ["收据树根", statement.receiptsRoot],
    ...one.signatures.map(({ region, keyId, signature }): [string, string] => [
      `${names.region(region)} 签名`,
      `${keyId}\n${signature}`,
    ]),
    ["签署时间", `${one.signedAt ?? "—"}(UTC)`],
    ["审计日志序号", held?.leafIndex ?? "—"],
    ["审计证明", held?.proof == null ? "尚未进入检查点" : "随 XLSX / JSON 报表提供,可用 heliu audit verify 离线核验"],
  ]);
}

function head(label: string, isNumber = false): TableCell {
  return { text: label, bold: true, alignment: isNumber ? "right" : "left", fillColor: "#e8eef6" };
}

function sum(
  statements: readonly SignedStatement[],
  pick: (result: SignedStatement["statement"]["result"]) => string,
): bigint {
  return statements.reduce((total, { statement }) => total + BigInt(pick(statement.result)), 0n);
}

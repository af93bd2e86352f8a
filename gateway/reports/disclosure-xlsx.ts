import type { Language } from "../../node/kernel/text.ts";
import type { Disclosure } from "../../node/settlement/insight/disclosure.ts";
import { metricWord } from "../../node/settlement/insight/metric-words.ts";
import { codeLabel } from "../code-labels.ts";
import type { PrintedDisclosure } from "./disclosure.ts";
import { quantity, unitPrice } from "./money.ts";
import type { ReportWords } from "./words/zh.ts";
import { wordsIn } from "./words.ts";
import type { Book } from "./xlsx.ts";
import { type Cell, type Column, sheet } from "./xlsx-book.ts";
import { addsExactly, columnOf, workingCell, yuanCell, yuanValue } from "./xlsx-fen.ts";

/** The yearly disclosure as sheets: income is a formula over the products, beside the figure of the disclosure. */
export function disclosureBook({ disclosure, language }: PrintedDisclosure): Book {
  const words = wordsIn(language);
  const t = words.disclosure;
  const products = productRows(disclosure, words, language);
  const uses = distributionRows(disclosure, words);
  const digests = disclosure.statementDigests.map((digest) => [digest]);
  const lists = { isList: true };
  return {
    title: `${t.title} ${disclosure.year}`,
    at: dateOf(disclosure),
    sheets: [
      sheet(t.summary, summaryColumns(words), summaryRows(disclosure, words, products.length, uses.length, language)),
      sheet(t.products, productColumns(words), products, lists),
      sheet(t.authorisations, authorisationColumns(words), authorisationTexts(disclosure, words, language), lists),
      sheet(t.distribution, distributionColumns(words), uses, lists),
      sheet(t.statements, [{ header: t.digest, width: 80 }], digests),
    ],
  };
}

/** The same disclosure is the same file, whenever it is asked for. */
export function dateOf({ year }: Disclosure): string {
  return `${year}-12-31T16:00:00.000Z`;
}

function summaryColumns({ columns: c }: ReportWords): Column[] {
  return [
    { header: c.item, width: 26 },
    { header: c.content, width: 70, form: "long" },
    { header: c.amountYuan, width: 24, form: "yuan" },
    { header: c.amountFen, width: 20, form: "fen" },
    { header: c.matches, width: 10, form: "check" },
    { header: c.working(c.amountFen), width: 18, form: "working" },
  ];
}

function summaryRows(
  disclosure: Disclosure,
  { disclosure: t }: ReportWords,
  products: number,
  uses: number,
  language: PrintedDisclosure["language"],
): Cell[][] {
  const facts = disclosureFacts(disclosure, t, language).map(([what, value]): Cell[] => [what, value]);
  const amount = (label: string, fen: string, adds: readonly string[], formula: string | null, row: number): Cell[] => {
    if (formula === null || !addsExactly(adds)) return [label, "", yuanValue(fen), fen, null, null];
    const check = { formula: `VALUE(D${row})=F${row}`, result: true };
    return [label, "", yuanCell(fen, `F${row}`), fen, check, { formula, result: Number(fen) }];
  };
  const income = disclosure.products.map(({ incomeFen }) => incomeFen);
  const used = disclosure.distribution.map(({ fen }) => fen);
  const distributed = used.reduce((sum, fen) => sum + BigInt(fen), 0n).toString();
  const at = facts.length + 2;
  return [
    ...facts,
    amount(t.income, disclosure.incomeFen, income, `SUM(${columnOf(t.products, "R", products)})`, at),
    amount(t.distributed, distributed, used, `SUM(${columnOf(t.distribution, "E", uses)})`, at + 1),
    amount(t.deferred, disclosure.deferredClosingFen, [], null, at + 2),
  ];
}

/** What stands above the tables, in words. */
export function disclosureFacts(
  disclosure: Disclosure,
  t: ReportWords["disclosure"],
  language: PrintedDisclosure["language"],
): [string, string][] {
  const { year, region, regionName, dueOn, dueRule, dueVerified, isOverdue, months, gaps, object, text } = disclosure;
  return [
    [t.year, year],
    [t.region, `${regionName} (${region})`],
    [t.summary, text[language]],
    [t.due, `${dueOn}${isOverdue ? ` ${t.overdue}` : ""}`],
    [t.rule, `${dueRule}${dueVerified ? "" : ` ${t.unverified}`}`],
    [t.months, months.join(" ")],
    ...object.flatMap((one): [string, string][] => [
      [t.operator, one.operator],
      [t.implementingBody, one.implementingBody],
    ]),
    [t.gaps, gaps.length === 0 ? t.complete : gaps.map((gap) => gap[language]).join("\n")],
  ];
}

function productColumns({ disclosure: t, columns: c }: ReportWords): Column[] {
  return [
    { header: t.id, width: 18 },
    { header: t.name, width: 28 },
    { header: t.authorisation, width: 20 },
    { header: t.type, width: 20 },
    { header: t.unit, width: 20 },
    { header: t.cap, width: 14, form: "fen" },
    { header: t.list, width: 14, form: "fen" },
    { header: t.charged, width: 18, form: "fen" },
    { header: t.quota, width: 14, form: "fen" },
    { header: t.metric, width: 10 },
    { header: t.quantity, width: 18, form: "fen" },
    { header: t.free, width: 18, form: "fen" },
    { header: t.incomeYuan, width: 24, form: "yuan" },
    { header: t.incomeFen, width: 20, form: "fen" },
    { header: t.netFen, width: 20, form: "fen" },
    { header: t.taxFen, width: 18, form: "fen" },
    { header: t.agreements, width: 10, form: "fen" },
    { header: c.working(t.incomeFen), width: 18, form: "working" },
  ];
}

function productRows({ products }: Disclosure, { priceUnits }: ReportWords, language: Language): Cell[][] {
  const units: { readonly [unit: string]: string } = priceUnits;
  return products.map((one, i): Cell[] => [
    ...[one.productId, one.name, one.authorisation],
    one.productType === null ? null : codeLabel(language, "productType", one.productType),
    ...[one.unit === null ? null : (units[one.unit] ?? one.unit), one.capPriceYuan, one.listPriceYuan],
    ...[one.chargedPricesMicro.join(" "), one.freeQuotaPerMonth, metricWord(one.metric)[language]],
    ...[one.quantity, one.freeQuantity],
    yuanCell(one.incomeFen, `R${i + 2}`),
    ...[one.incomeFen, one.incomeNetFen, one.incomeTaxFen, one.agreements],
    workingCell(one.incomeFen, `N${i + 2}`),
  ]);
}

function authorisationColumns({ disclosure: t }: ReportWords): Column[] {
  return authorisationHeads(t).map((header, i) => ({ header, width: i === 0 ? 16 : 28, form: "long" }));
}

export function authorisationHeads(t: ReportWords["disclosure"]): string[] {
  return [
    ...[t.authorisation, t.authorisingBody, t.implementingBody, t.operator, t.mode, t.valid, t.purposes, t.scope],
    ...[t.revenue, t.exit],
  ];
}

/** Who authorised whom to do what with what, until when. */
export function authorisationTexts(
  { authorisations }: Disclosure,
  { disclosure: t, list, span }: ReportWords,
  language: Language,
): string[][] {
  const modes: { readonly [mode: string]: string } = t.modes;
  return authorisations.map((one) => {
    const revenue = one.maxPermittedRevenue;
    return [
      ...[one.id, one.authorisingBody, one.implementingBody, one.operator, modes[one.mode] ?? one.mode],
      span(one.validFrom, one.validTo),
      list(one.purposes.map((purpose) => codeLabel(language, "purpose", purpose))),
      one.resources
        .map(({ id, name, provider }) => [id, name, provider].filter((word) => word !== "").join(" "))
        .join("\n"),
      revenue === null
        ? ""
        : `${quantity(revenue.yuan)} (${span(revenue.cycleFrom, revenue.cycleTo)})${revenue.trial ? ` ${t.trial}` : ""}`,
      one.exitTerms,
    ];
  });
}

function distributionColumns({ disclosure: t, columns: c }: ReportWords): Column[] {
  return [
    { header: t.role, width: 18 },
    { header: t.kind, width: 18 },
    { header: c.amountYuan, width: 24, form: "yuan" },
    { header: c.amountFen, width: 20, form: "fen" },
    { header: c.working(c.amountFen), width: 18, form: "working" },
  ];
}

function distributionRows({ distribution }: Disclosure, words: ReportWords): Cell[][] {
  return distribution.map(({ role, kind, fen }, i): Cell[] => [
    ...useWords(role, kind, words),
    yuanCell(fen, `E${i + 2}`),
    fen,
    workingCell(fen, `D${i + 2}`),
  ]);
}

/** What a sum of money went to, in the words of the reports. */
export function useWords(role: string, kind: string, { roles, kinds }: ReportWords): [string, string] {
  const named = (list: { readonly [code: string]: string }, code: string) => list[code] ?? code;
  return [named(roles, role), kind === "guarantee" ? kinds.adjustment : named(kinds, kind)];
}

/** Prices as people read them, from micro-yuan. */
export function chargedPrices(micro: readonly string[]): string {
  return micro.map(unitPrice).join(" / ");
}

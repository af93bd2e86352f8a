import type { Content, TableCell } from "pdfmake";
import type { Language } from "../../node/kernel/text.ts";
import type { Disclosure } from "../../node/settlement/insight/disclosure.ts";
import { metricWord } from "../../node/settlement/insight/metric-words.ts";
import type { PrintedDisclosure } from "./disclosure.ts";
import {
  authorisationHeads,
  authorisationTexts,
  chargedPrices,
  dateOf,
  disclosureFacts,
  useWords,
} from "./disclosure-xlsx.ts";
import { quantity, yuan } from "./money.ts";
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
import type { ReportWords } from "./words/zh.ts";
import { wordsIn } from "./words.ts";

/** The yearly disclosure as it is published: object, content, scope and period, products with caps and fees, use of income. */
export function disclosurePdf({ disclosure, language }: PrintedDisclosure): PdfDefinition {
  const words = wordsIn(language);
  const t = words.disclosure;
  const { year, regionName, incomeFen, deferredClosingFen, statementDigests } = disclosure;
  const content: Content[] = [
    title(t.title, 18),
    { text: bmp(`${regionName} · ${t.page(year)}`), color: MUTED, margin: [0, 0, 0, 10] },
    facts(disclosureFacts(disclosure, t, language)),
    heading(t.products),
    products(disclosure, words, language),
    heading(t.distribution),
    distribution(disclosure, words),
    facts([
      [t.income, words.yuan(yuan(incomeFen))],
      [t.deferred, words.yuan(yuan(deferredClosingFen))],
    ]),
    heading(t.authorisations),
    ...authorisations(disclosure, words, language),
    heading(t.statements),
    ...statementDigests.map(note),
  ];
  const short = `${year} ${regionName} · ${t.title}`;
  return paper({
    title: short,
    author: regionName,
    at: dateOf(disclosure),
    sections: [{ content, digests: [bmp(short)] }],
  });
}

function products({ products: list, incomeFen }: Disclosure, words: ReportWords, language: Language): Content {
  const t = words.disclosure;
  const units: { readonly [unit: string]: string } = words.priceUnits;
  const figures = list.map((one) => [
    ...[one.capPriceYuan ?? "—", chargedPrices(one.chargedPricesMicro)],
    ...[quantity(one.quantity), quantity(one.freeQuantity), yuan(one.incomeFen)],
  ]);
  const rows = list.map((one, i): TableCell[] => [
    word([one.productId, one.name].filter((text) => text !== "").join(" ")),
    word(one.unit === null ? metricWord(one.metric)[language] : (units[one.unit] ?? one.unit)),
    ...(figures[i] ?? []).map((figure) => number(figure)),
  ]);
  const labels = [t.cap, t.chargedYuan, t.quantity, t.free, t.incomeYuan];
  const end: TableCell[] = [word(t.income, true), "", "", "", "", "", number(yuan(incomeFen), true)];
  const heads = [head(t.name), head(t.unit), ...labels.map((label) => head(label, true))];
  const widths = ["*" as const, "auto" as const, ...labels.map(() => "auto" as const)];
  return table(widths, heads, [...rows, end], figureSize(figures));
}

function distribution({ distribution: list }: Disclosure, words: ReportWords): Content {
  const t = words.disclosure;
  const rows = list.map(({ role, kind, fen }): TableCell[] => [
    ...useWords(role, kind, words).map((text) => word(text)),
    number(yuan(fen)),
  ]);
  const all = list.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
  const end: TableCell[] = [word(t.distributed, true), "", number(yuan(all), true)];
  return table(["*", "*", 120], [head(t.role), head(t.kind), head(words.columns.amountYuan, true)], [...rows, end]);
}

function authorisations(disclosure: Disclosure, words: ReportWords, language: Language): Content[] {
  if (disclosure.authorisations.length === 0) return [note("—")];
  const heads = authorisationHeads(words.disclosure);
  return authorisationTexts(disclosure, words, language).map((texts) => ({
    stack: [facts(texts.map((text, i) => [heads[i] ?? "", text === "" ? "—" : text] as const))],
    margin: [0, 0, 0, 6],
    unbreakable: true,
  }));
}

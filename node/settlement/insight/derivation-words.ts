import type { Text } from "../../kernel/text.ts";
import type { StatementLine } from "../model.ts";
import { isReleaseLine, metricOf } from "./line-facts.ts";
import { metricWord } from "./metric-words.ts";
import type { ExplainedSplit } from "./odd-fen.ts";
import type { PeriodFacts } from "./replay.ts";

export type DerivationStep = { readonly step: string; readonly value: string; readonly text: Text };

type Share = StatementLine["shares"][number];

/** Fen as yuan, as people read it: `-5` → ¥-0.05. */
export function fenWords(fen: string): Text {
  const negative = fen.startsWith("-");
  const digits = (negative ? fen.slice(1) : fen).padStart(3, "0");
  const yuan = `${negative ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  return { zh: `${yuan} 元`, en: `CNY ${yuan}` };
}

/** `0.400000` for 400000 micro-yuan: prices have six decimals wherever people read them. */
export function priceWords(micro: string): Text {
  const digits = micro.padStart(7, "0");
  const yuan = `${digits.slice(0, -6)}.${digits.slice(-6)}`;
  return { zh: `${yuan} 元`, en: `CNY ${yuan}` };
}

/** `每次` or `每 1000 行`. */
export function perWords(per: string, metric: Text): Text {
  return per === "1"
    ? { zh: `每${metric.zh}`, en: "each" }
    : { zh: `每 ${per} ${metric.zh}`, en: `for ${per} ${metric.en}` };
}

/** The way of one line from the units used to what the scheme splits; steps that took nothing are left out. */
export function stepsOf(facts: PeriodFacts, line: StatementLine): DerivationStep[] {
  const taken = (kind: Share["kind"]) =>
    line.shares.filter((share) => share.kind === kind).reduce((sum, { fen }) => sum + BigInt(fen), 0n);
  const steps: (DerivationStep | undefined)[] = [
    ...(isReleaseLine(line) ? [] : usageSteps(facts, line)),
    money("deferred", BigInt(line.deferredFen), {
      zh: "超出最高准许收入,递延(负数为本期释放)",
      en: "held back above the permitted revenue (negative: released now)",
    }),
    money("kept", BigInt(line.keptFen), { zh: "本期可分配", en: "kept in this period" }),
    money("fund", taken("fund"), { zh: "调节基金先行计提", en: "taken by the redistribution fund" }),
    money("compensation", taken("compensation"), {
      zh: "存储、算力、服务补偿",
      en: "compensation for storage, compute and service",
    }),
    money("cost", taken("cost"), { zh: "成本优先补偿", en: "declared costs, paid first" }),
    money("base", BigInt(line.baseFen), { zh: "按方案分配的基数", en: "what the scheme splits" }),
  ];
  return steps.filter((step) => step !== undefined);
}

function usageSteps({ terms, period }: PeriodFacts, line: StatementLine): DerivationStep[] {
  const { productId, quantity, billableQuantity, effectivePriceMicro, amountFen } = line;
  const metric = metricWord(metricOf(terms, productId));
  const product = terms.products.find((one) => one.productId === productId);
  const per = product?.per ?? "1";
  const free = (BigInt(quantity) - BigInt(billableQuantity)).toString();
  const isCapped = product !== undefined && BigInt(effectivePriceMicro) < BigInt(product.unitPriceMicro);
  const row = period.usage.find(
    (one) => one.productId === productId && line.lineId.endsWith(one.usagePeriodId ?? period.periodId),
  );
  const prior = row?.priorQuantity ?? "0";
  const late = prior === "0" ? { zh: "", en: "" } : { zh: `,此前已结 ${prior}`, en: `, ${prior} settled before` };
  return [
    {
      step: "quantity",
      value: quantity,
      text: {
        zh: `使用 ${quantity} ${metric.zh},其中公益免费 ${free}${late.zh}`,
        en: `${quantity} ${metric.en} used, ${free} of it free for the public interest${late.en}`,
      },
    },
    {
      step: "price",
      value: effectivePriceMicro,
      text: {
        zh: `单价${perWords(per, metric).zh} ${priceWords(effectivePriceMicro).zh}${isCapped ? "(按收费上限)" : ""}`,
        en: `${priceWords(effectivePriceMicro).en} ${perWords(per, metric).en}${isCapped ? " (the cap)" : ""}`,
      },
    },
    {
      step: "amount",
      value: amountFen,
      text: {
        zh: `${billableQuantity} × ${effectivePriceMicro} ÷ (${per} × 10000),整行一次四舍六入五成双 = ${amountFen} 分`,
        en: `${billableQuantity} × ${effectivePriceMicro} / (${per} × 10000), rounded half-even once for the line = ${amountFen} fen`,
      },
    },
  ];
}

function money(step: string, fen: bigint, { zh, en }: Text): DerivationStep | undefined {
  // What is kept and what is split are always shown; the rest only where something was taken.
  if (fen === 0n && step !== "kept" && step !== "base") return undefined;
  return { step, value: fen.toString(), text: { zh: `${zh}:${fen} 分`, en: `${en}: ${fen} fen` } };
}

const KINDS: { readonly [K in Share["kind"]]: Text } = {
  fund: { zh: "调节基金计提", en: "taken for the redistribution fund" },
  compensation: { zh: "资源补偿", en: "compensation for resources" },
  cost: { zh: "成本补偿", en: "repayment of cost" },
  benefit: { zh: "收益分配", en: "share of the benefit" },
};

/** One share in a sentence: what it is, of what, by which rule, and what became of the last fen. */
export function partWords(
  facts: PeriodFacts,
  line: StatementLine,
  share: Share,
  split: ExplainedSplit | null,
  scheme: Text,
): Text {
  const words = fenWords(share.fen);
  const metric = metricWord(metricOf(facts.terms, line.productId));
  const of = isReleaseLine(line)
    ? { zh: "往期递延释放", en: "money deferred earlier" }
    : {
        zh: `${line.productId}(${line.quantity} ${metric.zh},${line.amountFen} 分)`,
        en: `${line.productId} (${line.quantity} ${metric.en}, ${line.amountFen} fen)`,
      };
  const kind = KINDS[share.kind];
  const part = split?.parts.find(({ partyId }) => partyId === share.partyId);
  if (part === undefined || split === null) {
    return { zh: `${of.zh}:${kind.zh} ${words.zh}。`, en: `${of.en}: ${kind.en}, ${words.en}.` };
  }
  const odd = part.hasOddFen
    ? { zh: ",其中 1 分为余分", en: ", one of them a fen that was left over" }
    : { zh: "", en: "" };
  return {
    zh: `${of.zh}:基数 ${line.baseFen} 分按“${scheme.zh}”分配,精确份额 ${part.exactFen} 分,得 ${words.zh}${odd.zh}。${split.text.zh}`,
    en: `${of.en}: of the base of ${line.baseFen} fen by ${scheme.en} the exact part is ${part.exactFen} fen, so ${words.en}${odd.en}. ${split.text.en}`,
  };
}

import { ok, type Result } from "../../kernel/exchange-error.ts";
import { chinaTimeOf, instantOf, msOf, periodOf } from "../../kernel/instant.ts";
import type { Text } from "../../kernel/text.ts";
import type { ReceiptCore } from "../../metering/model.ts";
import type { Purpose, UsageTerms } from "../../policy/model.ts";
import { purposeClassOf } from "../../policy/purpose-class.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { nextMonthBegins } from "./calendar.ts";
import { fenWords, perWords, priceWords } from "./derivation-words.ts";
import { metricOf, priceOf } from "./line-facts.ts";
import { metricWord } from "./metric-words.ts";
import { refuseInsight } from "./refusal.ts";
import { type MonthSums, usedOf } from "./running-usage.ts";
import { chargeOf, upperBoundFen } from "./spend.ts";

/** What somebody means to use; a metric that is absent and bounded by the agreement is taken at its bound. */
export type Estimate = {
  readonly calls?: string | undefined;
  readonly rows?: string | undefined;
  readonly bytes?: string | undefined;
  readonly purpose?: Purpose | undefined;
  /** What of the entry; kept with the quote so that both can see what it was for. */
  readonly selection?:
    | { readonly fields?: readonly string[] | undefined; readonly rows?: readonly unknown[] | undefined }
    | undefined;
};

export type QuoteLine = {
  readonly productId: string;
  readonly metric: string;
  readonly quantity: string;
  readonly unitPriceMicro: string;
  readonly capPriceMicro: string | null;
  readonly per: string;
  readonly upperBoundFen: string;
};

export type Left = { readonly limit: string; readonly used: string; readonly left: string } | null;

export type Quote = {
  readonly id: string;
  readonly agreementId: string;
  readonly periodId: string;
  readonly purposeClass: ReceiptCore["purposeClass"];
  readonly selection: Estimate["selection"] | null;
  readonly lines: readonly QuoteLine[];
  /** What is charged for this use is never more than this. */
  readonly upperBoundFen: string;
  /** Agreement version and digest of the signed terms that it was worked out by. */
  readonly priceVersion: { readonly version: string; readonly agreementDigest: string };
  readonly freeQuota: Left;
  readonly callsLeft: Left;
  readonly budgetLeftFen: string | null;
  readonly createdAt: string;
  readonly validUntil: string;
  /** The numbers of the chains when it was made: what follows them is compared with it. */
  readonly after: { readonly forward: string; readonly reverse: string };
  /** Set when it was used for one transfer; else all that follows until it ends counts. */
  readonly transferId: string | null;
  readonly text: Text;
};

export type QuoteInput = {
  readonly id: string;
  readonly agreement: {
    readonly id: string;
    readonly digest: string;
    readonly document: string;
    readonly terms: UsageTerms;
  };
  readonly price: SettlementTerms;
  readonly productId: string;
  readonly estimate: Estimate;
  readonly month: MonthSums;
  readonly totals: { readonly rows: string; readonly bytes: string };
  readonly callsByClass: { readonly [purposeClass: string]: string };
  readonly budgetFen: bigint | null;
  readonly spentFen: bigint;
  readonly after: Quote["after"];
  readonly nowMs: number;
};

/** An upper bound before anything is used, by the prices and quotas of this moment. */
export function quoteOf(input: QuoteInput): Result<Quote> {
  const { agreement, price, productId, estimate, nowMs } = input;
  const linePrice = priceOf(price, productId);
  if (linePrice === undefined) return refuseInsight("QUOTE_UNPRICED", { agreementId: agreement.id });
  const purposes = estimate.purpose === undefined ? agreement.terms.purposes : [estimate.purpose];
  const purposeClass = purposeClassOf(purposes);
  const metric = metricOf(price, productId);
  const quantity = quantityOf(input, metric);
  if (quantity === undefined) return refuseInsight("QUOTE_UNBOUNDED", { value: metric });
  const isCharged = purposeClass === "commercial";
  const bound = isCharged ? upperBoundFen(quantity, linePrice) : 0n;
  const [freeQuota, callsLeft] = quotasOf(input);
  const line: QuoteLine = {
    productId,
    metric,
    quantity: quantity.toString(),
    unitPriceMicro: linePrice.unitPriceMicro.toString(),
    capPriceMicro: linePrice.capPriceMicro?.toString() ?? null,
    per: linePrice.per.toString(),
    upperBoundFen: bound.toString(),
  };
  const { version } = JSON.parse(agreement.document) as { readonly version?: string };
  const until = Math.min(nextMonthBegins(nowMs), msOf(agreement.terms.validTo));
  return ok({
    id: input.id,
    agreementId: agreement.id,
    periodId: periodOf(nowMs),
    purposeClass,
    selection: estimate.selection ?? null,
    lines: [line],
    upperBoundFen: bound.toString(),
    priceVersion: { version: version ?? "1", agreementDigest: agreement.digest },
    freeQuota,
    callsLeft,
    budgetLeftFen: input.budgetFen === null ? null : (input.budgetFen - input.spentFen).toString(),
    createdAt: instantOf(nowMs),
    validUntil: instantOf(until),
    after: input.after,
    transferId: null,
    text: sentence(line, bound, isCharged, chinaTimeOf(until)),
  });
}

/** The estimate, else all that the agreement still lets out: an upper bound must be one. */
function quantityOf({ estimate, agreement, totals, callsByClass }: QuoteInput, metric: string): bigint | undefined {
  const given = metric === "calls" ? estimate.calls : metric === "rows" ? estimate.rows : estimate.bytes;
  if (given !== undefined) return BigInt(given);
  const { limits } = agreement.terms;
  const all = Object.values(callsByClass).reduce((sum, count) => sum + BigInt(count), 0n);
  if (metric === "calls") return rest(limits.maxCallsPerMonth, all);
  return metric === "rows" ? rest(limits.maxRows, BigInt(totals.rows)) : rest(limits.maxBytes, BigInt(totals.bytes));
}

function rest(limit: string | null, used: bigint): bigint | undefined {
  if (limit === null) return undefined;
  return BigInt(limit) > used ? BigInt(limit) - used : 0n;
}

function quotasOf({ agreement, callsByClass }: QuoteInput): [Left, Left] {
  const { freeCallsPerMonth = null, maxCallsPerMonth } = agreement.terms.limits;
  const left = (limit: string | null, used: bigint): Left =>
    limit === null ? null : { limit, used: used.toString(), left: (rest(limit, used) ?? 0n).toString() };
  const all = Object.values(callsByClass).reduce((sum, count) => sum + BigInt(count), 0n);
  return [left(freeCallsPerMonth, BigInt(callsByClass["public-interest"] ?? "0")), left(maxCallsPerMonth, all)];
}

function sentence(line: QuoteLine, bound: bigint, isCharged: boolean, until: string): Text {
  const words = fenWords(bound.toString());
  const metric = metricWord(line.metric);
  if (!isCharged) {
    return {
      zh: `公益用途不收费:${line.quantity} ${metric.zh}计 0 元,仍计量;有效至 ${until}。`,
      en: `Use in the public interest is free: ${line.quantity} ${metric.en} cost nothing and are metered; valid until ${until}.`,
    };
  }
  const per = perWords(line.per, metric);
  const price = priceWords(line.unitPriceMicro);
  const cap = line.capPriceMicro === null ? undefined : priceWords(line.capPriceMicro);
  return {
    zh: `${line.quantity} ${metric.zh}至多 ${words.zh}(${per.zh} ${price.zh}${cap === undefined ? "" : `,收费上限 ${cap.zh}`});有效至 ${until}。`,
    en: `${line.quantity} ${metric.en} cost at most ${words.en} (${price.en} ${per.en}${cap === undefined ? "" : `, cap ${cap.en}`}); valid until ${until}.`,
  };
}

export type QuoteActual = {
  readonly quantity: string;
  readonly receipts: string;
  readonly fen: string;
  /** Quantity beyond what was quoted; the bound holds for what was quoted. */
  readonly beyond: string;
  readonly isWithin: boolean;
  readonly isOver: boolean;
  readonly text: Text;
};

/** Receipts counted one by one: a month may hold more of them than are kept at once. */
export type Counted = {
  readonly add: (core: ReceiptCore) => void;
  readonly receipts: () => number;
  readonly units: (productId: string, metric: string) => bigint;
};

export function countReceipts(): Counted {
  const sums = new Map<string, bigint>();
  const place = (productId: string, metric: string) => `${metric}|${productId}`;
  let receipts = 0;
  return {
    add({ productId, usage }) {
      receipts++;
      for (const [metric, quantity] of Object.entries(usage)) {
        const at = place(productId, metric);
        sums.set(at, (sums.get(at) ?? 0n) + BigInt(quantity));
      }
    },
    receipts: () => receipts,
    units: (productId, metric) => sums.get(place(productId, metric)) ?? 0n,
  };
}

/**
 * What was charged for what followed a quote: the difference that it makes to the line, so that the quotes of a month add
 * up to what the month charges.
 */
export function actualOf(
  quote: Quote,
  terms: SettlementTerms,
  followed: Counted,
  chargedBefore: (productId: string) => bigint,
  nowMs: number,
): QuoteActual {
  let quantity = 0n;
  let fen = 0n;
  for (const { productId, metric } of quote.lines) {
    const price = priceOf(terms, productId);
    const units = followed.units(productId, metric);
    quantity += units;
    if (price === undefined || quote.purposeClass !== "commercial") continue;
    const before = chargedBefore(productId);
    fen += chargeOf(before + units, price) - chargeOf(before, price);
  }
  const quoted = quote.lines.reduce((sum, line) => sum + BigInt(line.quantity), 0n);
  const beyond = quantity > quoted ? quantity - quoted : 0n;
  const isWithin = fen <= BigInt(quote.upperBoundFen);
  const words = { fen: fenWords(fen.toString()), bound: fenWords(quote.upperBoundFen) };
  return {
    quantity: quantity.toString(),
    receipts: followed.receipts().toString(),
    fen: fen.toString(),
    beyond: beyond.toString(),
    isWithin,
    isOver: nowMs >= msOf(quote.validUntil),
    text: isWithin
      ? {
          zh: `实际 ${words.fen.zh},在报价上限 ${words.bound.zh} 之内。`,
          en: `${words.fen.en} were charged, within the quoted bound of ${words.bound.en}.`,
        }
      : {
          zh: `实际 ${words.fen.zh},超出报价上限 ${words.bound.zh}:使用量比报价多 ${beyond}。`,
          en: `${words.fen.en} were charged, above the quoted bound of ${words.bound.en}: ${beyond} more units were used than quoted.`,
        },
  };
}

/** Charged units of a product in a month up to a quote, from all of the month less what was charged since. */
export function chargedBefore(month: MonthSums, terms: SettlementTerms, chargedSince: Counted) {
  return (productId: string): bigint => {
    const metric = metricOf(terms, productId);
    return usedOf(month, productId, "commercial", metric) - chargedSince.units(productId, metric);
  };
}

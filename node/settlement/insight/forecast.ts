import { ok, type Result } from "../../kernel/exchange-error.ts";
import { chinaDateOf, chinaMidnight, type Instant, msOf } from "../../kernel/instant.ts";
import type { Text } from "../../kernel/text.ts";
import type { SettlementTerms } from "../../policy/settlement-terms.ts";
import { daysIn } from "../figures.ts";
import type { Carry, PeriodInput, UsageRow } from "../model.ts";
import { settle } from "../pipeline.ts";
import type { MeteredRow } from "../scheme.ts";
import { fenWords } from "./derivation-words.ts";
import { priceOf } from "./line-facts.ts";
import { refuseInsight } from "./refusal.ts";
import type { ClassSums, MonthSums } from "./running-usage.ts";
import { chargeOf } from "./spend.ts";

const DAY_MS = 86_400_000;
/** Fewer finished days than this say little of a month; the days of the month before are taken along. */
const ENOUGH_DAYS = 7;
/** Parts are found to one in 2⁶⁴, finer than any quantity here. */
const WHOLE = 1n << 64n;
/** Ninety in a hundred of normally spread sums lie within 1.645 standard deviations. */
const SPREAD = { num: 1_645n, den: 1_000n };

export const FORECAST_METHOD = "daily-mean-90" as const;

export type Outlook = { readonly low: string; readonly expected: string; readonly high: string };

export type Forecast = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly method: { readonly name: typeof FORECAST_METHOD; readonly text: Text };
  readonly daysOver: number;
  readonly daysLeft: number;
  /** Days that the mean and spread were taken from. */
  readonly daysSeen: number;
  readonly usage: readonly ({
    readonly productId: string;
    readonly metric: string;
    readonly purposeClass: string;
    readonly soFar: string;
  } & Outlook)[];
  readonly amountFen: Outlook & { readonly soFar: string };
  readonly parties: readonly ({ readonly partyId: string } & Outlook)[];
  readonly text: Text;
};

export type ForecastInput = {
  readonly terms: SettlementTerms;
  /** From when the agreement is in force: before that nothing could be used, which says nothing of a usual day. */
  readonly since: Instant;
  /** When it runs out; for one that has ended already, nothing comes any more. */
  readonly until: Instant;
  readonly hasEnded: boolean;
  /** At which charged use stops in this month; null: it goes on. */
  readonly stopFen: bigint | null;
  readonly periodId: string;
  readonly month: MonthSums;
  readonly previous: MonthSums;
  readonly previousPeriodId: string;
  readonly carry: Carry | null;
  /** Figures that are in no receipt, as last declared: what compensation and cost a month usually has. */
  readonly declared: Pick<PeriodInput, "resources" | "costs" | "maxRevenueFen">;
  readonly nowMs: number;
};

/**
 * Where a month is heading: what is used, plus the mean of its finished days for every day left; the range is where nine
 * of ten such sums lie if days go on as they were. Whole numbers throughout: a forecast of money is money.
 */
export function forecastOf(input: ForecastInput): Result<Forecast> {
  const { terms, periodId, nowMs } = input;
  const agreementId = terms.agreementId;
  const days = daysIn(periodId);
  const daysOver = finishedDays(periodId, nowMs, days);
  const daysLeft = daysInForce(input, daysOver, days);
  const observed = observedDays(input, daysOver);
  if (observed.length === 0 && daysLeft > 0) return refuseInsight("FORECAST_NOTHING", { agreementId });
  const uncapped = terms.products.flatMap(({ productId, metric }) =>
    ["commercial", "public-interest"].flatMap((purposeClass) => {
      const sums = input.month[productId]?.[purposeClass];
      const daily = observed.map(({ month, date }) =>
        BigInt(month[productId]?.[purposeClass]?.days[date]?.[metric] ?? "0"),
      );
      const soFar = BigInt(sums?.usage[metric] ?? "0");
      const finished = upTo(sums, metric, periodId, daysOver);
      if (soFar === 0n && daily.every((quantity) => quantity === 0n)) return [];
      return [
        { productId, metric, purposeClass, soFar: soFar.toString(), ...outlook(finished, soFar, daily, daysLeft) },
      ];
    }),
  );
  const usage = withinStop(input, uncapped);
  const cases = (["low", "expected", "high"] as const).map((which) => settleAt(input, usage, which));
  const [low, expected, high] = cases;
  if (low?.ok !== true || expected?.ok !== true || high?.ok !== true)
    return (cases.find((one) => !one.ok) ?? cases[0]) as never;
  const soFar = settleAt(input, usage, "soFar");
  if (!soFar.ok) return soFar;
  const fenOf = (at: typeof low, partyId: string) => at.value.totals.find((one) => one.partyId === partyId)?.fen ?? "0";
  return ok({
    agreementId,
    periodId,
    method: { name: FORECAST_METHOD, text: METHOD },
    daysOver,
    daysLeft,
    daysSeen: observed.length,
    usage,
    amountFen: {
      soFar: soFar.value.amountFen,
      low: low.value.amountFen,
      expected: expected.value.amountFen,
      high: high.value.amountFen,
    },
    parties: expected.value.totals.map(({ partyId, fen }) => ({
      partyId,
      ...sorted(fenOf(low, partyId), fen, fenOf(high, partyId)),
    })),
    text:
      daysLeft === 0
        ? over(periodId, soFar.value.amountFen)
        : sentence(periodId, low.value.amountFen, expected.value.amountFen, high.value.amountFen),
  });
}

const METHOD: Text = {
  zh: "已用量 + 已过完整天的日均 × 剩余天数;区间为日均按同样波动延续时 90% 的和所在的范围(±1.645 个标准差)。剩余天数只算到协议到期,已终止的不再有;预算设了用完即停的,计费用量至多算到预算。未计申报的价格上限。",
  en: "Used so far + mean of the finished days × days left; the range holds 90 % of such sums if days go on varying as they did (±1.645 standard deviations). Days left end with the agreement, and none are left of one that was ended; where a budget stops use, charged use is counted up to the budget. Caps that may still be declared are not known.",
};

type Observed = { readonly month: MonthSums; readonly date: string };

function observedDays(input: ForecastInput, daysOver: number): Observed[] {
  const first = chinaDateOf(msOf(input.since));
  const days = (periodId: string, count: number, month: MonthSums) =>
    datesOf(periodId, count).flatMap((date) => (date < first ? [] : [{ month, date }]));
  const own = days(input.periodId, daysOver, input.month);
  if (own.length >= ENOUGH_DAYS || Object.keys(input.previous).length === 0) return own;
  return [...days(input.previousPeriodId, daysIn(input.previousPeriodId), input.previous), ...own];
}

/** Days of the month, today among them, on which something can still be used. */
function daysInForce({ periodId, since, until, hasEnded }: ForecastInput, daysOver: number, days: number): number {
  if (hasEnded) return 0;
  const [first, end] = [chinaDateOf(msOf(since)), msOf(until)];
  const left = datesOf(periodId, days).slice(daysOver);
  return left.filter((date) => date >= first && msOf(chinaMidnight(date)) < end).length;
}

/** Of what is still to come, as much as a budget that stops lets through: the same part of every product. */
function withinStop(input: ForecastInput, usage: Forecast["usage"]): Forecast["usage"] {
  const { stopFen, terms } = input;
  if (stopFen === null) return usage;
  const charged = usage.filter(({ purposeClass }) => purposeClass === "commercial");
  const at = (which: keyof Outlook, part: bigint) => (one: Forecast["usage"][number]) => {
    const soFar = BigInt(one.soFar);
    return soFar + ((BigInt(one[which]) - soFar) * part) / WHOLE;
  };
  const fenAt = (which: keyof Outlook, part: bigint) =>
    charged.reduce((sum, one) => {
      const price = priceOf(terms, one.productId);
      return price === undefined ? sum : sum + chargeOf(at(which, part)(one), price);
    }, 0n);
  const capped = (which: keyof Outlook) => {
    let [low, high] = [0n, WHOLE];
    if (fenAt(which, high) <= stopFen) return high;
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (fenAt(which, middle) <= stopFen) low = middle;
      else high = middle;
    }
    return low;
  };
  const parts = { low: capped("low"), expected: capped("expected"), high: capped("high") };
  return usage.map((one) =>
    one.purposeClass !== "commercial"
      ? one
      : {
          ...one,
          low: at("low", parts.low)(one).toString(),
          expected: at("expected", parts.expected)(one).toString(),
          high: at("high", parts.high)(one).toString(),
        },
  );
}

function datesOf(periodId: string, count: number): string[] {
  const first = msOf(chinaMidnight(`${periodId}-01`));
  return Array.from({ length: count }, (_, i) => chinaDateOf(first + i * DAY_MS));
}

function finishedDays(periodId: string, nowMs: number, days: number): number {
  const over = Math.floor((nowMs - msOf(chinaMidnight(`${periodId}-01`))) / DAY_MS);
  return Math.max(0, Math.min(days, over));
}

/** What the finished days used; today is not one, and what it has used so far is part of what is left. */
function upTo(sums: ClassSums | undefined, metric: string, periodId: string, daysOver: number): bigint {
  return datesOf(periodId, daysOver).reduce((sum, date) => sum + BigInt(sums?.days[date]?.[metric] ?? "0"), 0n);
}

export function outlook(finished: bigint, soFar: bigint, daily: readonly bigint[], daysLeft: number): Outlook {
  if (daysLeft === 0) return { low: soFar.toString(), expected: soFar.toString(), high: soFar.toString() };
  const n = BigInt(daily.length);
  const left = BigInt(daysLeft);
  const sum = daily.reduce((all, quantity) => all + quantity, 0n);
  const squares = daily.reduce((all, quantity) => all + quantity * quantity, 0n);
  const expected = finished + (sum * left) / n;
  // n²·variance, so that nothing is divided before the root is taken.
  const variance = n * squares - sum * sum;
  const spread = (rootUp((variance * left * SPREAD.num * SPREAD.num) / (SPREAD.den * SPREAD.den)) + n - 1n) / n;
  const atLeast = (value: bigint) => (value > soFar ? value : soFar).toString();
  // What was used cannot be unused, so no bound lies below it.
  return { low: atLeast(expected - spread), expected: atLeast(expected), high: atLeast(expected + spread) };
}

/** ⌈√n⌉ by Newton's steps: a range is rounded outwards. */
function rootUp(n: bigint): bigint {
  if (n < 2n) return n;
  let at = 1n << BigInt((n.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (at + n / at) >> 1n;
    if (next >= at) return at * at < n ? at + 1n : at;
    at = next;
  }
}

type Which = keyof Outlook | "soFar";

function settleAt(input: ForecastInput, usage: Forecast["usage"], which: Which) {
  const { terms, periodId, carry, declared } = input;
  const of = (productId: string, purposeClass: string) =>
    BigInt(usage.find((one) => one.productId === productId && one.purposeClass === purposeClass)?.[which] ?? "0");
  const rows = terms.products.flatMap(({ productId }): UsageRow[] => {
    const free = of(productId, "public-interest");
    const quantity = of(productId, "commercial") + free;
    return quantity === 0n ? [] : [{ productId, quantity: quantity.toString(), freeQuantity: free.toString() }];
  });
  const metered = meteredRows(input);
  return settle(terms, { periodId, days: String(daysIn(periodId)), usage: rows, metered, ...declared }, carry);
}

/** Contributions weigh by their proportions, which are taken to stay. */
function meteredRows({ month, periodId }: ForecastInput): MeteredRow[] {
  return Object.entries(month).flatMap(([productId, classes]) =>
    Object.values(classes).flatMap(({ contributions }) =>
      Object.entries(contributions).flatMap(([partyId, metrics]) =>
        Object.entries(metrics).map(([metric, quantity]) => ({
          productId,
          usagePeriodId: periodId,
          partyId,
          metric,
          quantity,
        })),
      ),
    ),
  );
}

function sorted(low: string, expected: string, high: string): Outlook {
  const [a, b] = BigInt(low) <= BigInt(high) ? [low, high] : [high, low];
  return { low: a, expected, high: b };
}

function over(periodId: string, soFar: string): Text {
  const fen = fenWords(soFar);
  return {
    zh: `${periodId} 共 ${fen.zh};协议已到期或终止,不再增加。`,
    en: `${periodId} comes to ${fen.en}; the agreement has ended, so nothing is added.`,
  };
}

function sentence(periodId: string, low: string, expected: string, high: string): Text {
  const [a, b, c] = [fenWords(low), fenWords(expected), fenWords(high)];
  return {
    zh: `${periodId} 预计 ${b.zh}(${a.zh} 至 ${c.zh})。`,
    en: `${periodId} is heading for ${b.en} (${a.en} to ${c.en}).`,
  };
}

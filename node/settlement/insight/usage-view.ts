import type { Text } from "../../kernel/text.ts";
import type { HeldReceipt, UsageTotals } from "../../metering/model.ts";
import type { Agreement } from "../../negotiation/model.ts";
import { effectivePrice } from "../line-amount.ts";
import type { Gauge } from "./alerts.ts";
import { usedBp } from "./alerts.ts";
import type { Alert, Budget, Measure } from "./budget-model.ts";
import { fenWords } from "./derivation-words.ts";
import { metricOf, priceOf } from "./line-facts.ts";
import { type MonthSums, usedOf } from "./running-usage.ts";
import { chargeOf } from "./spend.ts";

export type UsageLine = {
  readonly productId: string;
  readonly metric: string;
  readonly quantity: string;
  readonly commercial: string;
  readonly free: string;
  readonly receipts: string;
  readonly effectivePriceMicro: string | null;
  /** What the charged use comes to as of now, at the agreed price. */
  readonly amountFen: string;
  readonly days: readonly { readonly date: string; readonly quantity: string }[];
};

export type Unsigned = {
  readonly receipts: string;
  readonly quantity: { readonly [metric: string]: string };
  /** What the provider has delivered on trust. */
  readonly fen: string;
  readonly oldest: string | null;
  readonly text: Text;
};

export type GaugeView = {
  readonly measure: Measure;
  readonly month: string;
  readonly used: string;
  readonly limit: string;
  readonly left: string;
  readonly usedBp: string;
};

/** One agreement in one month while it happens; each side shows it from its own receipts. */
export type UsageView = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly asOf: string;
  readonly side: Agreement["role"];
  readonly provider: string;
  readonly consumer: string;
  readonly lines: readonly UsageLine[];
  readonly amountFen: string;
  readonly unsigned: Unsigned;
  /** Calls that were answered but are in no receipt yet. */
  readonly unreceiptedCalls: string;
  readonly budget:
    | (Pick<Budget, "fen" | "hardStop" | "setAt" | "setBy"> & {
        readonly spentFen: string;
        readonly leftFen: string | null;
        /** Charged use is refused by now, since what is left pays for no further unit. */
        readonly isStopped: boolean;
      })
    | null;
  readonly gauges: readonly GaugeView[];
  readonly alerts: readonly Alert[];
};

type Input = {
  readonly agreement: Agreement;
  readonly periodId: string;
  readonly asOf: string;
  readonly month: MonthSums;
  readonly unsigned: readonly HeldReceipt[];
  readonly totals: UsageTotals;
  readonly budget: Budget | null;
  readonly spentFen: bigint;
  readonly gauges: readonly Gauge[];
  readonly alerts: readonly Alert[];
};

export function usageView(input: Input): UsageView {
  const { agreement, periodId, month, budget, spentFen, gauges } = input;
  const lines = Object.keys(month)
    .sort()
    .map((productId) => lineOf(agreement, month, productId));
  const answered = Object.values(input.totals.callsByMonth[periodId] ?? {}).reduce((sum, n) => sum + BigInt(n), 0n);
  const receipted = Object.values(month).reduce(
    (sum, classes) => sum + Object.values(classes).reduce((all, { usage }) => all + BigInt(usage.calls ?? "0"), 0n),
    0n,
  );
  return {
    agreementId: agreement.id,
    periodId,
    asOf: input.asOf,
    side: agreement.role,
    provider: agreement.provider,
    consumer: agreement.consumer,
    lines,
    amountFen: lines.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n).toString(),
    unsigned: unsignedOf(input),
    unreceiptedCalls: (answered > receipted ? answered - receipted : 0n).toString(),
    budget: budget === null ? null : budgetOf(budget, spentFen, gauges),
    gauges: gauges.map((gauge) => ({
      measure: gauge.measure,
      month: gauge.month,
      used: gauge.used.toString(),
      limit: gauge.limit.toString(),
      left: (gauge.limit > gauge.used ? gauge.limit - gauge.used : 0n).toString(),
      usedBp: usedBp(gauge),
    })),
    alerts: input.alerts,
  };
}

function budgetOf(
  { fen, hardStop, setAt, setBy }: Budget,
  spent: bigint,
  gauges: readonly Gauge[],
): NonNullable<UsageView["budget"]> {
  const leftFen = fen === null ? null : (BigInt(fen) - spent).toString();
  return {
    fen,
    hardStop,
    setAt,
    setBy,
    spentFen: spent.toString(),
    leftFen,
    isStopped: gauges.some((gauge) => gauge.isStopped),
  };
}

function lineOf({ terms }: Agreement, month: MonthSums, productId: string): UsageLine {
  const classes = Object.values(month[productId] ?? {});
  const { price } = terms;
  const linePrice = price === null ? undefined : priceOf(price, productId);
  const metric = linePrice === undefined || price === null ? usualMetric(month, productId) : metricOf(price, productId);
  const commercial = usedOf(month, productId, "commercial", metric);
  const free = usedOf(month, productId, "public-interest", metric);
  const days = new Map<string, bigint>();
  for (const { days: each } of classes) {
    for (const [date, usage] of Object.entries(each))
      days.set(date, (days.get(date) ?? 0n) + BigInt(usage[metric] ?? "0"));
  }
  return {
    productId,
    metric,
    quantity: (commercial + free).toString(),
    commercial: commercial.toString(),
    free: free.toString(),
    receipts: classes.reduce((sum, { receipts }) => sum + BigInt(receipts), 0n).toString(),
    effectivePriceMicro: linePrice === undefined ? null : effectivePrice(linePrice).toString(),
    amountFen: linePrice === undefined ? "0" : chargeOf(commercial, linePrice).toString(),
    days: [...days]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([date, quantity]) => ({ date, quantity: quantity.toString() })),
  };
}

/** Without a price nothing says what is counted: calls where there are any, else rows, else bytes. */
function usualMetric(month: MonthSums, productId: string): string {
  const metrics = new Set(Object.values(month[productId] ?? {}).flatMap(({ usage }) => Object.keys(usage)));
  return ["calls", "rows", "bytes"].find((metric) => metrics.has(metric)) ?? "calls";
}

/** What the provider let out that the consumer has not signed for: at most two batches a transfer, five seconds of calls. */
function unsignedOf({ agreement, month, unsigned }: Input): Unsigned {
  const { price } = agreement.terms;
  const quantity: { [metric: string]: string } = {};
  const charged = new Map<string, bigint>();
  for (const { core } of unsigned) {
    for (const [metric, units] of Object.entries(core.usage)) {
      quantity[metric] = (BigInt(quantity[metric] ?? "0") + BigInt(units)).toString();
    }
    if (price === null || core.purposeClass !== "commercial") continue;
    const units = BigInt(core.usage[metricOf(price, core.productId)] ?? "0");
    charged.set(core.productId, (charged.get(core.productId) ?? 0n) + units);
  }
  let fen = 0n;
  for (const [productId, units] of charged) {
    const linePrice = price === null ? undefined : priceOf(price, productId);
    if (price === null || linePrice === undefined) continue;
    const all = usedOf(month, productId, "commercial", metricOf(price, productId));
    fen += chargeOf(all, linePrice) - chargeOf(all - units, linePrice);
  }
  const oldest = unsigned.map(({ core }) => core.endedAt).sort()[0] ?? null;
  const words = fenWords(fen.toString());
  return {
    receipts: unsigned.length.toString(),
    quantity,
    fen: fen.toString(),
    oldest,
    text:
      unsigned.length === 0
        ? { zh: "没有未签收的用量。", en: "Nothing is waiting for a signature." }
        : {
            zh: `${unsigned.length} 张凭据待使用方签字,涉及 ${words.zh};每个传输至多两批、调用至多 5 秒未签。`,
            en: `${unsigned.length} receipts wait for the consumer's signature, ${words.en} in all; at most two batches a transfer and five seconds of calls go unsigned.`,
          },
  };
}

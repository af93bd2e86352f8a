import type { UsageTotals } from "../../metering/model.ts";
import type { UsageTerms } from "../../policy/model.ts";
import { type Alert, AT_END, type Measure, THRESHOLDS, type Threshold } from "./budget-model.ts";

/** A limit and how much of it is used. */
export type Gauge = {
  /** Of a budget that stops: nothing more can be paid for. */
  readonly isStopped?: boolean;
  readonly measure: Measure;
  readonly month: string;
  readonly used: bigint;
  readonly limit: bigint;
};

export type Reached = Gauge & { readonly threshold: Threshold };

type Input = {
  readonly month: string;
  readonly limits: UsageTerms["limits"];
  readonly totals: UsageTotals;
  readonly spentFen: bigint;
  readonly budgetFen: bigint | null;
  readonly isStopped?: boolean;
};

/** Everything of an agreement that can run out; what is unlimited has no gauge. */
export function gaugesOf({ month, limits, totals, spentFen, budgetFen, isStopped = false }: Input): Gauge[] {
  const calls = totals.callsByMonth[month] ?? {};
  const all = Object.values(calls).reduce((sum, count) => sum + BigInt(count), 0n);
  const gauge = (measure: Measure, during: string, used: bigint, limit: string | null | undefined): Gauge[] =>
    limit === null || limit === undefined ? [] : [{ measure, month: during, used, limit: BigInt(limit) }];
  return [
    ...(budgetFen === null ? [] : [{ measure: "budget" as const, month, used: spentFen, limit: budgetFen, isStopped }]),
    ...gauge("maxCallsPerMonth", month, all, limits.maxCallsPerMonth),
    ...gauge("freeCallsPerMonth", month, BigInt(calls["public-interest"] ?? "0"), limits.freeCallsPerMonth),
    ...gauge("maxRows", "all", BigInt(totals.rows), limits.maxRows),
    ...gauge("maxBytes", "all", BigInt(totals.bytes), limits.maxBytes),
  ];
}

/**
 * Thresholds that a use has come to, lowest first. A limit of 0 is used up by the first use, not before; one that pays for
 * nothing more is at its end, whatever part of it was used.
 */
export function reachedOf(gauges: readonly Gauge[]): Reached[] {
  const isReached = ({ used, limit, isStopped = false }: Gauge, threshold: Threshold) =>
    (isStopped && threshold === AT_END) || (used > 0n && used * 100n >= limit * BigInt(threshold));
  return gauges.flatMap((gauge) =>
    THRESHOLDS.filter((threshold) => isReached(gauge, threshold)).map((threshold) => ({ ...gauge, threshold })),
  );
}

/** Those that wait to be noted: the highest of each limit, since who knows of 80 % knows of 50. */
export function alertsToNote(alerts: readonly Alert[]): Alert[] {
  const limitOf = ({ agreementId, month, measure }: Alert) => `${agreementId} ${month} ${measure}`;
  const isBelow = (one: Alert) =>
    alerts.some((other) => other.threshold > one.threshold && limitOf(other) === limitOf(one));
  return alerts.filter((one) => one.acknowledgedAt === null && !isBelow(one));
}

/** In basis points of the limit, rounded down, for showing. */
export function usedBp({ used, limit }: Gauge): string {
  if (limit === 0n) return used > 0n ? "10000" : "0";
  return ((used * 10_000n) / limit).toString();
}

import { msOf, periodOf } from "../../kernel/instant.ts";
import { collection } from "../../storage/collection.ts";

/** What the consumer's finance office means to spend under an agreement in each month. */
export type Budget = {
  readonly agreementId: string;
  /** Null: no budget any more. */
  readonly fen: string | null;
  /** Charged use is refused once the budget is spent; else it only alarms. */
  readonly hardStop: boolean;
  /** The region that set it. */
  readonly setBy: string;
  readonly setAt: string;
  /** Rises with each change; an older word of the peer never overwrites a newer one. */
  readonly revision: number;
};

export const measures = ["budget", "maxCallsPerMonth", "freeCallsPerMonth", "maxRows", "maxBytes"] as const;
export type Measure = (typeof measures)[number];

/** Percent of a limit at which both sides are told, once each as long as the limit stands. */
export const THRESHOLDS = [50, 80, 90, 100] as const;
export type Threshold = (typeof THRESHOLDS)[number];

/** The threshold at which a limit has come to its end. */
export const AT_END = 100 satisfies Threshold;

export type Alert = {
  readonly id: string;
  readonly agreementId: string;
  /** The month; `all` for a limit over the whole agreement. */
  readonly month: string;
  readonly measure: Measure;
  readonly threshold: Threshold;
  readonly used: string;
  readonly limit: string;
  /** Of a budget that stops: charged use is refused from then on, though less than the whole may be used. */
  readonly stopped?: true;
  readonly at: string;
  readonly acknowledgedAt: string | null;
};

/** Whether a month was over when the budget was set: its use was never measured by it. */
export function isBefore({ setAt }: Budget, month: string): boolean {
  return month < periodOf(msOf(setAt));
}

/** What may be spent in a month; null: no budget. */
export function budgetOf(budget: Budget | undefined, month: string): bigint | null {
  return budget === undefined || budget.fen === null || isBefore(budget, month) ? null : BigInt(budget.fen);
}

export const budgets = collection<Budget>("usage-budget");
/** (agreement, month, measure, percent) → of which limit it was said last. The key is what makes it once. */
export const alerts = collection<Alert>("usage-alert");

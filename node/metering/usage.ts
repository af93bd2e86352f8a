import { collection } from "../storage/collection.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import type { ReceiptCore, UsageTotals } from "./model.ts";

/** Agreement → what was used of it so far; advanced in the commits that release, and the input of policy's limits. */
export const usages = collection<UsageTotals>("usage");

export const NO_USAGE: UsageTotals = { rows: "0", bytes: "0", calls: "0", callsByMonth: {} };

export type Used = {
  readonly rows?: bigint;
  readonly bytes?: bigint;
  /** Calls belong to a month of China and a class, because free quotas and monthly limits do. */
  readonly calls?: { readonly count: bigint; readonly month: string; readonly purposeClass: string };
};

export function usageTotalsRefs(agreementId: string): readonly AnyRef[] {
  return [usages.at(agreementId)];
}

export function usageTotals(tx: Tx, agreementId: string): UsageTotals {
  return tx.get(usages.at(agreementId)) ?? NO_USAGE;
}

/** Negative quantities take back what a correction takes back. */
export function addUsage(tx: Tx, agreementId: string, used: Used): UsageTotals {
  const totals = plus(usageTotals(tx, agreementId), used);
  tx.put(usages.at(agreementId), totals);
  return totals;
}

/** What limits are judged by follows the chain, whichever way a receipt came into it: both regions show the same usage. */
export function countUsage(tx: Tx, { agreementId, usage, periodId, purposeClass }: ReceiptCore): void {
  const { rows = "0", bytes = "0", calls } = usage;
  const counted = calls === undefined ? {} : { calls: { count: BigInt(calls), month: periodId, purposeClass } };
  addUsage(tx, agreementId, { rows: BigInt(rows), bytes: BigInt(bytes), ...counted });
}

/** The totals after a use, without storing them: what a decider judges the next call of the same request by. */
export function plus(totals: UsageTotals, { rows = 0n, bytes = 0n, calls }: Used): UsageTotals {
  const sums = { ...totals, rows: sum(totals.rows, rows), bytes: sum(totals.bytes, bytes) };
  if (calls === undefined) return sums;
  const month = totals.callsByMonth[calls.month] ?? {};
  return {
    ...sums,
    calls: sum(totals.calls, calls.count),
    callsByMonth: {
      ...totals.callsByMonth,
      [calls.month]: { ...month, [calls.purposeClass]: sum(month[calls.purposeClass] ?? "0", calls.count) },
    },
  };
}

function sum(a: string, b: bigint): string {
  return String(BigInt(a) + b);
}

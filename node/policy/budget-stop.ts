import { periodOf } from "../kernel/instant.ts";

/**
 * A month's budget as quantities, so that the commit that releases can judge it: how much charged use the budget still
 * pays for was worked out when it was set, by the prices in force. Kept in the usage record that every release reads.
 */
export type BudgetStop = {
  readonly month: string;
  /** Charged calls that the budget pays for in this month; null: nothing is charged by calls. */
  readonly calls: string | null;
  /** Totals of the agreement at which charged rows or bytes end in this month; null: not charged by them. */
  readonly rows: string | null;
  readonly bytes: string | null;
};

type Totals = {
  readonly rows: string;
  readonly bytes: string;
  readonly callsByMonth: { readonly [month: string]: { readonly [purposeClass: string]: string } };
  readonly stop?: BudgetStop | null | undefined;
};

/** Charged calls that the month's budget still pays for; null: no budget that stops. Each month begins with the whole of it. */
export function callsAffordable({ stop, callsByMonth }: Totals, nowMs: number): bigint | null {
  if (stop === undefined || stop === null || stop.calls === null) return null;
  const used = BigInt(callsByMonth[periodOf(nowMs)]?.commercial ?? "0");
  const rest = BigInt(stop.calls) - used;
  return rest > 0n ? rest : 0n;
}

/** Whether charged rows or bytes have come to the end of the month's budget. In a new month it is worked out anew first. */
export function isVolumeSpent({ stop, rows, bytes }: Totals, nowMs: number): boolean {
  if (stop === undefined || stop === null || stop.month !== periodOf(nowMs)) return false;
  const isOver = (limit: string | null, used: string) => limit !== null && BigInt(used) >= BigInt(limit);
  return isOver(stop.rows, rows) || isOver(stop.bytes, bytes);
}

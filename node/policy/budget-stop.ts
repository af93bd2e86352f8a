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

export type Volume = { readonly rows: bigint | null; readonly bytes: bigint | null };

/** Charged calls that the month's budget still pays for; null: no budget that stops. Each month begins with the whole of it. */
export function callsAffordable({ stop, callsByMonth }: Totals, nowMs: number): bigint | null {
  if (stop === undefined || stop === null || stop.calls === null) return null;
  return left(stop.calls, callsByMonth[periodOf(nowMs)]?.commercial ?? "0");
}

/** Charged rows and bytes that the month's budget still pays for; null: no end. In a new month it is worked out anew first. */
export function volumeAffordable({ stop, rows, bytes }: Totals, nowMs: number): Volume {
  if (stop === undefined || stop === null || stop.month !== periodOf(nowMs)) return { rows: null, bytes: null };
  return { rows: left(stop.rows, rows), bytes: left(stop.bytes, bytes) };
}

/** What of a limit is not used up; null: there is no limit. */
export function left(limit: string | null, used: string): bigint | null {
  if (limit === null) return null;
  const rest = BigInt(limit) - BigInt(used);
  return rest > 0n ? rest : 0n;
}

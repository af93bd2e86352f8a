import { chinaMidnight, msOf, nextPeriod, periodOf } from "../../kernel/instant.ts";

/** When the next month begins in China. */
export function nextMonthBegins(nowMs: number): number {
  return msOf(chinaMidnight(`${nextPeriod(periodOf(nowMs))}-01`));
}

export function previousPeriod(periodId: string): string {
  const [year = 0, month = 0] = periodId.split("-").map(Number);
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, "0")}`;
}

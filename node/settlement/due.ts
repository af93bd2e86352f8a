import type { ProcessDeps } from "./process.ts";

export type Due = { readonly until: string; readonly rule: string; readonly verified: boolean };

/** What the two regions agreed comes first, then what the country says of disputes over sharing. Source: domain.md §6.8, §7. */
const RULES = ["settlement.objectionDays", "share.disputeDays"] as const;

/** By when something that began then should be over; null where no rule in force says so, never a number of our own. */
export function deadlineOf(
  { rules }: Pick<ProcessDeps, "rules">,
  fromMs: number,
  peer: string | undefined,
): Due | null {
  for (const key of RULES) {
    const found = rules?.deadline(key, fromMs, peer === undefined ? {} : { peer });
    if (found?.ok === true) {
      const { until, rule, verified } = found.value;
      return { until, rule, verified };
    }
  }
  return null;
}

import type { Principal } from "../identity/model.ts";
import type { Reason } from "../kernel/reason.ts";
import { disputeViews } from "./dispute-view.ts";
import { closeLedger } from "./ledger-close.ts";
import { onTheirWay } from "./order.ts";
import { blockOf } from "./period-view.ts";
import type { ProcessDeps } from "./process.ts";

export type Waiting = { readonly periodId: string; readonly reason: Reason | null };

/** What waits for this person: statements and disputes whose turn is here, and whatever is overdue wherever it waits. */
export async function waitingFor(deps: ProcessDeps, { roles }: Principal): Promise<Waiting[]> {
  if (!roles.includes("finance")) return [];
  const waiting = new Map<string, Reason>();
  for await (const settlement of onTheirWay(deps.store)) {
    const block = blockOf(deps, settlement);
    const isOurs = block?.turn?.region === deps.region && block.turn.role === "finance";
    if (block !== undefined && (isOurs || block.overdue)) waiting.set(settlement.periodId, reasonOf(block));
  }
  for (const { periodId, standing } of await disputeViews(deps)) {
    if (standing?.turn?.region === deps.region && !waiting.has(periodId)) waiting.set(periodId, standing);
  }
  return [...waiting].map(([periodId, reason]) => ({ periodId, reason }));
}

function reasonOf({ code, rule, turn, until, verified, text, neutral }: Reason): Reason {
  return { code, rule, turn, until, verified, text, neutral };
}

/** Called every minute or so, by each replica. */
export async function tend(deps: ProcessDeps): Promise<void> {
  await closeLedger(deps);
  let overdue = 0;
  for await (const settlement of onTheirWay(deps.store)) if (blockOf(deps, settlement)?.overdue) overdue++;
  deps.metrics.gauge("settlements_overdue", overdue);
  deps.metrics.gauge("disputes_overdue", (await disputeViews(deps)).filter((one) => one.overdue).length);
}

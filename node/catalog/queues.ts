import type { Principal } from "../identity/model.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Store } from "../storage/port.ts";
import { countQueue } from "./pending.ts";

/** `entries` as people read it: a long queue is not counted to its end on every page. */
export type WaitingEntries = {
  readonly queue: "review" | "returned";
  readonly entries: string;
  readonly reason: Reason;
};

const COUNTED = 1_000;

export async function queuesFor(
  store: Store,
  region: string,
  { userId, roles }: Principal,
): Promise<readonly WaitingEntries[]> {
  const found: WaitingEntries[] = [];
  if (roles.includes("approver")) {
    const entries = await counted(store, "review", userId);
    if (entries !== undefined) found.push({ queue: "review", entries, reason: reviewReason(entries, region) });
  }
  if (roles.includes("publisher")) {
    const entries = await counted(store, "returned");
    if (entries !== undefined) found.push({ queue: "returned", entries, reason: returnedReason(entries, region) });
  }
  return found;
}

async function counted(store: Store, queue: WaitingEntries["queue"], except?: string): Promise<string | undefined> {
  const count = await countQueue(store, [queue], { atMost: COUNTED + 1, ...(except === undefined ? {} : { except }) });
  if (count === 0) return undefined;
  return count > COUNTED ? `${COUNTED}+` : String(count);
}

function reviewReason(entries: string, region: string): Reason {
  const text = {
    zh: `${entries} 个条目已提交审核,须由提交人以外的审批人批准、退回或不予发布;批准后才对外可见。`,
    en: `Entries handed in for review: ${entries}. An approver other than who handed them in approves, returns or refuses each; nobody sees them before.`,
  };
  const turn = { region, role: "approver" };
  const rule = "catalog.publication/approve";
  return { code: "ENTRIES_TO_REVIEW", rule, turn, until: null, verified: true, text, neutral: text };
}

function returnedReason(entries: string, region: string): Reason {
  const text = {
    zh: `审批人退回了 ${entries} 个条目,理由见各条目的办理过程;请修改后重新导入,或重新提交。`,
    en: `Entries that an approver sent back: ${entries}; each says why among its steps. Correct and import them again, or submit them again.`,
  };
  const turn = { region, role: "publisher" };
  const rule = "catalog.publication/return";
  return { code: "ENTRIES_RETURNED", rule, turn, until: null, verified: true, text, neutral: text };
}

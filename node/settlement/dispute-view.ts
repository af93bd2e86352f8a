import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaTimeOf, instantOf, msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import { list, read } from "../storage/transact.ts";
import { findDispute } from "./dispute.ts";
import { type Due, deadlineOf } from "./due.ts";
import { type ProcessDeps, settlementRef } from "./process.ts";
import { refuseProcess } from "./process-refusal.ts";
import { agreementBooks, type Dispute, disputes } from "./store.ts";

/** A dispute as people see it: where it stands, who moves next, by when. */
export type DisputeView = Omit<Dispute, "deadline"> & {
  readonly peer: string;
  /** What it is about is parked in the ledger: left out of what was signed, to be decided later. */
  readonly parked: boolean;
  /** Both regions have said the same, in a signed statement, or it was withdrawn before one. */
  readonly settled: boolean;
  /** Open beyond its deadline: a person has to act; the clock decides nothing. */
  readonly overdue: boolean;
  /** Runs from when the other region has it before it and may answer: from the statement that parks it; null before. */
  readonly deadline: Due | null;
  /** Why it is open, whose turn it is and until when; null once it is settled. */
  readonly standing: Reason | null;
};

type Deps = Pick<ProcessDeps, "store" | "region" | "runtime" | "rules" | "agreements">;

export async function disputeViews(deps: Deps, periodId?: string): Promise<DisputeView[]> {
  const found: DisputeView[] = [];
  for await (const dispute of list(deps.store, disputes)) {
    if (periodId === undefined || dispute.periodId === periodId) found.push(await disputeView(deps, dispute));
  }
  return found;
}

export async function oneDispute(deps: Deps, periodId: string, id: string): Promise<Result<DisputeView>> {
  const found = await findDispute(deps.store, id);
  if (found === undefined || found.periodId !== periodId) return refuseProcess("DISPUTE_NOT_FOUND", { value: id });
  return ok(await disputeView(deps, found));
}

export async function disputeView(deps: Deps, dispute: Dispute): Promise<DisputeView> {
  const { agreementId, receiptIds, state } = dispute;
  const agreement = await deps.agreements.find(agreementId);
  const peer = (agreement?.provider === deps.region ? agreement.consumer : agreement?.provider) ?? dispute.openedBy;
  const books = await read(deps.store, agreementBooks.at(agreementId));
  const held = new Set(books?.parkedReceiptIds);
  const parked = receiptIds.some((id) => held.has(id));
  const settled = state !== "open" && !parked;
  const deadline = parked ? await deadlineSince(deps, dispute, peer) : null;
  const overdue = !settled && deadline !== null && deadline.until <= instantOf(deps.runtime.nowMs());
  const view = { ...dispute, deadline, peer, parked, settled, overdue };
  return { ...view, standing: settled ? null : standingOf(deps.region, view) };
}

/** The region that opened it may have done so long before the month was closed; the other one has it from then on. */
async function deadlineSince(deps: Deps, dispute: Dispute, peer: string): Promise<Due | null> {
  const settlement = await read(deps.store, settlementRef(dispute));
  const { openedAt, deadline = null } = dispute;
  const parkedAt = settlement?.signedAt ?? openedAt;
  return parkedAt > openedAt ? deadlineOf(deps, msOf(parkedAt), peer) : deadline;
}

type Standing = Pick<DisputeView, "state" | "openedBy" | "deadline" | "peer" | "parked" | "overdue">;

function standingOf(region: string, { state, openedBy, deadline, peer, parked, overdue }: Standing): Reason {
  const until = deadline?.until ?? null;
  const common = { rule: deadline?.rule ?? "settlement.dispute", until, verified: deadline?.verified ?? true };
  const passed = until === null ? "" : chinaTimeOf(msOf(until));
  const say = (code: string, at: string | null, zh: string, en: string): Reason => {
    const text = { zh, en };
    return { code, ...common, turn: at === null ? null : { region: at, role: "finance" }, text, neutral: text };
  };
  if (!parked) {
    return say(
      "DISPUTE_WAITS_FOR_CLOSE",
      null,
      `关账时随申报送交 ${peer},争议金额届时挂起,由 ${peer} 的财务人员答复;在此之前可以撤回。`,
      `It goes to ${peer} when the period is closed; its amount is parked then and the finance officer of ${peer} answers. It can be withdrawn before.`,
    );
  }
  if (overdue) {
    return say(
      "DISPUTE_OVERDUE",
      region,
      `争议已超过处理期限(${passed}),系统不作裁决;请财务人员与 ${peer} 协商后给出结论,或提请共同上级协调。`,
      `The dispute is past its deadline (${passed}); nothing is decided by the clock. Finance must come to an outcome with ${peer}, or take it to the common superior.`,
    );
  }
  if (state !== "open") {
    return say(
      "DISPUTE_WAITS_FOR_PEER",
      peer,
      `本方已给出结论,等待 ${peer} 给出相同结论;一致后在下一期结算中生效。`,
      `This region has said how it ends; it takes effect in the next settlement in which ${peer} says the same.`,
    );
  }
  return openedBy === region
    ? say(
        "DISPUTE_WAITS_FOR_ANSWER",
        peer,
        `等待 ${peer} 的财务人员答复。`,
        `Waiting for the finance officer of ${peer} to answer.`,
      )
    : say(
        "DISPUTE_WAITS_FOR_US",
        region,
        `${openedBy} 提出争议,等待本方财务人员给出结论(成立、不成立)。`,
        `${openedBy} opened the dispute; this region's finance officer has to say how it ends (upheld or rejected).`,
      );
}

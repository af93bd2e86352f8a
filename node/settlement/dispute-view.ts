import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaTimeOf, instantOf, msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import { list, read } from "../storage/transact.ts";
import { findDispute } from "./dispute.ts";
import { type Due, deadlineOf } from "./due.ts";
import type { Resolution } from "./messages.ts";
import { type ProcessDeps, settlementRef } from "./process.ts";
import type { Settlement } from "./process-model.ts";
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
  const { agreementId, receiptIds, state, openedBy } = dispute;
  const agreement = await deps.agreements.find(agreementId);
  const peer = (agreement?.provider === deps.region ? agreement.consumer : agreement?.provider) ?? openedBy;
  const books = await read(deps.store, agreementBooks.at(agreementId));
  const held = new Set(books?.parkedReceiptIds);
  const parked = receiptIds.some((id) => held.has(id));
  const settled = state !== "open" && !parked;
  const parking = parked ? await read(deps.store, settlementRef(dispute)) : undefined;
  const deadline = parked ? deadlineSince(deps, dispute, parking, peer) : null;
  // Who has answered is late with nothing: answers are exchanged at the next closing, and not before.
  const overdue = parked && state === "open" && deadline !== null && deadline.until <= instantOf(deps.runtime.nowMs());
  const view = { ...dispute, deadline, peer, parked, settled, overdue };
  if (settled) return { ...view, standing: null };
  const last = parked && books !== undefined ? { agreementId, periodId: books.lastPeriod } : undefined;
  const { theirs = null } = (last && (await read(deps.store, settlementRef(last)))) ?? {};
  const theirWord = theirs?.resolutions.find(({ receiptId }) => receiptIds.includes(receiptId))?.outcome ?? null;
  const isMutual = openedBy === deps.region && lists(parking, receiptIds);
  return { ...view, standing: standingOf(deps.region, { ...view, theirWord, isMutual }) };
}

/** Whether the other region has disputed some of them, too, before they were parked. */
function lists(parking: Settlement | undefined, receiptIds: readonly string[]): boolean {
  const theirs = new Set(parking?.theirs?.disputedReceiptIds);
  return receiptIds.some((id) => theirs.has(id));
}

/** The region that opened it may have done so long before the month was closed; the other one has it from then on. */
function deadlineSince(deps: Deps, dispute: Dispute, parking: Settlement | undefined, peer: string): Due | null {
  const { openedAt, deadline = null } = dispute;
  const parkedAt = parking?.signedAt ?? openedAt;
  return parkedAt > openedAt ? deadlineOf(deps, msOf(parkedAt), peer) : deadline;
}

type Standing = Pick<DisputeView, "state" | "openedBy" | "deadline" | "peer" | "parked" | "overdue"> & {
  /** What the other region said at the last closing, which was not what this one said. */
  readonly theirWord: Word | null;
  /** Both have raised it, each its own. */
  readonly isMutual: boolean;
};

type Word = Resolution["outcome"];
const WORDS: { readonly [W in Word]: Text } = {
  upheld: { zh: "成立", en: "upheld" },
  rejected: { zh: "不成立", en: "rejected" },
};

function standingOf(region: string, standing: Standing): Reason {
  const { state, openedBy, deadline, peer, parked, overdue, theirWord, isMutual } = standing;
  const say = (code: string, at: string | null, zh: string, en: string): Reason => {
    const text = { zh, en };
    const turn = at === null ? null : { region: at, role: "finance" };
    // No clock runs where it is nobody's turn.
    const due = at === null ? null : deadline;
    const by = { rule: due?.rule ?? "settlement.dispute", verified: due?.verified ?? true };
    return { code, ...by, turn, until: due?.until ?? null, text, neutral: text };
  };
  if (!parked) {
    return say(
      "DISPUTE_WAITS_FOR_CLOSE",
      null,
      `关账时随申报送交 ${peer},争议金额届时挂起,由 ${peer} 的财务人员答复;在此之前可以撤回。`,
      `It goes to ${peer} when the period is closed; its amount is parked then and the finance officer of ${peer} answers. It can be withdrawn before.`,
    );
  }
  if (state !== "open") return answered(say, region, peer, state === "upheld" ? "upheld" : "rejected", theirWord);
  const word = theirWord === null ? { zh: "", en: "" } : heard(peer, theirWord);
  if (overdue) {
    const passed = deadline === null ? "" : chinaTimeOf(msOf(deadline.until));
    return say(
      "DISPUTE_OVERDUE",
      region,
      `${word.zh}争议已超过处理期限(${passed}),系统不作裁决;请财务人员与 ${peer} 协商后给出结论,或提请共同上级协调。`,
      `${word.en}The dispute is past its deadline (${passed}); nothing is decided by the clock. Finance must come to an outcome with ${peer}, or take it to the common superior.`,
    );
  }
  if (openedBy === region && theirWord === null && !isMutual) {
    return say(
      "DISPUTE_WAITS_FOR_ANSWER",
      peer,
      `等待 ${peer} 的财务人员答复。`,
      `Waiting for the finance officer of ${peer} to answer.`,
    );
  }
  const raised = isMutual
    ? { zh: `本方与 ${peer} 都对其提出争议,`, en: `This region and ${peer} have both disputed it; ` }
    : { zh: `${openedBy} 提出争议,`, en: `${openedBy} opened the dispute; ` };
  return say(
    "DISPUTE_WAITS_FOR_US",
    region,
    `${word.zh}${raised.zh}等待本方财务人员给出结论(成立、不成立)。`,
    `${word.en}${raised.en}this region's finance officer has to say how it ends (upheld or rejected).`,
  );
}

function heard(peer: string, word: Word): Text {
  return { zh: `${peer} 的结论:${WORDS[word].zh}。`, en: `${peer} says: ${WORDS[word].en}. ` };
}

type Say = (code: string, at: string | null, zh: string, en: string) => Reason;

function answered(say: Say, region: string, peer: string, own: Word, theirs: Word | null): Reason {
  if (theirs !== null && theirs !== own) {
    const [ours, other] = [WORDS[own], WORDS[theirs]];
    return say(
      "DISPUTE_OUTCOMES_DIFFER",
      region,
      `双方结论不同(本方${ours.zh},${peer} ${other.zh}),金额继续挂起;请财务人员与 ${peer} 协商后改变一方的结论,或提请共同上级协调。`,
      `The two regions differ (here ${ours.en}, ${peer} ${other.en}), so the amount stays parked; finance must agree with ${peer} on one of them, or take it to the common superior.`,
    );
  }
  return say(
    "DISPUTE_ANSWERED",
    null,
    `本方结论(${WORDS[own].zh})已记录,下一次关账时与 ${peer} 的结论核对;一致即生效。`,
    `This region's word (${WORDS[own].en}) is recorded and compared with that of ${peer} at the next closing; it takes effect if both say the same.`,
  );
}

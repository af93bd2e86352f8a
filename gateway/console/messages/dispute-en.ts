import type { disputeZh } from "./dispute-zh.ts";
import type { Filled } from "./filled.ts";

/** Disputes, in English. */
export const disputeEn: Filled<typeof disputeZh> = {
  dispute: {
    title: "Disputes",
    one: "Dispute",
    evidenceTitle: "Evidence",
    lead: (open) =>
      open === 0 ? "No dispute is open" : open === 1 ? "One dispute is open" : `${open} disputes are open`,
    empty:
      "There is no dispute yet. Open a statement that is not signed to dispute some of its receipts; the rest settles meanwhile.",
    openOn: (period, name) => `${period} ${name}`,
    about: "Statement",
    receipts: "Receipts",
    reason: "Reason",
    state: "State",
    states: { open: "open", upheld: "upheld", rejected: "rejected", withdrawn: "withdrawn" },
    settled: "settled",
    parked: "parked",
    turn: "Whose turn, until when",
    openedBy: (region, at) => `opened by ${region} on ${at}`,
    newTitle: "Raise a dispute",
    newLead: (name) => `Which receipts of ${name} are in doubt?`,
    choose: "Receipts in doubt",
    reasonHint: "Say what does not fit and what should count; the other region reads it as you write it.",
    evidence: "Evidence (optional)",
    evidenceHint:
      "The files stay with you; only name and digest are recorded, so that the other side can check what you show it.",
    check: "See what will change",
    confirmTitle: "Please confirm: raise a dispute",
    willPark: (n, quantity) =>
      `${n === 1 ? "One receipt" : `${n} receipts`} (${quantity} in all) ${n === 1 ? "is" : "are"} parked in both statements; the rest settles as usual.`,
    will: {
      tell: "Reason and digests of evidence go to the other region with the closing, and into the audit log of both; the time to answer runs from when the amount is parked.",
      end: "An outcome takes effect in the next settlement in which both say the same; after the deadline nothing is decided by the clock.",
    },
    confirm: "Raise the dispute",
    back: "Back to the form",
    nothingChosen: "Choose at least one receipt and give a reason.",
    noReceipts: "This statement has no receipt that could be disputed: it is signed, or they are in dispute already.",
    needsFinance: "A finance officer has to raise and to resolve disputes.",
    resolve: "Say how it ends",
    outcomes: {
      upheld: "Upheld (receipts are void)",
      rejected: "Rejected (receipts stand)",
      withdrawn: "Withdraw",
    },
    outcomeWill: {
      upheld:
        "This region says the receipts are void and the parked amount is not charged; it takes effect in the next settlement in which the other region says the same.",
      rejected:
        "This region says the receipts stand and the parked amount is charged; it takes effect in the next settlement in which the other region says the same.",
      withdrawn: "The dispute is taken back and the receipts stand; a statement not signed yet is compared anew.",
    },
    comment: "Comment (kept with the dispute)",
    onlyWithdraw:
      "Before the statement is signed a dispute can only be withdrawn; after that the receipts are parked and both say how it ends.",
    resolvedAt: "Resolved",
    noEvidence: "No evidence was recorded.",
    said: "Comment",
  },
};

import type { Reason } from "../kernel/reason.ts";
import type { Figures, Proposal, Resolution, Through, ToldDispute } from "./messages.ts";
import type { Carry, PostedUsage, UsageRow } from "./model.ts";
import type { MeteredRow } from "./scheme.ts";
import type { SeqRanges } from "./seq-ranges.ts";

export type SideSignature = { readonly keyId: string; readonly signature: string };
export type SignedDigest = SideSignature & { readonly digest: string };

/** What a side laid on the table for one round. */
export type SideFigures = {
  readonly figures: Figures;
  readonly through: Through;
  readonly disputedReceiptIds: readonly string[];
  readonly resolutions: readonly Resolution[];
  /** What is behind `disputedReceiptIds`, as far as the side opened it. */
  readonly disputes?: readonly ToldDispute[] | undefined;
  /** The side has signed the statement with this digest, so that it can sign no other one. */
  readonly signed?: string | undefined;
};

/** The statement as this side computed it, with all that the commit at its end needs. */
export type BuiltRecord = {
  readonly text: string;
  readonly digest: string;
  readonly proposal: Proposal;
  readonly amountFen: string;
  readonly disputedReceiptIds: readonly string[];
  /** What this settlement makes of the settled usage. */
  readonly posted: readonly PostedUsage[];
  /** Which numbers of each chain it takes in. */
  readonly settles: SeqRanges;
  /** The sums of receipts it follows from; all that a third region sees of usage. */
  readonly rows?: StatementRows;
  /** What it started from; with receipts and declaration, all that is needed to compute it again. */
  readonly opening: {
    /** The last one settled before it; empty for the first. */
    readonly lastPeriod: string;
    readonly carry: Carry | null;
    readonly posted: readonly PostedUsage[];
  };
};

export type Differences = {
  readonly ownRoot: string;
  readonly peerRoot: string;
  /** Null until the peer's tree has been walked. */
  readonly receipts: {
    readonly onlyOwn: readonly string[];
    readonly onlyPeer: readonly string[];
    readonly differ: readonly string[];
    readonly rounds: string;
    /** Receipts that the peer holds but that are not complete and valid, and why each was not taken in. */
    readonly refused?: readonly { readonly receiptId: string; readonly code: string }[];
  } | null;
};

/** Usage by product and month, what decides it, and nothing of single receipts but the ids of disputed ones. */
export type StatementRows = {
  readonly usage: readonly UsageRow[];
  readonly metered: readonly MeteredRow[];
  readonly disputedReceiptIds: readonly string[];
};

/** At a side of the agreement: what a third region, whose parties the terms pay, was told and has said in this round. */
export type ThirdSide = {
  readonly told: "nothing" | "figures" | "declaration" | "statement";
  readonly figures: Figures | null;
  readonly declaration: SignedDigest | null;
  readonly signature: SignedDigest | null;
  /** What it last said it waits for. */
  readonly reason: Reason | null;
};

/** At a third region: what one side of the agreement has sent of this round. */
export type WitnessedSide = {
  readonly declaration: (SignedDigest & { readonly text: string }) | null;
  readonly proposal: Proposal | null;
  readonly rows: StatementRows | null;
  readonly scope: Omit<SideFigures, "figures" | "signed"> | null;
  readonly signature: SignedDigest | null;
  readonly reason: Reason | null;
};

export type Witnessed = {
  readonly sides: { readonly [region: string]: WitnessedSide };
  /** Signatures of further third regions over the statement. */
  readonly others: { readonly [region: string]: SignedDigest };
};

export type StatementParty = { readonly partyId: string; readonly role: string; readonly regionId: string };

/**
 * One agreement in one period, on its way from closing to both signatures. Each side has its own; they meet only in
 * messages. Every message is kept here until it can be used, so that their order does not matter.
 */
export type Settlement = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly peer: string;
  readonly provider: string;
  readonly consumer: string;
  /** The catalogue entry that the agreement is about, by which its own product is called, too. */
  readonly entryId: string;
  readonly entryName: string;
  /** Of the signed terms: who takes part, and how what is left is split. */
  readonly parties: readonly StatementParty[];
  readonly scheme: string;
  /** Up to which amount the signed terms let a statement be signed without a person. */
  readonly autoSignUpToFen?: string;
  readonly state: "open" | "calculated" | "agreed" | "differs";
  readonly reason: Reason | null;
  /** What the peer last said it waits for. */
  readonly peerReason: Reason | null;
  readonly round: string;
  /** This region's finance has closed the period; without it only small statements may be signed. */
  readonly isApproved: boolean;
  readonly isEarly: boolean;
  /** When this region's finance closed it; from then on the other side's time runs. */
  readonly approvedAt?: string | null;
  /** What this region's finance declared; laid on the table when the comparison begins. */
  readonly figures: Figures;
  readonly own: SideFigures | null;
  readonly theirs: SideFigures | null;
  readonly declaration: { readonly text: string; readonly digest: string; readonly signature: SideSignature } | null;
  readonly theirDeclaration: SignedDigest | null;
  /** Regions besides the two sides that the terms pay: each lays down figures and signs as well. */
  readonly thirdRegions?: readonly string[];
  readonly thirds?: { readonly [region: string]: ThirdSide } | undefined;
  /** Only where this region is such a third one. */
  readonly witness?: Witnessed | undefined;
  readonly built: BuiltRecord | null;
  readonly theirProposal: Proposal | null;
  /** Kept as evidence when only the results differ. */
  readonly theirStatement: string | null;
  readonly signature: SideSignature | null;
  readonly theirSignature: SignedDigest | null;
  readonly differences: Differences | null;
  readonly signedAt: string | null;
  /** Receipts of a large statement are marked as settled after it, in pieces; the numbers in the books decide. */
  readonly isMarking: boolean;
  /** Audit leaf of the signed statement. */
  readonly leafIndex: string | null;
  readonly updatedAt: string;
  readonly revision: number;
};

/**
 * A peer that signed one statement and shows another: the signed one, and what it showed instead. Only the first few are
 * kept, so that nobody fills our disk with lies.
 */
export type StatementEquivocation = {
  readonly agreementId: string;
  readonly periodId: string;
  readonly peer: string;
  /** Our statement and the peer's signature over it; null while it had only proposed. */
  readonly statement: string;
  readonly signature: SignedDigest | null;
  readonly shown: readonly { readonly at: string; readonly kind: "Propose" | "Sign"; readonly body: string }[];
};

/** That this region's finance closed a period. Names no person: the leaf and the record say the role. */
export type ClosedPeriod = {
  readonly periodId: string;
  readonly closedAt: string;
  readonly closedBy: string;
  readonly early: boolean;
  readonly reason: string | null;
};

export type Parked = { readonly lineId: string; readonly fen: string };

/** Where an agreement stands after its last signed statement. */
export type AgreementBooks = {
  readonly agreementId: string;
  readonly lastPeriod: string;
  readonly carry: Carry;
  readonly settled: SeqRanges;
  /** Receipts in dispute, parked until both regions say how it ends, and the amounts that stand in the ledger for them. */
  readonly parkedReceiptIds: readonly string[];
  readonly parked: readonly Parked[];
};

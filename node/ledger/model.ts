/** Account = (party, code, asset), id `party/code/asset`. Source: settlement.md §13. */
export type Normal = "debit" | "credit" | "none";

export type Balances = {
  readonly account: string;
  readonly normal: Normal;
  readonly debitsPending: string;
  readonly debitsPosted: string;
  readonly creditsPending: string;
  readonly creditsPosted: string;
};

/** One posted, pending, voided, expired or reversed transfer of the ledger. Amounts are decimal strings, > 0. */
export type LedgerTransfer = {
  readonly id: string;
  readonly key: string;
  readonly debit: string;
  readonly credit: string;
  /** What was posted; of a pending transfer, what is pending. */
  readonly amount: string;
  readonly periodId: string;
  readonly text: string;
  /** When it was posted; of a pending transfer, when it was pended. */
  readonly at: string;
  readonly state: "posted" | "pending" | "voided" | "expired";
  readonly expiresAt: string | null;
  readonly reverses: string | null;
  readonly reversedBy: string | null;
};

/**
 * One change of balances, under numbers without a gap in the order of commits. A transfer has one, or two when it was pending
 * first; its record shows how it stands now, its entries how it came to that.
 */
export type LedgerEntry = {
  readonly id: string;
  readonly what: "post" | "pend" | "post-pending" | "void" | "expire";
  readonly debit: string;
  readonly credit: string;
  /** What it adds to both sides; what is pending may become less. */
  readonly posted: string;
  readonly pending: string;
  readonly periodId: string;
  /** When it happened. */
  readonly at: string;
  /** When this node came to know, which is when it was committed; never before the entry it follows. */
  readonly knownAt: string;
};

type Entry = {
  readonly key: string;
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly periodId: string;
  readonly at: string;
  readonly text?: string;
};

/** Everything that may be asked of the ledger. `at` is part of the content: a retry repeats it. */
export type LedgerOp =
  | {
      readonly op: "open";
      readonly partyId: string;
      readonly code: string;
      readonly asset: string;
      readonly normal: Normal;
    }
  /** Opens the account unless it is there; for postings that may be the first to touch it. */
  | { readonly op: "ensure"; readonly account: string; readonly normal: Normal }
  | ({ readonly op: "post" } & Entry)
  | ({ readonly op: "pend"; readonly expiresAt?: string | null } & Entry)
  | {
      readonly op: "postPending";
      readonly key: string;
      readonly pendingId: string;
      /** Null: all of it; what is not posted is released. */
      readonly amount: string | null;
      readonly at: string;
    }
  | { readonly op: "voidPending"; readonly key: string; readonly pendingId: string; readonly at: string }
  | { readonly op: "expire"; readonly at: string }
  | {
      readonly op: "reverse";
      readonly key: string;
      readonly id: string;
      readonly of: string;
      readonly periodId: string;
      readonly at?: string;
    }
  | { readonly op: "closePeriod"; readonly key: string; readonly periodId: string };

export function accountOf(partyId: string, code: string, asset = "CNY"): string {
  return `${partyId}/${code}/${asset}`;
}

/** Ids hold no slash, so an account parts in exactly three. */
export function partsOf(account: string): { readonly partyId: string; readonly code: string; readonly asset: string } {
  const [partyId = "", code = "", asset = ""] = account.split("/");
  return { partyId, code, asset };
}

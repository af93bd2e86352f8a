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
  readonly amount: string;
  readonly periodId: string;
  readonly text: string;
  readonly at: string;
  readonly state: "posted" | "pending" | "voided" | "expired";
  readonly expiresAt: string | null;
  readonly reverses: string | null;
};

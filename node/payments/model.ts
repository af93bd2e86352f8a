import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";

export type Owed = { readonly from: string; readonly to: string; readonly fen: string };

/** What one signed statement makes regions owe each other; nothing else of it leaves its two regions. */
export type NetEntry = {
  readonly agreementId: string;
  /** Of the statement that both its regions signed. */
  readonly digest: string;
  readonly provider: string;
  readonly consumer: string;
  /** Summed per pair of regions, sorted, amounts above zero. */
  readonly obligations: readonly Owed[];
};

/** What a region lays on the table for one round of netting; never changed once it is sent. */
export type NetTable = { readonly entries: readonly NetEntry[] };

export type PlanPayment = Owed & { readonly reference: string };

/** The document that every region in it signs. Source: settlement.md §12. */
export type NettingPlan = {
  readonly type: "heliu.netting.v1";
  readonly periodId: string;
  readonly round: string;
  readonly regions: readonly string[];
  readonly entries: readonly NetEntry[];
  readonly positions: readonly { readonly regionId: string; readonly fen: string }[];
  readonly payments: readonly PlanPayment[];
};

export type SignedPlan = { readonly digest: string; readonly keyId: string; readonly signature: string };

/** The payee's word that a payment of a plan has arrived, signed over `"heliu.payment.v1\n" ‖ canonical`. */
export type Confirmation = {
  readonly type: "heliu.payment.v1";
  readonly planDigest: string;
  readonly reference: string;
  readonly from: string;
  readonly to: string;
  readonly fen: string;
  /** The bank's own numbers of the transfers that make it up. */
  readonly bankReferences: readonly string[];
  /** China date of the last of them. */
  readonly paidOn: string;
  readonly at: string;
};
export type SignedConfirmation = {
  readonly text: string;
  readonly digest: string;
  readonly keyId: string;
  readonly signature: string;
};

/** One round of netting a period, from asking for it to the last payment. */
export type Netting = {
  readonly periodId: string;
  readonly round: string;
  readonly state: "open" | "calculated" | "agreed" | "paid" | "differs" | "replaced";
  readonly reason: Reason | null;
  /** User id of who asked, for four eyes; never leaves the node. */
  readonly requestedBy: string | null;
  readonly isApproved: boolean;
  readonly tables: { readonly [region: string]: NetTable };
  /** Regions that our own table was sent to. */
  readonly sentTo: readonly string[];
  readonly plan: { readonly text: string; readonly digest: string } | null;
  readonly signatures: { readonly [region: string]: SignedPlan };
  /** By reference. */
  readonly confirmations: { readonly [reference: string]: SignedConfirmation };
  readonly signedAt: string | null;
  readonly closedAt: string | null;
  /** Audit leaf of the signed plan. */
  readonly leafIndex: string | null;
  readonly updatedAt: string;
  readonly revision: number;
};

export type Allocation = { readonly reference: string; readonly fen: string };

/** One payment of a signed plan, and what has come of it. */
export type Due = {
  readonly reference: string;
  readonly periodId: string;
  readonly round: string;
  readonly planDigest: string;
  readonly from: string;
  readonly to: string;
  readonly fen: string;
  readonly issuedAt: string;
  /** Null: no rule says when it is due; `dueRule` then says why. */
  readonly dueAt: string | null;
  readonly dueRule: string;
  readonly dueVerified: boolean;
  /** From this region's own bank files. */
  readonly paidFen: string;
  readonly payments: readonly { readonly id: string; readonly fen: string }[];
  /** When the payee's signed word came (or was given). */
  readonly confirmedAt: string | null;
};

/** A row of a bank or treasury file, as far as it could be read. */
export type BankRow = {
  /** Row number as people see it in the file. */
  readonly row: number;
  readonly date: string | null;
  /** Above zero; null when it could not be read. */
  readonly fen: string | null;
  readonly direction: "in" | "out";
  readonly isReversal: boolean;
  readonly currency: string;
  readonly ownAccount: string;
  readonly account: string;
  readonly name: string;
  readonly text: string;
  readonly bankReference: string;
};

export type RowFault = {
  readonly row: number;
  readonly column: string;
  readonly value: string;
  readonly rule: string;
  readonly text: Text;
};

export type Suggestion = {
  readonly allocations: readonly Allocation[];
  /** Of a reversal: the payment that it may take back. */
  readonly returns?: string;
  /** What speaks for it, and what keeps it from being certain. */
  readonly text: Text;
};

export type BankPayment = BankRow & {
  readonly id: string;
  readonly origin: { readonly source: string; readonly file: string; readonly row: number };
  /** Whose account it is, when that is known. */
  readonly region: string | null;
  readonly state: "open" | "booked" | "proposed" | "rejected" | "returned" | "duplicate" | "faulty";
  /** Why it is not booked, or by which rule it was. */
  readonly rule: string;
  readonly allocations: readonly Allocation[];
  readonly suggestions: readonly Suggestion[];
  readonly proposal: {
    readonly by: string;
    readonly allocations: readonly Allocation[];
    /** The payment that this row is said to take back; it then pays nothing. */
    readonly returns?: string;
  } | null;
  /** Of a reversal in state `returned`: the payment that it took back. */
  readonly returns?: string;
  /** Of a payment in state `returned`: the row that took it back; it counts for nothing any more. */
  readonly returnedBy?: string;
  readonly rejectedFor: string | null;
  readonly duplicateOf: string | null;
  readonly revision: number;
};

export type Field =
  | "date"
  | "amount"
  | "credit"
  | "debit"
  | "direction"
  | "currency"
  | "ownAccount"
  | "account"
  | "name"
  | "text"
  | "bankReference";

/** How files of one source read; learnt from the first one. */
export type PaymentSource = {
  readonly source: string;
  readonly columns: { readonly [field in Field]?: string };
  readonly ownAccount: string;
  readonly updatedAt: string;
};

export type ImportedFile = {
  readonly file: string;
  readonly source: string;
  readonly filename: string;
  readonly rows: number;
  readonly importedAt: string;
  readonly columns: PaymentSource["columns"];
  readonly faults: readonly RowFault[];
  /** All rows are stored; until then an import that was cut off goes on. */
  readonly isComplete: boolean;
};

export type AccountChange = {
  readonly region: string;
  readonly name: string;
  readonly addedAt: string;
  /** User id, for four eyes. */
  readonly proposedBy: string;
};

/** An account at a bank or treasury and whose it is. */
export type KnownAccount = {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly addedAt: string;
  /** User id of who asked, while a second person has not agreed; null once in force. */
  readonly proposedBy: string | null;
  /** What one person says it should be instead; what is in force stays so until another one says the same. */
  readonly change?: AccountChange;
};

export type Invoice = {
  readonly periodId: string;
  readonly agreementId: string;
  readonly number: string;
  /** China date on the invoice. */
  readonly date: string;
  readonly fen: string;
  /** The region that recorded it: the seller, the provider of what was used. */
  readonly issuer: string;
  readonly recordedAt: string;
  /** When and why its issuer took it back; it counts for nothing then, and its number may be recorded anew. */
  readonly cancelledAt?: string;
  readonly cancelledFor?: string;
};

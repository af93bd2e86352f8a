/** The core both sides sign. Exactly these keys, all strings. Source: settlement.md §9. */
export type ReceiptCore = {
  readonly type: "heliu.receipt.v1";
  readonly receiptId: string;
  readonly agreementId: string;
  readonly direction: "forward" | "reverse";
  readonly seq: string;
  readonly prev: string;
  readonly transferId: string;
  readonly productId: string;
  readonly periodId: string;
  readonly purposeClass: "commercial" | "public-interest";
  readonly kind: "usage" | "correction";
  readonly corrects: string | null;
  readonly usage: { readonly [metric: string]: string };
  readonly contributions: readonly { readonly partyId: string; readonly metric: string; readonly quantity: string }[];
  readonly contentSha256: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly providerRegion: string;
  readonly consumerRegion: string;
  readonly providerKeyId: string;
  readonly consumerKeyId: string;
};

export type Receipt = {
  readonly core: ReceiptCore;
  readonly providerSignature: string;
  readonly consumerSignature: string;
};

/** A receipt as this node holds it: the consumer's signature may still be on its way; only complete ones settle. */
export type HeldReceipt = {
  readonly core: ReceiptCore;
  readonly coreDigest: string;
  readonly providerSignature: string;
  readonly consumerSignature: string | null;
  /** Set once a signed statement contains it. */
  readonly settledIn: string | null;
  readonly receivedAt: string;
};

/** Sums of an agreement so far, advanced in the commit that releases a batch; the input of policy's limits. */
export type UsageTotals = {
  readonly rows: string;
  readonly bytes: string;
  readonly calls: string;
  /** Calls by China month `YYYY-MM` and purpose class. */
  readonly callsByMonth: { readonly [month: string]: { readonly [purposeClass: string]: string } };
  /** Where the consumer's budget of a month stops charged use; `policy/budget-stop.ts` says what it means. */
  readonly stop?:
    | {
        readonly month: string;
        readonly calls: string | null;
        readonly rows: string | null;
        readonly bytes: string | null;
      }
    | null
    | undefined;
};

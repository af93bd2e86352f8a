import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { canonicalText } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import type { Signer } from "../kernel/ed25519.ts";
import { instantOf, periodOf } from "../kernel/instant.ts";
import { collection } from "../storage/collection.ts";
import type { AnyRef, Tx } from "../storage/transact.ts";
import { type ChainHead, EMPTY_CHAIN } from "./chain.ts";
import type { HeldReceipt, ReceiptCore } from "./model.ts";
import { receiptIdOf, signCore } from "./receipt.ts";
import { putRow } from "./row.ts";

export type Direction = ReceiptCore["direction"];

/** (agreement, direction, number) → receipt: the chain in its order. */
export const receipts = collection<HeldReceipt>("receipt");
export const chainHeads = collection<ChainHead>("receipt-head");
/** Receipt id → its place in the chain. */
export const receiptPlaces = collection<{
  readonly agreementId: string;
  readonly direction: Direction;
  readonly seq: string;
}>("receipt-place");
/** (period, agreement, direction, number) → receipt id: what a period's list reads. */
export const receiptsByPeriod = collection<string>("receipt-period");
/** (agreement, direction, number) → receipt id, for as long as the consumer's signature is missing. */
export const unsignedReceipts = collection<string>("receipt-unsigned");
/** (agreement, receipt id, core digest) → one version of an equivocation; all are kept as proof. */
export const equivocations = collection<HeldReceipt>("receipt-equivocation");

/**
 * The usage posting of settlement.md §13, by the ledger: in the commit that takes the receipt into the chain. The refs
 * may not depend on the receipt's number, which is given inside the commit.
 */
export type UsagePosting = {
  readonly refs: (about: UsageParties) => readonly AnyRef[];
  readonly post: (tx: Tx, core: ReceiptCore) => void;
};
export type UsageParties = {
  readonly providerRegion: string;
  readonly consumerRegion: string;
  readonly metrics: readonly string[];
};

/** What every piece here needs: who we are, how we sign, and where usage is posted (undefined: nowhere). */
export type MeteringParts = {
  readonly region: string;
  readonly signer: Signer;
  readonly posting?: UsagePosting | undefined;
};

/** A receipt before it has its number. Quantities: ≥ 0 for usage, ≤ 0 for a correction. */
export type ReceiptDraft = {
  readonly agreementId: string;
  readonly transferId: string;
  readonly productId: string;
  readonly purposeClass: ReceiptCore["purposeClass"];
  readonly kind: ReceiptCore["kind"];
  readonly corrects: string | null;
  readonly usage: { readonly [metric: string]: bigint };
  readonly contributions: readonly { readonly partyId: string; readonly metric: string; readonly quantity: bigint }[];
  readonly contentSha256: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly consumerRegion: string;
  readonly consumerKeyId: string;
  /** What the audit leaf calls it: a batch of a transfer or a window of calls. */
  readonly leaf: "receipt.batch" | "receipt.window";
  /** Further words of the leaf: by which decision it left. */
  readonly detail?: { readonly [name: string]: string };
};

export function appendReceiptRefs(
  agreementId: string,
  direction: Direction,
  { posting }: MeteringParts,
  about: UsageParties,
): readonly AnyRef[] {
  const posts = posting === undefined ? [] : posting.refs(about);
  return [chainHeads.at(agreementId, direction), ...appendLeafRefs({ agreementId }), ...posts];
}

/**
 * The provider's side: gives number and `prev`, signs (Ed25519 is deterministic, so a decider that runs again signs the
 * same), posts usage and writes the leaf. Part of the commit that releases what the receipt covers.
 */
export function appendReceipt(tx: Tx, parts: MeteringParts, draft: ReceiptDraft): HeldReceipt {
  const head = tx.get(chainHeads.at(draft.agreementId, "forward")) ?? EMPTY_CHAIN;
  const core = coreOf(draft, head, parts);
  const receipt: HeldReceipt = {
    core,
    coreDigest: sha256Hex(canonicalText(core)),
    providerSignature: signCore(parts.signer, core),
    consumerSignature: null,
    settledIn: null,
    receivedAt: instantOf(draft.endedAtMs),
  };
  putNext(tx, receipt);
  parts.posting?.post(tx, core);
  appendLeaf(tx, parts.region, {
    kind: draft.leaf,
    atMs: draft.endedAtMs,
    subject: core.receiptId,
    actor: "node",
    digest: `sha256:${receipt.coreDigest}`,
    agreementId: core.agreementId,
    detail: {
      ...draft.detail,
      ...{ seq: core.seq, transferId: core.transferId, kind: core.kind, signed: "provider" },
    },
  });
  return receipt;
}

/** Puts a receipt at the head of its chain, waiting for the consumer's signature unless it has one. */
export function putNext(tx: Tx, receipt: HeldReceipt): void {
  const { agreementId, direction, seq, receiptId, periodId } = receipt.core;
  tx.put(receipts.at(agreementId, direction, BigInt(seq)), receipt);
  tx.put(chainHeads.at(agreementId, direction), { seq, digest: receipt.coreDigest });
  tx.put(receiptPlaces.at(receiptId), { agreementId, direction, seq });
  tx.put(receiptsByPeriod.at(periodId, agreementId, direction, BigInt(seq)), receiptId);
  if (receipt.consumerSignature === null) tx.put(unsignedReceipts.at(agreementId, direction, BigInt(seq)), receiptId);
  else putRow(tx, receipt);
}

/** The number that the key of a receipt, or of a place in an index of them, ends with. */
export function numberIn(key: string): bigint {
  return BigInt(`0x${key.slice(key.lastIndexOf("/") + 1)}`);
}

export function receiptRef(agreementId: string, direction: Direction, seq: string) {
  return receipts.at(agreementId, direction, BigInt(seq));
}

function coreOf(draft: ReceiptDraft, head: ChainHead, { region, signer }: MeteringParts): ReceiptCore {
  const seq = String(BigInt(head.seq) + 1n);
  const contributions = draft.contributions
    .map(({ partyId, metric, quantity }) => ({ partyId, metric, quantity: String(quantity) }))
    .sort((a, b) => order(a.partyId, b.partyId) || order(a.metric, b.metric));
  return {
    type: "heliu.receipt.v1",
    receiptId: receiptIdOf(draft.agreementId, "forward", seq),
    agreementId: draft.agreementId,
    direction: "forward",
    seq,
    prev: head.digest,
    transferId: draft.transferId,
    productId: draft.productId,
    periodId: periodOf(draft.endedAtMs),
    purposeClass: draft.purposeClass,
    kind: draft.kind,
    corrects: draft.corrects,
    usage: Object.fromEntries(Object.entries(draft.usage).map(([metric, n]) => [metric, String(n)])),
    contributions,
    contentSha256: draft.contentSha256,
    startedAt: instantOf(draft.startedAtMs),
    endedAt: instantOf(draft.endedAtMs),
    providerRegion: region,
    consumerRegion: draft.consumerRegion,
    providerKeyId: signer.keyId,
    consumerKeyId: draft.consumerKeyId,
  };
}

function order(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

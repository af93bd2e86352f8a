import { bytesCollection } from "../storage/collection.ts";
import type { Tx } from "../storage/transact.ts";
import type { HeldReceipt, ReceiptCore } from "./model.ts";

/** What a settlement needs of a receipt; its signatures were checked when it was accepted. */
export type ReceiptRow = Pick<
  ReceiptCore,
  "receiptId" | "direction" | "seq" | "productId" | "periodId" | "purposeClass" | "usage" | "contributions"
> & { readonly coreDigest: string };

/**
 * (agreement, period, receipt id) → the row of a receipt with both signatures that no statement has used up yet. In the order
 * of ids, which is the order of the statement's tree: it is added up, and its root computed, in one pass that holds nothing.
 */
export const openRows = bytesCollection("receipt-row");

const DIGEST_BYTES = 32;

/** The digest, then lines of text; no id and no quantity holds a line feed. A million of them are read in a few seconds. */
export function rowBytes({ core, coreDigest }: Pick<HeldReceipt, "core" | "coreDigest">): Uint8Array {
  const used = Object.entries(core.usage);
  const contributed = core.contributions.flatMap(({ partyId, metric, quantity }) => [partyId, metric, quantity]);
  const flags = `${core.direction === "forward" ? "f" : "r"}${core.purposeClass === "commercial" ? "c" : "p"}`;
  const lines = [flags, core.seq, core.productId, String(used.length), ...used.flat(), ...contributed];
  return Buffer.concat([Buffer.from(coreDigest, "hex"), Buffer.from(lines.join("\n"), "latin1")]);
}

export function rowOf(periodId: string, receiptId: string, value: Uint8Array): ReceiptRow {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const lines = bytes.toString("latin1", DIGEST_BYTES).split("\n");
  const [flags = "", seq = "", productId = "", metrics = "0"] = lines;
  const usage: Record<string, string> = {};
  const end = 4 + 2 * Number(metrics);
  for (let at = 4; at < end; at += 2) usage[lines[at] ?? ""] = lines[at + 1] ?? "";
  const contributions: { partyId: string; metric: string; quantity: string }[] = [];
  for (let at = end; at + 2 < lines.length; at += 3) {
    contributions.push({ partyId: lines[at] ?? "", metric: lines[at + 1] ?? "", quantity: lines[at + 2] ?? "" });
  }
  return {
    receiptId,
    coreDigest: bytes.toString("hex", 0, DIGEST_BYTES),
    direction: flags[0] === "f" ? "forward" : "reverse",
    seq,
    productId,
    periodId,
    purposeClass: flags[1] === "c" ? "commercial" : "public-interest",
    usage,
    contributions,
  };
}

/** In the commit that gives a receipt its second signature, or that makes another version of it stand. */
export function putRow(tx: Tx, receipt: Pick<HeldReceipt, "core" | "coreDigest">): void {
  tx.put(openRows.at(...placeOf(receipt.core)), rowBytes(receipt));
}

/** In the commit that marks a receipt as settled, or that replaces it by one of another period. */
export function removeRow(tx: Tx, core: Pick<ReceiptCore, "agreementId" | "periodId" | "receiptId">): void {
  tx.remove(openRows.at(...placeOf(core)));
}

function placeOf({ agreementId, periodId, receiptId }: Pick<ReceiptCore, "agreementId" | "periodId" | "receiptId">) {
  return [agreementId, periodId, receiptId] as const;
}

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
const SEQ_AT = DIGEST_BYTES;
const SAID_AT = SEQ_AT + 8;

type Said = Pick<ReceiptRow, "direction" | "productId" | "purposeClass" | "usage" | "contributions">;

/**
 * The digest, the number, and what the receipt says as lines of text; no id and no quantity holds a line feed. A million of
 * them are read in a few seconds.
 */
export function rowBytes({ core, coreDigest }: Pick<HeldReceipt, "core" | "coreDigest">): Uint8Array {
  const used = Object.entries(core.usage);
  const contributed = core.contributions.flatMap(({ partyId, metric, quantity }) => [partyId, metric, quantity]);
  const flags = `${core.direction === "forward" ? "f" : "r"}${core.purposeClass === "commercial" ? "c" : "p"}`;
  const said = [flags, core.productId, String(used.length), ...used.flat(), ...contributed].join("\n");
  const bytes = Buffer.alloc(SAID_AT + said.length);
  bytes.write(coreDigest, 0, "hex");
  bytes.writeBigUInt64BE(BigInt(core.seq), SEQ_AT);
  bytes.write(said, SAID_AT, "latin1");
  return bytes;
}

export function rowOf(periodId: string, receiptId: string, value: Uint8Array): ReceiptRow {
  const bytes = Buffer.isBuffer(value) ? value : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const { direction, productId, purposeClass, usage, contributions } = saidIn(bytes.toString("latin1", SAID_AT));
  return {
    receiptId,
    coreDigest: bytes.toString("hex", 0, DIGEST_BYTES),
    direction,
    seq: String(bytes.readUInt32BE(SEQ_AT) * 4_294_967_296 + bytes.readUInt32BE(SEQ_AT + 4)),
    productId,
    periodId,
    purposeClass,
    usage,
    contributions,
  };
}

/** Most receipts say what many others said: a window of as many calls, a batch of as many rows. */
const known = new Map<string, Said>();
const MAX_KNOWN = 8_192;

function saidIn(text: string): Said {
  const before = known.get(text);
  if (before !== undefined) return before;
  const said = parseSaid(text);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, said);
  return said;
}

function parseSaid(text: string): Said {
  const lines = text.split("\n");
  const [flags = "", productId = "", metrics = "0"] = lines;
  const usage: Record<string, string> = {};
  const end = 3 + 2 * Number(metrics);
  for (let at = 3; at < end; at += 2) usage[lines[at] ?? ""] = lines[at + 1] ?? "";
  const contributions: { partyId: string; metric: string; quantity: string }[] = [];
  for (let at = end; at + 2 < lines.length; at += 3) {
    contributions.push({ partyId: lines[at] ?? "", metric: lines[at + 1] ?? "", quantity: lines[at + 2] ?? "" });
  }
  return {
    direction: flags[0] === "f" ? "forward" : "reverse",
    productId,
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

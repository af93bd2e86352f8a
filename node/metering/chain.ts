import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { ReceiptCore } from "./model.ts";
import { type CheckedCore, checkReceipt, type KeyLookup } from "./receipt.ts";

const refuse = refusals({
  RECEIPT_EQUIVOCATION: "integrity",
  RECEIPT_GAP: "not-yet",
  RECEIPT_CHAIN: "integrity",
  RECEIPT_UNKNOWN_CORRECTED: "invalid-input",
});

/** The last number of one (agreement, direction) and the digest of its core. */
export type ChainHead = { readonly seq: string; readonly digest: string };

export const EMPTY_CHAIN: ChainHead = { seq: "0", digest: "0".repeat(64) };

export type ChainFacts = {
  readonly head: ChainHead;
  /** Digest of the core that already stands under this number, if one does. */
  readonly taken: string | undefined;
  readonly isCorrectedKnown: boolean;
};

/** Whether a core that passed its own checks continues the chain: `next`, or `repeat` when it is there already. */
export function checkChain({ core, coreDigest }: CheckedCore, facts: ChainFacts): Result<"next" | "repeat"> {
  const { head, taken } = facts;
  if (taken === coreDigest) return ok("repeat");
  if (taken !== undefined) return equivocation(core);
  if (BigInt(core.seq) !== BigInt(head.seq) + 1n) return gap(core, head);
  if (core.prev !== head.digest) return broken(core, head);
  if (core.corrects !== null && !facts.isCorrectedKnown) return unknownCorrected(core);
  return ok("next");
}

/** Judges whole receipts in their order of arrival, from nothing; answers the head of each chain by `agreement|direction`. */
export function chain(receipts: readonly unknown[], keys: KeyLookup): Result<Map<string, ChainHead>> {
  const heads = new Map<string, ChainHead>();
  const digests = new Map<string, string>();
  for (const receipt of receipts) {
    const checked = checkReceipt(receipt, keys);
    if (!checked.ok) return checked;
    const { core, coreDigest } = checked.value;
    const name = `${core.agreementId}|${core.direction}`;
    const step = checkChain(checked.value, {
      head: heads.get(name) ?? EMPTY_CHAIN,
      taken: digests.get(core.receiptId),
      isCorrectedKnown: core.corrects !== null && digests.has(core.corrects),
    });
    if (!step.ok) return step;
    if (step.value === "next") heads.set(name, { seq: core.seq, digest: coreDigest });
    digests.set(core.receiptId, coreDigest);
  }
  return ok(heads);
}

export function equivocation(core: ReceiptCore): Failure {
  return refuse(
    "RECEIPT_EQUIVOCATION",
    {
      zh: `${core.providerRegion} 在同一编号 ${core.seq} 下签发了两份不同的凭据;两份都已留存为证据,该编号转入争议,不计入结算。`,
      en: `${core.providerRegion} signed two different receipts under number ${core.seq}; both are kept as evidence, the number is disputed and counts nowhere.`,
    },
    { agreementId: core.agreementId, seq: core.seq, receiptId: core.receiptId },
  );
}

function gap(core: ReceiptCore, head: ChainHead): Failure {
  const expected = String(BigInt(head.seq) + 1n);
  return refuse(
    "RECEIPT_GAP",
    {
      zh: `收到第 ${core.seq} 号凭据,但第 ${expected} 号还没有到;补齐之前不接收后面的凭据。`,
      en: `Receipt ${core.seq} came, but number ${expected} has not; later ones wait until the gap is filled.`,
    },
    { agreementId: core.agreementId, seq: core.seq, expected },
  );
}

function broken(core: ReceiptCore, head: ChainHead): Failure {
  return refuse(
    "RECEIPT_CHAIN",
    {
      zh: `第 ${core.seq} 号凭据不接在第 ${head.seq} 号之后(前一份的摘要不同);请双方核对第 ${head.seq} 号凭据。`,
      en: `Receipt ${core.seq} does not continue number ${head.seq}: it names another digest as the previous one. Both regions must compare number ${head.seq}.`,
    },
    { agreementId: core.agreementId, seq: core.seq, prev: core.prev, head: head.digest },
  );
}

function unknownCorrected(core: ReceiptCore): Failure {
  return refuse(
    "RECEIPT_UNKNOWN_CORRECTED",
    {
      zh: `第 ${core.seq} 号更正所指的凭据不存在;请对方核对被更正凭据的编号。`,
      en: `Correction ${core.seq} names a receipt that is not there; ask the sender to check the id of the corrected receipt.`,
    },
    { agreementId: core.agreementId, seq: core.seq, corrects: core.corrects ?? "" },
  );
}

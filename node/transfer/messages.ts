import { z } from "zod";
import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { TransferEvent } from "./machine.ts";
import { type Transfer, transferSelectionSchema } from "./model.ts";

/**
 * Messages of the topic `transfer`: those of the Dataspace Protocol, with what Heliu adds under names of its own, and
 * `ReceiptMessage` between Heliu nodes. Unknown keys are passed over, since the protocol allows extensions.
 */
export const transferMessageKinds = [
  "TransferRequestMessage",
  "TransferStartMessage",
  "TransferSuspensionMessage",
  "TransferCompletionMessage",
  "TransferTerminationMessage",
  "ReceiptMessage",
] as const;
export type TransferMessageKind = (typeof transferMessageKinds)[number];

/** What a Heliu consumer asks for; a Dataspace Protocol consumer names a format of the dataset's distributions. */
export const HELIU_PULL = "Heliu-PULL";

const pid = z.string().min(1).max(128);
const offered = z.object({ core: z.string().max(65_536), providerSignature: z.string().max(128) });
const signed = z.object({ receiptId: z.string().max(64), signature: z.string().max(128) });
const why = { code: z.string().max(200).optional(), reason: z.array(z.unknown()).max(20).optional() };
/** A consumer that ends a transfer at once does not know the provider's pid yet. */
const pair = { providerPid: pid.optional(), consumerPid: pid };

export const bodySchemas = {
  TransferRequestMessage: z.object({
    consumerPid: pid,
    agreementId: pid,
    format: z.string().max(200),
    callbackAddress: z.string().max(2_000).optional(),
    selection: transferSelectionSchema.optional(),
  }),
  TransferStartMessage: z.object({ ...pair }),
  TransferSuspensionMessage: z.object({ ...pair, ...why }),
  /** The digest of the whole content, and the signatures over batches that the provider may still lack. */
  TransferCompletionMessage: z.object({
    ...pair,
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    signatures: z.array(signed).max(16).default([]),
  }),
  /** A provider lists receipts it has no signature for; a consumer gives every signature it owes. */
  TransferTerminationMessage: z.object({
    ...pair,
    ...why,
    receipts: z.array(offered).max(16).default([]),
    signatures: z.array(signed).max(16).default([]),
  }),
  ReceiptMessage: z.object({ ...pair, receipts: z.array(offered).max(64) }),
} as const;

export type BodyOf<K extends TransferMessageKind> = z.infer<(typeof bodySchemas)[K]>;

/** What a consumer answers to receipts: what it signs, and what it never got. */
export const receiptAnswerSchema = z.object({
  providerPid: z.string().optional(),
  signatures: z.array(signed).max(256).default([]),
  notDelivered: z.array(z.string()).max(256).default([]),
  /** The consumer's chain has a gap from this number on: send those cores too. */
  missingFrom: z.string().nullable().default(null),
});

const refuse = refusals({ TRANSFER_MESSAGE_MALFORMED: "invalid-input" });

export function parseBody<K extends TransferMessageKind>(kind: K, body: Canonical): Result<BodyOf<K>> {
  const parsed = bodySchemas[kind].safeParse(body);
  if (parsed.success) return ok(parsed.data as BodyOf<K>);
  const issues = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  return refuse(
    "TRANSFER_MESSAGE_MALFORMED",
    {
      zh: `消息 ${kind} 的内容不符合规范:${issues.join(";")}。`,
      en: `The message ${kind} is not as specified: ${issues.join("; ")}.`,
    },
    { issues },
  );
}

export function isTransferMessage(kind: string): kind is TransferMessageKind {
  return (transferMessageKinds as readonly string[]).includes(kind);
}

export function pidsOf(transfer: Transfer): { readonly providerPid: string; readonly consumerPid: string } {
  const peerPid = transfer.peerPid ?? "";
  return transfer.role === "provider"
    ? { providerPid: transfer.id, consumerPid: peerPid }
    : { providerPid: peerPid, consumerPid: transfer.id };
}

/** The process object of the protocol: the answer to every message. */
export function processOf(transfer: Transfer, extra: { readonly [key: string]: Canonical } = {}): Canonical {
  return { "@type": "TransferProcess", ...pidsOf(transfer), state: transfer.state, ...extra };
}

/** Which move of the machine a message is. */
export const eventOf: { readonly [K in TransferMessageKind]?: TransferEvent } = {
  TransferStartMessage: "start",
  TransferSuspensionMessage: "suspend",
  TransferCompletionMessage: "complete",
  TransferTerminationMessage: "terminate",
};

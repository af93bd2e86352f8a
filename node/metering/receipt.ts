import { canonicalText, parseCanonical } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { type Signer, verifySignature } from "../kernel/ed25519.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Receipt, ReceiptCore } from "./model.ts";
import { checkCoreShape, malformed } from "./receipt-shape.ts";

const refuse = refusals({
  RECEIPT_ID: "invalid-input",
  RECEIPT_UNKNOWN_KEY: "integrity",
  RECEIPT_SIGNATURE: "integrity",
});

/** The raw key that a region may sign with, by its id; undefined when it may not (now). */
export type KeyLookup = (region: string, keyId: string) => Uint8Array | undefined;

export type CheckedCore = { readonly core: ReceiptCore; readonly coreDigest: string; readonly text: string };

const SIGNED_PREFIX = "heliu.receipt.v1\n";

export function receiptIdOf(agreementId: string, direction: string, seq: string): string {
  return sha256Hex(`heliu.receipt-id.v1|${agreementId}|${direction}|${seq}`);
}

/** 64 hex digits, as `prev` names it. */
export function coreDigestOf(core: ReceiptCore): string {
  return sha256Hex(canonicalText(core));
}

export function signedBytesOf(core: ReceiptCore): Buffer {
  return signedBytesOfText(canonicalText(core));
}

export function signCore(signer: Signer, core: ReceiptCore): string {
  return Buffer.from(signer.sign(signedBytesOf(core))).toString("base64");
}

/** A core as a peer sent it: byte for byte canonical, then every check that needs neither signature nor chain. */
export function parseCore(text: string): Result<CheckedCore> {
  const value = parseCanonical(Buffer.from(text, "utf8"));
  if (!value.ok) return value;
  const core = checkCoreShape(value.value);
  if (!core.ok) return core;
  const id = checkId(core.value);
  return id.ok ? ok({ core: core.value, coreDigest: sha256Hex(text), text }) : id;
}

/** What the provider offers for signing: all checks up to its own signature. */
export function checkOffered(core: string, providerSignature: string, keys: KeyLookup): Result<CheckedCore> {
  const parsed = parseCore(core);
  if (!parsed.ok) return parsed;
  const signed = checkSignature(parsed.value, "provider", providerSignature, keys);
  return signed.ok ? parsed : signed;
}

export function checkConsumerSignature(core: ReceiptCore, signature: string, keys: KeyLookup): Result<true> {
  return checkSignature({ core, text: canonicalText(core) }, "consumer", signature, keys);
}

/** A whole receipt: shape, period, quantities, id, provider's key and signature, then the consumer's; in this order. */
export function checkReceipt(receipt: unknown, keys: KeyLookup): Result<CheckedCore> {
  if (!isReceipt(receipt)) return malformed("receipt");
  const core = checkCoreShape(receipt.core);
  if (!core.ok) return core;
  const id = checkId(core.value);
  if (!id.ok) return id;
  const text = canonicalText(core.value);
  const checked = { core: core.value, text, coreDigest: sha256Hex(text) };
  const provider = checkSignature(checked, "provider", receipt.providerSignature, keys);
  if (!provider.ok) return provider;
  const consumer = checkSignature(checked, "consumer", receipt.consumerSignature, keys);
  return consumer.ok ? ok(checked) : consumer;
}

function signedBytesOfText(text: string): Buffer {
  return Buffer.from(SIGNED_PREFIX + text, "utf8");
}

function isReceipt(value: unknown): value is Receipt {
  if (typeof value !== "object" || value === null) return false;
  const { providerSignature, consumerSignature, core, ...rest } = value as { [key: string]: unknown };
  if (core === undefined || Object.keys(rest).length > 0) return false;
  return typeof providerSignature === "string" && typeof consumerSignature === "string";
}

function checkId(core: ReceiptCore): Result<true> {
  const expected = receiptIdOf(core.agreementId, core.direction, core.seq);
  if (core.receiptId === expected) return ok(true);
  return refuse(
    "RECEIPT_ID",
    {
      zh: `凭据编号与协议、方向、序号不符(应为 ${expected});请对方重新签发。`,
      en: `The receipt's id does not follow from its agreement, direction and number (expected ${expected}); ask the sender to issue it again.`,
    },
    { receiptId: core.receiptId, expected },
  );
}

function checkSignature(
  { core, text }: { readonly core: ReceiptCore; readonly text: string },
  party: "provider" | "consumer",
  signature: string,
  keys: KeyLookup,
): Result<true> {
  const region = party === "provider" ? core.providerRegion : core.consumerRegion;
  const keyId = party === "provider" ? core.providerKeyId : core.consumerKeyId;
  const key = keys(region, keyId);
  if (key === undefined) return unknownKey(region, keyId);
  if (verifySignature(key, signedBytesOfText(text), signature)) return ok(true);
  return refuse(
    "RECEIPT_SIGNATURE",
    {
      zh: `第 ${core.seq} 号凭据上 ${region} 的签名不成立;数据可能被改动,请勿入账,并请对方核对。`,
      en: `The signature of ${region} on receipt ${core.seq} does not hold; the receipt may have been altered. It is not kept; ask that region to check.`,
    },
    { receiptId: core.receiptId, region, party },
  );
}

function unknownKey(region: string, keyId: string): Failure {
  return refuse(
    "RECEIPT_UNKNOWN_KEY",
    {
      zh: `信任名单里没有 ${region} 当前有效的签名密钥 ${keyId};请核对信任名单版本或对方的密钥轮换。`,
      en: `The trust list knows no signing key ${keyId} that is valid for ${region} now; check the list's version or that region's key rotation.`,
    },
    { region, keyId },
  );
}

import { z } from "zod";
import { type TrustedKey, type TrustList, trustListSchema } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { checkPartySignatures, checkSignature, readDocument } from "./agreement.ts";
import { partySignatureSchema } from "./model.ts";
import { malformedMessage, refuse } from "./refusal.ts";

/** What `GET /agreements/{id}/document` gives, and what a region keeps. */
const fileSchema = z.looseObject({
  document: z.string().max(1_000_000),
  digest: z.string().optional(),
  providerKeyId: z.string(),
  providerSignature: z.string(),
  consumerKeyId: z.string().nullable(),
  consumerSignature: z.string().nullable(),
  partySignatures: z.array(partySignatureSchema).max(100).default([]),
});

export type VerifiedAgreement = {
  readonly agreementId: string;
  readonly digest: string;
  readonly provider: string;
  readonly consumer: string;
  readonly entry: { readonly region: string; readonly id: string; readonly version: string };
  readonly validFrom: string;
  readonly validTo: string;
  readonly isPriced: boolean;
  /** Regions whose signature was checked. */
  readonly signedBy: readonly string[];
};

/**
 * Verifies an agreement with nothing but its file and a trust list: canonical bytes, one meaning, signatures of both sides
 * and of every third region that the terms pay. The list must have been verified by the caller; a key is taken whenever its validity reaches, since
 * the time of signing is proved by the audit logs, not by the document.
 */
export function verifyAgreement(file: unknown, signedTrustList: unknown): Result<VerifiedAgreement> {
  const parsed = fileSchema.safeParse(file);
  if (!parsed.success) return malformedMessage("agreement file", parsed.error.issues[0]?.path.join(".") ?? "");
  const list = trustListSchema.safeParse(
    (signedTrustList as { readonly list?: unknown } | null)?.list ?? signedTrustList,
  );
  if (!list.success) return malformedMessage("trust list", list.error.issues[0]?.path.join(".") ?? "");
  const {
    document: text,
    digest: claimed,
    providerKeyId,
    providerSignature,
    consumerKeyId,
    consumerSignature,
  } = parsed.data;
  const read = readDocument(text);
  if (!read.ok) return read;
  const { document, digest, terms } = read.value;
  if (claimed !== undefined && claimed !== digest) return wrongDigest();

  const byProvider = checkSignature(text, keyOf(list.data, document.provider, providerKeyId), providerSignature);
  if (!byProvider.ok) return byProvider;
  const isPriced = terms.price !== null;
  if (consumerSignature === null || consumerKeyId === null) {
    if (isPriced) return unsigned();
  } else {
    const byConsumer = checkSignature(text, keyOf(list.data, document.consumer, consumerKeyId), consumerSignature);
    if (!byConsumer.ok) return byConsumer;
  }
  const { partySignatures } = parsed.data;
  const byOthers = checkPartySignatures(read.value, text, partySignatures, (region, id) =>
    keyOf(list.data, region, id),
  );
  if (!byOthers.ok) return byOthers;
  const { agreementId, provider, consumer, entry, validFrom, validTo } = document;
  const sides = consumerSignature === null ? [provider] : [provider, consumer];
  const signedBy = [...sides, ...thirdRegionsOf(terms.price, provider, consumer)];
  return ok({ agreementId, digest, provider, consumer, entry, validFrom, validTo, isPriced, signedBy });
}

function keyOf(list: TrustList, region: string, keyId: string): Uint8Array | undefined {
  const keys: readonly TrustedKey[] = list.regions.find(({ id }) => id === region)?.statementKeys ?? [];
  const key = keys.find((one) => one.keyId === keyId);
  return key === undefined ? undefined : Buffer.from(key.publicKey, "base64");
}

function wrongDigest(): Result<never> {
  return refuse("AGREEMENT_MISMATCH", {
    zh: "文件中写明的摘要与协议文本不符;请重新导出协议文件。",
    en: "The digest stated in the file is not that of the document; export the agreement again.",
  });
}

function unsigned(): Result<never> {
  return refuse("AGREEMENT_SIGNATURE", {
    zh: "有价协议缺少需求方签名,不具效力。",
    en: "A priced agreement without the consumer's signature binds nobody.",
  });
}

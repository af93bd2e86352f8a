import { z } from "zod";
import { type Canonical, canonicalize, canonicalText, digestOf, parseCanonical } from "../kernel/canonical-json.ts";
import { type Signer, verifySignature } from "../kernel/ed25519.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { type UsageTerms, usageTermsSchema } from "../policy/model.ts";
import { fromOdrl, toOdrl } from "../policy/odrl.ts";
import { thirdRegionsOf } from "../policy/parties.ts";
import { datasetUrn, regionUrn } from "./messages.ts";
import type { AgreementDocument, Negotiation, PartySignature } from "./model.ts";
import { refuse } from "./refusal.ts";

/** Keeps a signature over an agreement from being one over anything else. Source: settlement.md §9a. */
const SIGNED_AS = "heliu.agreement.v1\n";

const regionId = z.string().regex(/^[1-9][0-9]{5}$/);
const documentSchema = z.strictObject({
  type: z.literal("heliu.agreement.v1"),
  agreementId: z.string().regex(/^AGR-[0-9A-HJKMNP-TV-Z]{26}$/),
  version: z.string().regex(/^[1-9][0-9]{0,8}$/),
  previous: z.string().nullable(),
  provider: regionId,
  consumer: regionId,
  entry: z.strictObject({ region: regionId, id: z.string(), version: z.string() }),
  policy: z.looseObject({
    "@id": z.string(),
    "@type": z.literal("Agreement"),
    target: z.string(),
    assigner: z.string(),
    assignee: z.string(),
  }),
  terms: z.unknown(),
  validFrom: z.iso.datetime(),
  validTo: z.iso.datetime(),
  rulePacks: z.array(z.strictObject({ id: z.string(), version: z.string() })),
  trustListDigest: z.string(),
});

export type Drafting = {
  readonly negotiation: Pick<Negotiation, "entry" | "terms">;
  readonly agreementId: string;
  readonly provider: string;
  readonly consumer: string;
  readonly at: string;
  readonly rulePacks: AgreementDocument["rulePacks"];
  readonly trustListDigest: string;
};

/** The document both regions sign. `policy` says everything about the use, `terms` again the money, as settlement reads it. */
export function draftDocument(draft: Drafting): AgreementDocument {
  const { negotiation, agreementId, provider, consumer, at, rulePacks, trustListDigest } = draft;
  const { entry, terms } = negotiation;
  return {
    type: "heliu.agreement.v1",
    agreementId,
    version: "1",
    previous: null,
    provider,
    consumer,
    entry: { region: entry.region, id: entry.id, version: entry.version },
    policy: toOdrl(terms, {
      "@id": `urn:heliu:agreement:${agreementId}`,
      "@type": "Agreement",
      target: datasetUrn(entry.region, entry.id),
      assigner: regionUrn(provider),
      assignee: regionUrn(consumer),
      timestamp: at,
    }),
    terms: terms.price,
    validFrom: terms.validFrom,
    validTo: terms.validTo,
    rulePacks: rulePacks.map(({ id, version }) => ({ id, version })),
    trustListDigest,
  };
}

export type ReadDocument = {
  readonly document: AgreementDocument;
  readonly digest: string;
  readonly terms: UsageTerms;
};

/** A document as it came: canonical bytes, the right shape, and one meaning only. */
export function readDocument(text: string): Result<ReadDocument> {
  const value = parseCanonical(Buffer.from(text, "utf8"));
  if (!value.ok) return value;
  const parsed = documentSchema.safeParse(value.value);
  if (!parsed.success) return mismatch(parsed.error.issues[0]?.path.join(".") || "document");
  const document = parsed.data as AgreementDocument;
  const terms = fromOdrl(document.policy);
  if (!terms.ok) return terms;
  const wrong = contradictionIn(parsed.data, terms.value);
  return wrong === undefined ? ok({ document, digest: digestOf(value.value), terms: terms.value }) : mismatch(wrong);
}

/** The same fact stands in several places of the document; whoever reads only one of them must not be misled. */
function contradictionIn(document: z.infer<typeof documentSchema>, terms: UsageTerms): string | undefined {
  const { policy, entry, provider, consumer, agreementId } = document;
  if (entry.region !== provider) return "entry.region";
  if (policy["@id"] !== `urn:heliu:agreement:${agreementId}`) return "policy.@id";
  if (policy.assigner !== regionUrn(provider)) return "policy.assigner";
  if (policy.assignee !== regionUrn(consumer)) return "policy.assignee";
  if (policy.target !== datasetUrn(entry.region, entry.id)) return "policy.target";
  if (document.validFrom !== terms.validFrom || document.validTo !== terms.validTo) return "validTo";
  if (!isSameJson(document.terms, terms.price)) return "terms";
  if (terms.price !== null && terms.price.agreementId !== agreementId) return "terms.agreementId";
  return undefined;
}

export type Expected = {
  readonly negotiation: Pick<Negotiation, "entry" | "terms">;
  readonly provider: string;
  readonly consumer: string;
};

/** Whether the document is what was requested or accepted: same parties, same entry, same terms. */
export function checkAsAgreed({ document, terms }: ReadDocument, expected: Expected): Result<true> {
  const { negotiation, provider, consumer } = expected;
  const { entry } = negotiation;
  if (document.provider !== provider) return mismatch("provider");
  if (document.consumer !== consumer) return mismatch("consumer");
  if (document.entry.id !== entry.id || document.entry.version !== entry.version) return mismatch("entry");
  const asked = withAgreementId(negotiation.terms, document.agreementId);
  // A provider without a source names the channel outside; nothing more can pass here than was asked for.
  const isOutside = asked.channel === "heliu" && /^outside:[a-z-]+$/.test(terms.channel);
  const wanted = isOutside ? { ...asked, channel: terms.channel } : asked;
  for (const name of Object.keys(usageTermsSchema.shape) as (keyof UsageTerms)[]) {
    if (!isSameJson(terms[name], wanted[name])) return mismatch(`policy.${name}`);
  }
  return ok(true);
}

/** Price terms are asked for before the provider has given the agreement its number; a number that stands is kept. */
export function withAgreementId(terms: UsageTerms, agreementId: string): UsageTerms {
  if (terms.price === null || terms.price.agreementId !== "") return terms;
  return { ...terms, price: { ...terms.price, agreementId } };
}

export function signDocument(signer: Signer, text: string): { readonly keyId: string; readonly signature: string } {
  return { keyId: signer.keyId, signature: Buffer.from(signer.sign(signedBytes(text))).toString("base64") };
}

/** `key` is what the trust list names for the signing region at that time; undefined when it names none. */
export function checkSignature(text: string, key: Uint8Array | undefined, signature: string): Result<true> {
  if (key !== undefined && verifySignature(key, signedBytes(text), signature)) return ok(true);
  return refuse("AGREEMENT_SIGNATURE", {
    zh: "协议签名与信任列表中对方有效的签名密钥不符;请对方核对密钥与信任列表版本后重新签署。",
    en: "The signature is not by a statement key that the trust list names for that region; it must check its key and its trust list, and sign again.",
  });
}

/** Every third region that the terms pay has signed. `keyOf` answers what the trust list names; undefined when it names none. */
export function checkPartySignatures(
  { document, terms }: ReadDocument,
  text: string,
  signatures: readonly PartySignature[],
  keyOf: (region: string, keyId: string) => Uint8Array | undefined,
): Result<true> {
  const { provider, consumer } = document;
  for (const region of thirdRegionsOf(terms.price, provider, consumer)) {
    const found = signatures.filter((one) => one.region === region);
    const [only] = found;
    if (only === undefined || found.length > 1) return unsignedBy(region);
    const signed = checkSignature(text, keyOf(region, only.keyId), only.signature);
    if (!signed.ok) return signed;
  }
  return ok(true);
}

function unsignedBy(region: string): Result<never> {
  return refuse(
    "AGREEMENT_SIGNATURE",
    {
      zh: `协议向地区 ${region} 的参与方分配收益,但缺少该地区的签名,不具效力;请提供方取得其签署。`,
      en: `The agreement pays parties of region ${region} but lacks its signature, so it binds nobody; the provider must have it signed there.`,
    },
    { region },
  );
}

export function documentText(document: AgreementDocument): string {
  return canonicalText(document as unknown as Canonical);
}

function signedBytes(text: string): Uint8Array {
  return Buffer.from(SIGNED_AS + text, "utf8");
}

export function isSameJson(a: unknown, b: unknown): boolean {
  const left = canonicalize(a);
  const right = canonicalize(b);
  return left.ok && right.ok && left.value === right.value;
}

function mismatch(place: string): Result<never> {
  return refuse(
    "AGREEMENT_MISMATCH",
    {
      zh: `协议文本与申请或已接受的内容不一致(${place});未签署,请提供方按协商结果重新出具。`,
      en: `The agreement is not what was requested or accepted (${place}); it was not signed, and the provider must draw it up again.`,
    },
    { place },
  );
}

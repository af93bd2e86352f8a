import type { Agreement } from "./model.ts";

/** What leaves the node to be verified offline (`verify-agreement.ts`): the signed text and every signature. */
export function agreementFile(agreement: Agreement) {
  const { document, digest, providerKeyId, providerSignature, consumerKeyId, consumerSignature } = agreement;
  const { partySignatures } = agreement;
  const file = { document, digest, providerKeyId, providerSignature, consumerKeyId, consumerSignature };
  return partySignatures === undefined ? file : { ...file, partySignatures };
}

/** Every signature under the text, each with the region it binds. */
export function signaturesOf(agreement: Agreement) {
  const { provider, consumer, providerKeyId, providerSignature, consumerKeyId, consumerSignature } = agreement;
  const signatures = [{ region: provider, keyId: providerKeyId, signature: providerSignature }];
  if (consumerKeyId !== null && consumerSignature !== null) {
    signatures.push({ region: consumer, keyId: consumerKeyId, signature: consumerSignature });
  }
  return [...signatures, ...(agreement.partySignatures ?? [])];
}

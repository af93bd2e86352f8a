import type { Agreement } from "./model.ts";

/** What leaves the node to be verified offline (`verify-agreement.ts`): the signed text and every signature. */
export function agreementFile(agreement: Agreement) {
  const { document, digest, providerKeyId, providerSignature, consumerKeyId, consumerSignature } = agreement;
  const { partySignatures } = agreement;
  const file = { document, digest, providerKeyId, providerSignature, consumerKeyId, consumerSignature };
  return partySignatures === undefined ? file : { ...file, partySignatures };
}

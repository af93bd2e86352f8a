import type { ReceiptCore } from "../metering/model.ts";
import { hasLeft, type PartyEnd } from "../metering/party-end.ts";
import type { Agreement } from "../negotiation/model.ts";
import type { Purpose } from "../policy/model.ts";
import { purposeClassOf } from "../policy/purpose-class.ts";
import type { TransferSelection } from "./model.ts";

/** What both regions derive from the agreement alone, so that the consumer can check each core it signs. */
export type ReceiptFacts = {
  readonly productId: string;
  readonly purposeClass: ReceiptCore["purposeClass"];
};

export function factsOfTransfer(agreement: Agreement, selection: TransferSelection): ReceiptFacts {
  const purposes = selection.purpose === undefined ? agreement.terms.purposes : [selection.purpose];
  return factsOf(agreement, purposes);
}

export function factsOf(agreement: Agreement, purposes: readonly Purpose[]): ReceiptFacts {
  return { productId: productOf(agreement), purposeClass: purposeClassOf(purposes) };
}

/** The priced product: the one named like the entry, else the only one; without a price the entry itself is metered. */
function productOf({ terms, entry }: Agreement): string {
  const products = terms.price?.products ?? [];
  const own = products.find(({ productId }) => productId === entry.id);
  const only = products.length === 1 ? products[0] : undefined;
  return (own ?? only)?.productId ?? entry.id;
}

type Contribution = { readonly partyId: string; readonly metric: string; readonly quantity: bigint };

/**
 * Who contributed to what was used: the provider's data units, when the agreement shares by contribution. A source
 * belongs to one region, so the whole quantity is its only provider party's; several cannot be told apart, and the
 * scheme's named fallback applies. A party that has left contributes no more.
 */
export function contributionsOf(
  agreement: Agreement,
  usage: { readonly [metric: string]: bigint },
  ends: readonly PartyEnd[] | undefined,
  atMs: number,
): Contribution[] {
  const { price } = agreement.terms;
  if (price === null || price.scheme.kind !== "contribution") return [];
  const providers = price.parties.filter(
    ({ partyId, role, regionId }) =>
      role === "provider" && regionId === agreement.provider && !hasLeft(ends, partyId, atMs),
  );
  const [party] = providers;
  if (party === undefined || providers.length > 1) return [];
  return price.scheme.components
    .filter(({ metric }) => usage[metric] !== undefined)
    .map(({ metric }) => ({ partyId: party.partyId, metric, quantity: usage[metric] ?? 0n }));
}

import { mirrorRecords } from "../federation/store.ts";
import { receipts } from "../metering/store.ts";
import type { Agreement } from "../negotiation/model.ts";
import { agreements, negotiations } from "../negotiation/store.ts";
import { settlements } from "../settlement/store.ts";
import type { Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";

/** What a region gives back to a peer that lost its own copy; the kinds in the order in which they build on each other. */
export type HeldRecord = { readonly kind: string; readonly record: unknown };

export type Holdings = { readonly of: (peer: { readonly region: string }) => AsyncIterable<HeldRecord> };

/**
 * Everything here that the peer itself once signed, sent or published, and nothing else: a peer learns nothing by asking.
 * Negotiations that did not come to an agreement were signed by nobody and are left out.
 */
export function createHoldings({ store }: { readonly store: Store }): Holdings {
  return {
    async *of({ region }) {
      const shared: Agreement[] = [];
      for await (const agreement of list(store, agreements)) {
        if (agreement.provider === region || agreement.consumer === region) shared.push(agreement);
      }
      for (const agreement of shared) {
        const negotiation = await read(store, negotiations.at(agreement.negotiationId));
        if (negotiation !== undefined && agreement.status !== "pending") {
          yield { kind: "agreement", record: { agreement, negotiation } };
        }
      }
      for (const { id } of shared) {
        for await (const { core, providerSignature, consumerSignature } of list(store, receipts, [id])) {
          yield { kind: "receipt", record: { core, providerSignature, consumerSignature } };
        }
      }
      const ids = new Set(shared.map(({ id }) => id));
      for await (const settlement of list(store, settlements)) {
        if (ids.has(settlement.agreementId) && settlement.state === "agreed") {
          yield { kind: "settlement", record: settlement };
        }
      }
      for await (const { id, sequence, entry } of list(store, mirrorRecords, [region])) {
        yield { kind: "entry", record: { id, sequence, entry } };
      }
    },
  };
}

import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Statement } from "./model.ts";
import type { Obligation } from "./netting.ts";

export type SettledStatement = {
  readonly statement: Statement;
  readonly terms: SettlementTerms;
  readonly provider: string;
  readonly consumer: string;
};

/** What a region owes for one party; `fen` is above zero, so a negative total goes from the party's region. */
export type PartyObligation = Obligation & { readonly partyId: string };

/**
 * Who owes whom after a signed statement: the consumer region pays each party's region that party's total, and the
 * provider region holds what is deferred, so that the consumer pays Σ amountFen in all. Source: settlement.md §12.
 */
export function obligationsOf({ statement, terms, provider, consumer }: SettledStatement): PartyObligation[] {
  const regions = new Map(terms.parties.map(({ partyId, regionId }) => [partyId, regionId]));
  const { totals, deferred } = statement.result;
  const owed: PartyObligation[] = totals.map(({ partyId, fen }) => ({
    partyId,
    from: consumer,
    // A fund may be an outsider; its region is in its name.
    to: regions.get(partyId) ?? partyId.split(":")[0] ?? partyId,
    fen: BigInt(fen),
  }));
  const holder = holderOf(provider);
  owed.push({ partyId: holder, from: consumer, to: provider, fen: BigInt(deferred.addedFen) });
  owed.push({ partyId: holder, from: provider, to: consumer, fen: BigInt(deferred.releasedFen) });
  return owed
    .map(({ partyId, from, to, fen }) =>
      fen < 0n ? { partyId, from: to, to: from, fen: -fen } : { partyId, from, to, fen },
    )
    .filter(({ from, to, fen }) => from !== to && fen !== 0n);
}

/** Deferred money is held by the provider region, in the name of no party that earned it. */
function holderOf(provider: string): string {
  return `${provider}:holder`;
}

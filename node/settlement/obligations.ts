import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { Statement } from "./model.ts";
import { type NettingPlan, net, type Obligation } from "./netting.ts";

export type SettledStatement = {
  readonly statement: Statement;
  readonly terms: SettlementTerms;
  readonly provider: string;
  readonly consumer: string;
};

/**
 * Who owes whom after a signed statement: the consumer region pays each party's region that party's total, and the
 * provider region holds what is deferred, so that the consumer pays Σ amountFen in all. Source: settlement.md §12.
 */
export function obligationsOf({ statement, terms, provider, consumer }: SettledStatement): Obligation[] {
  const regions = new Map(terms.parties.map(({ partyId, regionId }) => [partyId, regionId]));
  const { totals, deferred } = statement.result;
  const owed: Obligation[] = totals.map(({ partyId, fen }) => ({
    from: consumer,
    // A fund may be an outsider; its region is in its name.
    to: regions.get(partyId) ?? partyId.split(":")[0] ?? partyId,
    fen: BigInt(fen),
  }));
  owed.push({ from: consumer, to: provider, fen: BigInt(deferred.addedFen) });
  owed.push({ from: provider, to: consumer, fen: BigInt(deferred.releasedFen) });
  return owed
    .map(({ from, to, fen }) => (fen < 0n ? { from: to, to: from, fen: -fen } : { from, to, fen }))
    .filter(({ from, to, fen }) => from !== to && fen !== 0n);
}

export function nettingOf(statements: readonly SettledStatement[]): NettingPlan {
  return net(statements.flatMap(obligationsOf));
}

import type { SettlementTerms } from "../../node/policy/settlement-terms.ts";
import type { View } from "./view.ts";

/** `成都市 存储` for a party of the terms; one that the terms do not list (a fund) keeps its id. */
export function partyNames(view: View, { parties }: Pick<SettlementTerms, "parties">): (partyId: string) => string {
  const known = new Map(parties.map((party) => [party.partyId, party]));
  return (partyId) => {
    const party = known.get(partyId);
    return party === undefined ? partyId : `${view.nameOf(party.regionId)} ${view.t.partyRoles[party.role]}`;
  };
}

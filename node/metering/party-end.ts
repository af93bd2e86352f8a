import { type Result, refusals } from "../kernel/exchange-error.ts";
import { chinaDateOf, msOf } from "../kernel/instant.ts";
import { collection } from "../storage/collection.ts";
import type { ReceiptCore } from "./model.ts";

const refuse = refusals({ PARTY_NOT_ACTIVE: "invalid-input" });

/** That a party leaves an agreement, as its region signed it. */
export type PartyEnd = {
  readonly partyId: string;
  /** China date, the last one on which it takes part. */
  readonly lastDay: string;
  readonly keyId: string;
  readonly signature: string;
};

/** Agreement → who has left it, or will. */
export const partyEnds = collection<readonly PartyEnd[]>("party-end");

export function hasLeft(ends: readonly PartyEnd[] | undefined, partyId: string, atMs: number): boolean {
  const end = ends?.find((one) => one.partyId === partyId);
  return end !== undefined && chinaDateOf(atMs) > end.lastDay;
}

/** Receipts of a party after its last day are refused; what it did before may still be taken back. Source: settlement.md §7. */
export function partyGone(core: ReceiptCore, ends: readonly PartyEnd[] | undefined): Result<never> | undefined {
  if (core.kind !== "usage") return undefined;
  const gone = core.contributions.find(({ partyId }) => hasLeft(ends, partyId, msOf(core.endedAt)));
  if (gone === undefined) return undefined;
  const { partyId } = gone;
  const { lastDay = "" } = ends?.find((one) => one.partyId === partyId) ?? {};
  return refuse(
    "PARTY_NOT_ACTIVE",
    {
      zh: `参与方 ${partyId} 已于 ${lastDay} 退出协议,其后的凭据(第 ${core.seq} 号)不予受理;请提供方核对贡献方后重新出具。`,
      en: `The party ${partyId} left the agreement after ${lastDay}; receipt ${core.seq}, which is of a later day, is refused. The provider must look who contributed and issue it anew.`,
    },
    { partyId, lastDay, receiptId: core.receiptId },
  );
}

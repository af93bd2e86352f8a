import { ok, type Result } from "../kernel/exchange-error.ts";
import { denied } from "./refusal.ts";
import type { SettlementTerms } from "./settlement-terms.ts";

type Paid = Pick<SettlementTerms, "parties" | "fund">;
type Named = { readonly partyId: string; readonly regionId: string };

const REGION = /^[1-9][0-9]{5}$/;

/** The region in a party's name: `440100:compute` → `440100`. */
function regionInName(partyId: string): string | undefined {
  const prefix = partyId.split(":")[0] ?? "";
  return REGION.test(prefix) ? prefix : undefined;
}

/** Everyone whom the terms may pay, with the region that answers for them. A fund need not be among the parties. */
function everyonePaid({ parties, fund }: Paid): Named[] {
  const outside = fund != null && parties.every(({ partyId }) => partyId !== fund.partyId) ? [fund.partyId] : [];
  return [...parties, ...outside.map((partyId) => ({ partyId, regionId: regionInName(partyId) ?? "" }))];
}

/** Regions besides the two sides that the terms pay, in byte order: each of them signs as well. Source: settlement.md §9a. */
export function thirdRegionsOf(price: Paid | null, provider: string, consumer: string): string[] {
  if (price === null) return [];
  const regions = new Set(everyonePaid(price).map(({ regionId }) => regionId));
  return [...regions].filter((region) => region !== provider && region !== consumer).sort();
}

/** Parties of one region, the fund included: what its finance knows figures of and is owed money for. */
export function partiesOfRegion(price: Paid, region: string): string[] {
  return everyonePaid(price)
    .filter(({ regionId }) => regionId === region)
    .map(({ partyId }) => partyId);
}

type PartyCheck = {
  readonly provider: string;
  readonly consumer: string;
  /** Regions that can be asked for their signature, besides the two. */
  readonly partners: readonly string[];
};

/** Nobody is paid by terms which their region does not sign, and nobody under another region's name. */
export function checkParties({ provider, consumer, partners }: PartyCheck, price: SettlementTerms): Result<true> {
  for (const { partyId, regionId } of everyonePaid(price)) {
    const named = regionInName(partyId);
    if (named !== undefined && named !== regionId) return otherRegionsName(partyId, regionId);
    if (![provider, consumer, ...partners].includes(regionId)) return stranger(partyId, regionId);
  }
  return ok(true);
}

function stranger(partyId: string, regionId: string): Result<never> {
  return denied({
    code: "OUT_OF_SCOPE",
    rule: "policy.parties",
    text: {
      zh: `参与方 ${partyId} 所属地区“${regionId}”不在现行信任列表中或已暂停,无法签署本协议,因此不能据此分配收益;请改用可签署地区的参与方。`,
      en: `Region "${regionId}" of party ${partyId} is not active in the trust list in force, so it cannot sign this agreement nor be paid by it; name parties of regions that can sign.`,
    },
    details: { partyId },
  });
}

function otherRegionsName(partyId: string, regionId: string): Result<never> {
  return denied({
    code: "OUT_OF_SCOPE",
    rule: "policy.parties",
    text: {
      zh: `参与方 ${partyId} 的编号属于另一地区,却写明由 ${regionId} 代表;请改正编号或地区。`,
      en: `The id of party ${partyId} is another region's, while ${regionId} is named as its region; correct the one or the other.`,
    },
    details: { partyId },
  });
}

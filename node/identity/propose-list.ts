import { instantOf } from "../kernel/instant.ts";
import type { TrustedRegion, TrustList } from "./model.ts";

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;

/** What is to differ from the list in force; everything left out stays. */
export type ListChange = {
  /** Added, or put in the place of the region with the same id. */
  readonly regions?: readonly TrustedRegion[];
  readonly remove?: readonly string[];
  readonly suspend?: readonly string[];
  readonly resume?: readonly string[];
  readonly revoke?: TrustList["revoked"];
  readonly founders?: TrustList["founders"];
  readonly threshold?: number;
  readonly days?: number;
};

/** The unsigned next version for founders to look at and sign. Without a list in force it is version 1. */
export function proposeList(inForce: TrustList | undefined, change: ListChange, nowMs: number): TrustList {
  const replaced = new Set([...(change.regions ?? []).map(({ id }) => id), ...(change.remove ?? [])]);
  const kept = (inForce?.regions ?? []).filter(({ id }) => !replaced.has(id));
  const regions = [...kept, ...(change.regions ?? [])].map((region) => ({
    ...region,
    status: statusOf(region, change),
  }));
  const founders = change.founders ?? inForce?.founders ?? [];
  return {
    format: "heliu.trust-list.v1",
    version: (BigInt(inForce?.version ?? "0") + 1n).toString(),
    issuedAt: instantOf(nowMs),
    expiresAt: instantOf(nowMs + (change.days ?? DEFAULT_DAYS) * DAY_MS),
    threshold: String(change.threshold ?? inForce?.threshold ?? founders.length),
    founders,
    // By id, so that two people who propose the same change get the same digest.
    regions: regions.sort((a, b) => (a.id < b.id ? -1 : 1)),
    revoked: [...(inForce?.revoked ?? []), ...(change.revoke ?? [])],
  };
}

function statusOf({ id, status }: TrustedRegion, { suspend = [], resume = [] }: ListChange): TrustedRegion["status"] {
  if (suspend.includes(id)) return "suspended";
  return resume.includes(id) ? "active" : status;
}

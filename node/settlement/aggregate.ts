import type { ReceiptRow } from "../metering/row.ts";
import type { SettlementTerms } from "../policy/settlement-terms.ts";
import type { PostedUsage, UsageRow } from "./model.ts";
import { fail } from "./refusal.ts";
import type { MeteredRow } from "./scheme.ts";
import { byteOrder, parseQuantity } from "./values.ts";

/** The sums of one product in one usage period. */
type Group = {
  readonly productId: string;
  readonly usagePeriodId: string;
  quantity: bigint;
  free: bigint;
  disputed: bigint;
  disputedFree: bigint;
  /** partyId and metric → quantity. */
  readonly metered: Map<string, { readonly partyId: string; readonly metric: string; quantity: bigint }>;
};

/** What of a receipt is added up. */
export type Summand = Pick<
  ReceiptRow,
  "receiptId" | "productId" | "periodId" | "purposeClass" | "usage" | "contributions"
>;

export type Aggregation = {
  readonly add: (core: Summand) => void;
  readonly rows: (posted: readonly PostedUsage[], caps: ReadonlyMap<string, string>) => AggregatedRows;
};

export type AggregatedRows = { readonly usage: UsageRow[]; readonly metered: MeteredRow[] };

/** Sums receipts as they come; the outcome does not depend on their order. Source: settlement.md §9, aggregation. */
export function aggregation(
  terms: SettlementTerms,
  periodId: string,
  disputedReceiptIds: ReadonlySet<string>,
): Aggregation {
  const metrics = new Map(terms.products.map(({ productId, metric }) => [productId, metric]));
  const groups = new Map<string, Group>();
  // Most receipts are of the product and month of the one before.
  let group: Group | undefined;
  return {
    add(core) {
      const metric = metrics.get(core.productId) ?? fail("UNKNOWN_PRODUCT", { value: core.productId });
      if (core.periodId > periodId) fail("BAD_PERIOD", { value: core.periodId });
      if (group?.productId !== core.productId || group.usagePeriodId !== core.periodId) group = groupOf(groups, core);
      const quantity = parseQuantity(core.usage[metric] ?? "0");
      const isFree = core.purposeClass === "public-interest";
      if (disputedReceiptIds.has(core.receiptId)) {
        group.disputed += quantity;
        if (isFree) group.disputedFree += quantity;
        return;
      }
      group.quantity += quantity;
      if (isFree) group.free += quantity;
      for (const row of core.contributions) meter(group, row.partyId, row.metric, parseQuantity(row.quantity));
    },
    rows(posted, caps) {
      const sorted = [...groups.values()].sort(
        (a, b) => byteOrder(a.productId, b.productId) || byteOrder(a.usagePeriodId, b.usagePeriodId),
      );
      const priors = new Map(posted.map((prior) => [groupKey(prior.productId, prior.usagePeriodId), prior]));
      const usage: UsageRow[] = [];
      const metered: MeteredRow[] = [];
      for (const group of sorted) {
        const isLate = group.usagePeriodId !== periodId;
        const prior = priors.get(groupKey(group.productId, group.usagePeriodId));
        if (isLate) for (const row of prior?.metered ?? []) meter(group, row.partyId, row.metric, BigInt(row.quantity));
        const cap = isLate ? prior?.capPriceMicro : caps.get(group.productId);
        usage.push(usageRow(group, isLate ? (prior ?? "none") : null, cap ?? null));
        metered.push(...meteredRows(group));
      }
      return { usage, metered };
    },
  };
}

function groupOf(groups: Map<string, Group>, { productId, periodId }: Summand): Group {
  const key = groupKey(productId, periodId);
  let group = groups.get(key);
  if (group === undefined) {
    const sums = { quantity: 0n, free: 0n, disputed: 0n, disputedFree: 0n };
    group = { productId, usagePeriodId: periodId, ...sums, metered: new Map() };
    groups.set(key, group);
  }
  return group;
}

function groupKey(productId: string, usagePeriodId: string): string {
  return `${productId}/${usagePeriodId}`;
}

function meter({ metered }: Group, partyId: string, metric: string, quantity: bigint): void {
  const key = `${partyId}/${metric}`;
  const row = metered.get(key);
  if (row === undefined) metered.set(key, { partyId, metric, quantity });
  else row.quantity += quantity;
}

/** Rows of the settling period carry no usage period and no prior; both digests would change if they did. */
function usageRow(group: Group, prior: PostedUsage | "none" | null, cap: string | null): UsageRow {
  const isDisputed = group.disputed !== 0n || group.disputedFree !== 0n;
  return {
    productId: group.productId,
    quantity: group.quantity.toString(),
    freeQuantity: group.free.toString(),
    ...(prior !== null && {
      usagePeriodId: group.usagePeriodId,
      priorQuantity: prior === "none" ? "0" : prior.quantity,
      priorFreeQuantity: prior === "none" ? "0" : prior.freeQuantity,
    }),
    ...(isDisputed && {
      disputedQuantity: group.disputed.toString(),
      disputedFreeQuantity: group.disputedFree.toString(),
    }),
    ...(cap !== null && { capPriceMicro: cap }),
  };
}

function meteredRows({ productId, usagePeriodId, metered }: Group): MeteredRow[] {
  return [...metered.values()]
    .sort((a, b) => byteOrder(a.partyId, b.partyId) || byteOrder(a.metric, b.metric))
    .map(({ partyId, metric, quantity }) => ({
      productId,
      usagePeriodId,
      partyId,
      metric,
      quantity: quantity.toString(),
    }));
}

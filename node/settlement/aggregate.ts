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

/** Receipts that say the same, counted before they are added up. */
type Alike = { readonly said: Summand; readonly group: Group; readonly quantity: bigint; count: number };

/** So many different ones are counted at a time; more are added up in between, so that memory stays bounded. */
const MAX_ALIKE = 8_192;

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
  // By month, and in it by the usage record itself: rows read from the store share that when they say the same (metering/row.ts).
  const alike = new Map<string, Map<Summand["usage"], Alike>>();
  let different = 0;

  const look = (core: Summand): Alike => {
    const metric = metrics.get(core.productId) ?? fail("UNKNOWN_PRODUCT", { value: core.productId });
    if (core.periodId > periodId) fail("BAD_PERIOD", { value: core.periodId });
    const quantity = parseQuantity(core.usage[metric] ?? "0");
    for (const row of core.contributions) parseQuantity(row.quantity);
    return { said: core, group: groupOf(groups, core), quantity, count: 0 };
  };
  const addUp = () => {
    for (const ofMonth of alike.values()) for (const each of ofMonth.values()) addAlike(each);
    alike.clear();
    different = 0;
  };
  const count = (core: Summand) => {
    const counted = look(core);
    if (different >= MAX_ALIKE) addUp();
    const ofMonth = alike.get(core.periodId) ?? new Map<Summand["usage"], Alike>();
    const before = ofMonth.get(core.usage);
    // The same usage of another product or class; rare enough to be added up at once.
    if (before !== undefined) addAlike(before);
    else different += 1;
    alike.set(core.periodId, ofMonth.set(core.usage, { ...counted, count: 1 }));
  };
  return {
    add(core) {
      if (disputedReceiptIds.has(core.receiptId)) return addDisputed(look(core));
      const before = alike.get(core.periodId)?.get(core.usage);
      if (before !== undefined && saysTheSame(before.said, core)) before.count += 1;
      else count(core);
    },
    rows(posted, caps) {
      addUp();
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

/** Of two of one month with the same usage record. */
function saysTheSame(a: Summand, b: Summand): boolean {
  return a.productId === b.productId && a.purposeClass === b.purposeClass && a.contributions === b.contributions;
}

function addAlike({ said, group, quantity, count }: Alike): void {
  const times = BigInt(count);
  group.quantity += quantity * times;
  if (said.purposeClass === "public-interest") group.free += quantity * times;
  for (const row of said.contributions) meter(group, row.partyId, row.metric, parseQuantity(row.quantity) * times);
}

function addDisputed({ said, group, quantity }: Alike): void {
  group.disputed += quantity;
  if (said.purposeClass === "public-interest") group.disputedFree += quantity;
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

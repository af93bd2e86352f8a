import { ok } from "../../kernel/exchange-error.ts";
import { chinaDateOf, msOf } from "../../kernel/instant.ts";
import type { HeldReceipt, ReceiptCore } from "../../metering/model.ts";
import { type Direction, receipts } from "../../metering/store.ts";
import { collection } from "../../storage/collection.ts";
import type { Store } from "../../storage/port.ts";
import { list, read, transact } from "../../storage/transact.ts";

type Quantities = { readonly [metric: string]: string };

/** One product, one month, one class: what the chain says, whether or not the consumer has signed already. */
export type ClassSums = {
  readonly receipts: string;
  readonly usage: Quantities;
  /** By China date of the receipt's end. */
  readonly days: { readonly [date: string]: Quantities };
  /** By party and metric. */
  readonly contributions: { readonly [partyId: string]: Quantities };
};

export type MonthSums = { readonly [productId: string]: { readonly [purposeClass: string]: ClassSums } };

/** Sums of an agreement's receipts up to a number of each chain. Derived data: it may be lost and is counted again. */
export type RunningUsage = {
  readonly agreementId: string;
  readonly through: { readonly [D in Direction]: string };
  readonly months: { readonly [periodId: string]: MonthSums };
};

const sums = collection<RunningUsage>("usage-running");

/** So many new receipts are worth keeping the sums for the next reader. */
const KEEP_AFTER = 2_000;
const NO_SUMS: ClassSums = { receipts: "0", usage: {}, days: {}, contributions: {} };

/**
 * What an agreement has used so far, at the cost of the receipts that are new. The last receipt of a chain may still be
 * replaced by its other version (an equivocation), so it is counted at each reading and never kept.
 */
export async function readRunningUsage(store: Store, agreementId: string): Promise<RunningUsage> {
  const kept = await read(store, sums.at(agreementId));
  let running: RunningUsage = kept ?? { agreementId, through: { forward: "0", reverse: "0" }, months: {} };
  let fresh = 0;
  const heads: ReceiptCore[] = [];
  for (const direction of ["forward", "reverse"] as const) {
    let held: HeldReceipt | undefined;
    const after = [agreementId, direction, BigInt(running.through[direction])];
    const next = list(store, receipts, [agreementId, direction], running.through[direction] === "0" ? {} : { after });
    for await (const receipt of next) {
      if (held !== undefined) {
        running = folded(running, held.core);
        fresh++;
      }
      held = receipt;
    }
    if (held !== undefined) heads.push(held.core);
  }
  if (fresh >= KEEP_AFTER) await keep(store, running);
  return heads.reduce(folded, running);
}

/** Two readers may come here together; both have counted the same chain, so the further one stays. */
async function keep(store: Store, running: RunningUsage): Promise<void> {
  const ref = sums.at(running.agreementId);
  await transact(store, [ref], (tx) => {
    const { forward, reverse } = tx.get(ref)?.through ?? { forward: "0", reverse: "0" };
    const isFurther =
      BigInt(running.through.forward) >= BigInt(forward) && BigInt(running.through.reverse) >= BigInt(reverse);
    if (isFurther) tx.put(ref, running);
    return ok(true);
  });
}

export function folded(running: RunningUsage, core: ReceiptCore): RunningUsage {
  const { periodId, productId, purposeClass, direction, seq } = core;
  const month = running.months[periodId] ?? {};
  const product = month[productId] ?? {};
  const before = product[purposeClass] ?? NO_SUMS;
  const date = chinaDateOf(msOf(core.endedAt));
  const after: ClassSums = {
    receipts: plus(before.receipts, "1"),
    usage: added(before.usage, core.usage),
    days: { ...before.days, [date]: added(before.days[date] ?? {}, core.usage) },
    contributions: withContributions(before.contributions, core),
  };
  return {
    ...running,
    through: { ...running.through, [direction]: seq },
    months: { ...running.months, [periodId]: { ...month, [productId]: { ...product, [purposeClass]: after } } },
  };
}

function withContributions(before: ClassSums["contributions"], { contributions }: ReceiptCore) {
  const sum: { [partyId: string]: Quantities } = { ...before };
  for (const { partyId, metric, quantity } of contributions) {
    sum[partyId] = added(sum[partyId] ?? {}, { [metric]: quantity });
  }
  return sum;
}

function added(a: Quantities, b: Quantities): Quantities {
  const sum: { [metric: string]: string } = { ...a };
  for (const [metric, quantity] of Object.entries(b)) sum[metric] = plus(sum[metric] ?? "0", quantity);
  return sum;
}

function plus(a: string, b: string): string {
  return (BigInt(a) + BigInt(b)).toString();
}

/** Units of one metric in one class of a month's product. */
export function usedOf(month: MonthSums, productId: string, purposeClass: string, metric: string): bigint {
  return BigInt(month[productId]?.[purposeClass]?.usage[metric] ?? "0");
}

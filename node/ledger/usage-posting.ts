import { instantOf, nextPeriod } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { type AnyRef, abandon, type Tx } from "../storage/transact.ts";
import { type LedgerTx, NO_HEAD } from "./entry.ts";
import { accountOf } from "./model.ts";
import { ensure, record } from "./ops.ts";
import { accounts, answeredKeys, ledgerHead } from "./store.ts";

/** What the ledger must know of a receipt. */
export type UsedReceipt = {
  readonly receiptId: string;
  readonly agreementId: string;
  readonly productId: string;
  readonly periodId: string;
  readonly endedAt: string;
  readonly providerRegion: string;
  readonly consumerRegion: string;
  readonly usage: { readonly [metric: string]: string };
};

export type UsageParties = {
  readonly providerRegion: string;
  readonly consumerRegion: string;
  readonly metrics: readonly string[];
};

/** Metrics that are assets of the ledger; others are in the receipts only. */
const ASSETS = ["calls", "rows", "bytes", "gbHours"];

/**
 * The last row of the table in settlement.md §13: metering posts usage in the commit that takes the receipt into its
 * chain. That commit happens once per receipt, so neither key nor id is looked up: they hold the receipt's number,
 * which is given only inside the commit and so cannot be declared before it.
 */
export function createUsagePosting({ nowMs }: Pick<Runtime, "nowMs">) {
  return {
    refs: (about: UsageParties): readonly AnyRef[] => [
      ledgerHead,
      ...assetsOf(about.metrics).flatMap((asset) => [
        accounts.at(payer(about, asset)),
        accounts.at(provider(about, asset)),
      ]),
    ],

    /** It happened when it was used, and is known from this commit on. */
    post: (tx: Tx, core: UsedReceipt): void => {
      const known = { ...tx, knownAt: instantOf(nowMs()) };
      for (const asset of assetsOf(Object.keys(core.usage))) {
        const quantity = BigInt(core.usage[asset] ?? "0");
        if (quantity !== 0n) postQuantity(known, core, asset, quantity);
      }
    },
  };
}

function postQuantity(tx: LedgerTx, core: UsedReceipt, asset: string, quantity: bigint): void {
  const sides = [payer(core, asset), provider(core, asset)];
  for (const account of sides) ensure(tx, { op: "ensure", account, normal: "none" });
  const key = `usage|${core.receiptId}|${asset}`;
  // A correction is negative and swaps the sides; amounts of the ledger are above zero.
  const [debit = "", credit = ""] = quantity < 0n ? sides.reverse() : sides;
  const posted = record(tx, {
    id: `U-${core.receiptId.slice(0, 32)}-${asset}`,
    key,
    debit,
    credit,
    amount: (quantity < 0n ? -quantity : quantity).toString(),
    periodId: openPeriod(core.periodId, (tx.get(ledgerHead) ?? NO_HEAD).closedThrough),
    text: `${core.agreementId} ${core.productId}`,
    at: core.endedAt,
    state: "posted",
    expiresAt: null,
    reverses: null,
    reversedBy: null,
  });
  if (!posted.ok) abandon(posted);
  tx.put(answeredKeys.at(key), { digest: core.receiptId, answer: "posted" });
}

/** A late receipt's month may be closed; it is posted into the first open one. */
function openPeriod(periodId: string, closedThrough: string): string {
  return periodId > closedThrough ? periodId : nextPeriod(closedThrough);
}

function assetsOf(metrics: readonly string[]): string[] {
  return ASSETS.filter((asset) => metrics.includes(asset));
}

function payer({ consumerRegion }: { readonly consumerRegion: string }, asset: string): string {
  return accountOf(`${consumerRegion}:payer`, "usage", asset);
}

function provider({ providerRegion }: { readonly providerRegion: string }, asset: string): string {
  return accountOf(`${providerRegion}:provider`, "usage", asset);
}

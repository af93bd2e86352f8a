import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Snapshot, Store } from "../storage/port.ts";
import { list } from "../storage/transact.ts";
import { isOverdrawn } from "./balances.ts";
import { type Balances, type LedgerTransfer, partsOf } from "./model.ts";
import { refuse } from "./refusal.ts";
import { accounts, transfers } from "./store.ts";

export type LedgerCheck = {
  readonly accounts: number;
  readonly transfers: number;
  /** Per asset: what was posted and what is pending; debits and credits are equal, or the check had failed. */
  readonly assets: readonly { readonly asset: string; readonly posted: string; readonly pending: string }[];
};

type Sums = { debitsPosted: bigint; creditsPosted: bigint; debitsPending: bigint; creditsPending: bigint };
const SIDES = ["debitsPosted", "creditsPosted", "debitsPending", "creditsPending"] as const;

/**
 * The invariants of settlement.md §17 point 7: per asset debits equal credits, posted and pending each; no balance is
 * negative or overdrawn; and the balances are exactly what the transfers, added up again, make of them.
 */
export async function checkLedger(store: Store, at?: Snapshot): Promise<Result<LedgerCheck>> {
  const recomputed = new Map<string, Sums>();
  let count = 0;
  for await (const transfer of list(store, transfers, [], {}, at)) {
    count++;
    addUp(recomputed, transfer);
  }
  const perAsset = new Map<string, Sums>();
  let found = 0;
  for await (const account of list(store, accounts, [], {}, at)) {
    found++;
    const sums = sumsOf(account);
    const fault = faultOf(account, sums, recomputed.get(account.account) ?? zero());
    if (fault !== undefined) return refuse("LEDGER_UNBALANCED", fault);
    recomputed.delete(account.account);
    const { asset } = partsOf(account.account);
    const all = perAsset.get(asset) ?? zero();
    for (const side of SIDES) all[side] += sums[side];
    perAsset.set(asset, all);
  }
  const [orphan] = recomputed.keys();
  if (orphan !== undefined) return refuse("LEDGER_UNBALANCED", `transfers name ${orphan}, which is no account`);
  for (const [asset, all] of perAsset) {
    if (all.debitsPosted !== all.creditsPosted || all.debitsPending !== all.creditsPending) {
      return refuse("LEDGER_UNBALANCED", `debits and credits of ${asset} differ`);
    }
  }
  const assets = [...perAsset].map(([asset, { debitsPosted, debitsPending }]) => ({
    asset,
    posted: debitsPosted.toString(),
    pending: debitsPending.toString(),
  }));
  return ok({ accounts: found, transfers: count, assets });
}

function addUp(recomputed: Map<string, Sums>, { debit, credit, amount, state }: LedgerTransfer): void {
  if (state !== "posted" && state !== "pending") return;
  const debited = recomputed.get(debit) ?? zero();
  debited[state === "posted" ? "debitsPosted" : "debitsPending"] += BigInt(amount);
  recomputed.set(debit, debited);
  const credited = recomputed.get(credit) ?? zero();
  credited[state === "posted" ? "creditsPosted" : "creditsPending"] += BigInt(amount);
  recomputed.set(credit, credited);
}

function faultOf(account: Balances, sums: Sums, recomputed: Sums): string | undefined {
  for (const side of SIDES) {
    if (sums[side] < 0n) return `${account.account} has negative ${side}`;
    if (sums[side] !== recomputed[side]) {
      return `${side} of ${account.account} are ${sums[side]}, the transfers make ${recomputed[side]}`;
    }
  }
  return isOverdrawn(account) ? `${account.account} is overdrawn` : undefined;
}

function sumsOf(account: Balances): Sums {
  return {
    debitsPosted: BigInt(account.debitsPosted),
    creditsPosted: BigInt(account.creditsPosted),
    debitsPending: BigInt(account.debitsPending),
    creditsPending: BigInt(account.creditsPending),
  };
}

function zero(): Sums {
  return { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
}

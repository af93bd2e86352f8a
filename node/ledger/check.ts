import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Snapshot, Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { isOverdrawn } from "./balances.ts";
import { NO_HEAD } from "./entry.ts";
import { type Balances, type LedgerTransfer, partsOf } from "./model.ts";
import { refuse } from "./refusal.ts";
import { accounts, entries, ledgerHead, openPendings, transfers } from "./store.ts";
import { addEntry, addSums, SIDES, type Sums, sumsIn, sumsOf, zeroSums } from "./sums.ts";

export type LedgerCheck = {
  readonly accounts: number;
  readonly transfers: number;
  readonly entries: number;
  /** Per asset: what was posted and what is pending; debits and credits are equal, or the check had failed. */
  readonly assets: readonly { readonly asset: string; readonly posted: string; readonly pending: string }[];
};

/** How far a check has come, in records. */
export type Progress = (done: number, total: number) => void;

const TELL_EVERY = 5_000;

/**
 * The invariants of settlement.md §17 point 7, over everything: per asset debits equal credits, posted and pending each; no
 * balance is negative or overdrawn; and the balances are exactly what the transfers, added up again, make of them, and
 * what their entries make of them.
 */
export async function checkLedger(
  store: Store,
  at?: Snapshot,
  onProgress: Progress = () => {},
): Promise<Result<LedgerCheck>> {
  const head = (await read(store, ledgerHead, at)) ?? NO_HEAD;
  const total = Number(head.transfers) + Number(head.entries);
  let done = 0;
  const tell = () => {
    done++;
    if (done % TELL_EVERY === 0) onProgress(done, total);
  };
  const fromTransfers = new Map<string, Sums>();
  const waiting = new Set<string>();
  let count = 0;
  for await (const transfer of list(store, transfers, [], {}, at)) {
    count++;
    addTransfer(fromTransfers, transfer);
    if (transfer.state === "pending") waiting.add(transfer.id);
    tell();
  }
  const fromEntries = new Map<string, Sums>();
  let entered = 0;
  for await (const entry of list(store, entries, [], {}, at)) {
    entered++;
    addEntry(fromEntries, entry);
    tell();
  }
  onProgress(total, total);
  if (String(count) !== head.transfers) return unequal("transfers", count, head.transfers);
  if (String(entered) !== head.entries) return unequal("entries", entered, head.entries);
  const open = new Set(((await read(store, openPendings, at)) ?? []).map(({ id }) => id));
  if (open.size !== waiting.size || [...open].some((id) => !waiting.has(id))) {
    return unequal("pending transfers", waiting.size, String(open.size));
  }
  const assets = await checkAccounts(store, at, fromTransfers, fromEntries);
  return assets.ok ? ok({ ...assets.value, transfers: count, entries: entered }) : assets;
}

async function checkAccounts(
  store: Store,
  at: Snapshot | undefined,
  fromTransfers: Map<string, Sums>,
  fromEntries: Map<string, Sums>,
): Promise<Result<Pick<LedgerCheck, "accounts" | "assets">>> {
  const perAsset = new Map<string, Sums>();
  let found = 0;
  for await (const account of list(store, accounts, [], {}, at)) {
    found++;
    for (const [what, recomputed] of [
      ["transfers", fromTransfers],
      ["entries", fromEntries],
    ] as const) {
      const fault = faultOf(account, recomputed.get(account.account) ?? zeroSums(), what);
      if (fault !== undefined) return refuse("LEDGER_UNBALANCED", fault);
      recomputed.delete(account.account);
    }
    addSums(sumsIn(perAsset, partsOf(account.account).asset), sumsOf(account));
  }
  const [orphan] = [...fromTransfers.keys(), ...fromEntries.keys()];
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
  return ok({ accounts: found, assets });
}

function unequal(what: string, found: number, counted: string) {
  return refuse("LEDGER_UNBALANCED", `there are ${found} ${what}, and ${counted} were counted`);
}

function addTransfer(recomputed: Map<string, Sums>, { debit, credit, amount, state }: LedgerTransfer): void {
  if (state !== "posted" && state !== "pending") return;
  sumsIn(recomputed, debit)[state === "posted" ? "debitsPosted" : "debitsPending"] += BigInt(amount);
  sumsIn(recomputed, credit)[state === "posted" ? "creditsPosted" : "creditsPending"] += BigInt(amount);
}

/** What is wrong with an account, given what its transfers or entries make of it. */
export function faultOf(account: Balances, recomputed: Sums, what: string): string | undefined {
  const sums = sumsOf(account);
  for (const side of SIDES) {
    if (sums[side] < 0n) return `${account.account} has negative ${side}`;
    if (sums[side] !== recomputed[side]) {
      return `${side} of ${account.account} are ${sums[side]}, the ${what} make ${recomputed[side]}`;
    }
  }
  return isOverdrawn(account) ? `${account.account} is overdrawn` : undefined;
}

import type { Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import { type AsOf, type BalancesAsOf, balancesAsOf } from "./as-of.ts";
import { checkLedger, type LedgerCheck, type Progress } from "./check.ts";
import { NO_HEAD } from "./entry.ts";
import { type Balances, type LedgerOp, type LedgerTransfer, partsOf } from "./model.ts";
import { postBatch } from "./ops.ts";
import { accounts, entries, ledgerHead, openPendings, postRefs, transfers } from "./store.ts";

export type TransferPage = { readonly items: LedgerTransfer[]; readonly next: string | null };

export type Ledger = {
  /** All accounts by id, or those of one party. */
  readonly balances: (filter?: { readonly party?: string | undefined }) => Promise<Balances[]>;
  /** In the order in which they were made. */
  readonly transfers: (page: { readonly after?: string | undefined; readonly limit: number }) => Promise<TransferPage>;
  /** What they were at any past time, on both clocks: when it happened, and when this node knew. */
  readonly balancesAsOf: (question: AsOf) => Promise<Result<BalancesAsOf>>;
  readonly counts: () => Promise<{
    readonly transfers: number;
    readonly entries: number;
    readonly closedThrough: string;
  }>;
  /** Everything, from the first record on. */
  readonly check: (onProgress?: Progress) => Promise<Result<LedgerCheck>>;
  /** A durable batch of its own: wholly, or not at all. */
  readonly post: (ops: readonly LedgerOp[]) => Promise<Result<string[]>>;
};

export type LedgerDeps = {
  readonly store: Store;
  /** Says when something became known; without it that is when it happened. */
  readonly runtime?: Pick<Runtime, "nowMs">;
};

export function createLedger({ store, runtime }: LedgerDeps): Ledger {
  return {
    balances: ({ party } = {}) => balancesOf(store, party),
    transfers: (page) => transferPage(store, page),
    balancesAsOf: (question) => balancesAsOf(store, question),
    async counts() {
      const { transfers: made, entries: entered, closedThrough } = (await read(store, ledgerHead)) ?? NO_HEAD;
      return { transfers: Number(made), entries: Number(entered), closedThrough };
    },
    async check(onProgress) {
      // One snapshot, or a posting between the two scans would look like a fault.
      const snapshot = await store.snapshot();
      try {
        return await checkLedger(store, snapshot, onProgress);
      } finally {
        await snapshot.close();
      }
    },
    post: (ops) => postAlone(store, ops, runtime),
  };
}

/** Accounts of a transfer that is only named stand in the transfer; they never change, so it may be read beforehand. */
async function postAlone(
  store: Store,
  ops: readonly LedgerOp[],
  runtime: LedgerDeps["runtime"],
): Promise<Result<string[]>> {
  const ids = new Set(ops.flatMap(namedBy));
  if (ops.some(({ op }) => op === "expire")) {
    for (const { id } of (await read(store, openPendings)) ?? []) ids.add(id);
  }
  const named: LedgerTransfer[] = [];
  for (const id of ids) {
    const found = await read(store, transfers.at(id));
    if (found !== undefined) named.push(found);
  }
  return transact(store, postRefs(ops, named), (tx) =>
    postBatch(runtime === undefined ? tx : { ...tx, knownAt: instantOf(runtime.nowMs()) }, ops),
  );
}

function namedBy(op: LedgerOp): string[] {
  if (op.op === "reverse") return [op.of];
  return op.op === "postPending" || op.op === "voidPending" ? [op.pendingId] : [];
}

async function balancesOf(store: Store, party: string | undefined): Promise<Balances[]> {
  const found: Balances[] = [];
  for await (const account of list(store, accounts)) {
    if (party === undefined || partsOf(account.account).partyId === party) found.push(account);
  }
  return found;
}

async function transferPage(
  store: Store,
  { after, limit }: { readonly after?: string | undefined; readonly limit: number },
): Promise<TransferPage> {
  const from = after !== undefined && /^[0-9]{1,18}$/.test(after) ? BigInt(after) : undefined;
  const items: LedgerTransfer[] = [];
  let number = from === undefined ? -1n : from;
  let next = number;
  const options = from === undefined ? {} : { after: [from] };
  for await (const { id, what } of list(store, entries, [], options)) {
    number++;
    // Each transfer is listed once, at the entry that made it.
    if (what !== "post" && what !== "pend") continue;
    if (items.length === limit) return { items, next: next.toString() };
    const transfer = await read(store, transfers.at(id));
    if (transfer !== undefined) items.push(transfer);
    next = number;
  }
  return { items, next: null };
}

import type { Result } from "../kernel/exchange-error.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import { checkLedger, type LedgerCheck } from "./check.ts";
import { type Balances, type LedgerOp, type LedgerTransfer, partsOf } from "./model.ts";
import { postBatch } from "./ops.ts";
import { accounts, openPendings, postRefs, transferOrder, transfers } from "./store.ts";

export type TransferPage = { readonly items: LedgerTransfer[]; readonly next: string | null };

export type Ledger = {
  /** All accounts by id, or those of one party. */
  readonly balances: (filter?: { readonly party?: string | undefined }) => Promise<Balances[]>;
  /** In the order in which they were made. */
  readonly transfers: (page: { readonly after?: string | undefined; readonly limit: number }) => Promise<TransferPage>;
  readonly check: () => Promise<Result<LedgerCheck>>;
  /** A durable batch of its own: wholly, or not at all. */
  readonly post: (ops: readonly LedgerOp[]) => Promise<Result<string[]>>;
};

export function createLedger({ store }: { readonly store: Store }): Ledger {
  return {
    balances: ({ party } = {}) => balancesOf(store, party),
    transfers: (page) => transferPage(store, page),
    async check() {
      // One snapshot, or a posting between the two scans would look like a fault.
      const snapshot = await store.snapshot();
      try {
        return await checkLedger(store, snapshot);
      } finally {
        await snapshot.close();
      }
    },
    post: (ops) => postAlone(store, ops),
  };
}

/** Accounts of a transfer that is only named stand in the transfer; they never change, so it may be read beforehand. */
async function postAlone(store: Store, ops: readonly LedgerOp[]): Promise<Result<string[]>> {
  const ids = new Set(ops.flatMap(namedBy));
  if (ops.some(({ op }) => op === "expire")) {
    for (const { id } of (await read(store, openPendings)) ?? []) ids.add(id);
  }
  const named: LedgerTransfer[] = [];
  for (const id of ids) {
    const found = await read(store, transfers.at(id));
    if (found !== undefined) named.push(found);
  }
  return transact(store, postRefs(ops, named), (tx) => postBatch(tx, ops));
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
  const options = from === undefined ? { limit: limit + 1 } : { limit: limit + 1, after: [from] };
  const items: LedgerTransfer[] = [];
  let number = from === undefined ? -1n : from;
  let isMore = false;
  for await (const id of list(store, transferOrder, [], options)) {
    if (items.length === limit) {
      isMore = true;
      break;
    }
    const transfer = await read(store, transfers.at(id));
    if (transfer !== undefined) items.push(transfer);
    number++;
  }
  return { items, next: isMore ? number.toString() : null };
}

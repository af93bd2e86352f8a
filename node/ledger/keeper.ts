import { instantOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Snapshot, Store } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { faultOf } from "./check.ts";
import { NO_HEAD } from "./entry.ts";
import { entriesBetween, historyHead, NO_HISTORY, summedUp, sumUpNext } from "./history.ts";
import type { LedgerEntry } from "./model.ts";
import type { Ledger } from "./service.ts";
import { accounts, ledgerHead, openPendings, transfers } from "./store.ts";
import { addEntry, addSums, type Sums } from "./sums.ts";

/** Besides the accounts that were touched, so many others are looked at each turn, one after the other. */
const ACCOUNTS_PER_TURN = 200;

export type KeeperState = {
  /** False from the turn that found a fault to the one that no longer does. */
  readonly inBalance: boolean;
  readonly faults: readonly string[];
  /** Every entry below this number has been found to tell the same as its transfer. */
  readonly checkedEntries: string;
  readonly entries: string;
  readonly checkedAt: string | null;
};

export type LedgerKeeper = {
  /** Expires what is due, sums up full blocks of entries, and checks what is new and a part of what is old. */
  readonly turn: () => Promise<void>;
  readonly state: () => KeeperState;
};

type KeeperDeps = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "post">;
  readonly runtime: Pick<Runtime, "nowMs">;
  readonly logger: Logger;
  readonly metrics: Metrics;
};

/** Keeps the books: the invariants of settlement.md §17 point 7 as they are written, not only when somebody asks. */
export function createLedgerKeeper(deps: KeeperDeps): LedgerKeeper {
  const { store, runtime, logger, metrics } = deps;
  let state: KeeperState = { inBalance: true, faults: [], checkedEntries: "0", entries: "0", checkedAt: null };
  let cursor: string | undefined;
  /** Accounts with a fault are looked at again each turn, so that one that was mended is told as such. */
  let suspects: readonly string[] = [];
  /** Of the first entry that is not known to be right. At the start: what was summed up before was compared as it came. */
  let next: bigint | undefined;

  async function check(): Promise<void> {
    const snapshot = await store.snapshot();
    try {
      const { entries: total } = (await read(store, ledgerHead, snapshot)) ?? NO_HEAD;
      const from = BigInt(((await read(store, historyHead, snapshot)) ?? NO_HISTORY).through);
      const rest = await entriesBetween(store, from, BigInt(total), snapshot);
      const faults: string[] = [];
      const missing = BigInt(total) - from - BigInt(rest.length);
      if (missing !== 0n) faults.push(`${missing} entries between ${from} and ${total} are missing`);
      const first = next ?? from;
      const summed = await entriesBetween(store, first, from, snapshot);
      const fresh = [...summed, ...rest.slice(first > from ? Number(first - from) : 0)];
      const wrongAt: bigint[] = [];
      for (const [i, entry] of fresh.entries()) {
        const found = await faultsOfEntry(store, entry, snapshot);
        faults.push(...found);
        if (found.length > 0) wrongAt.push(first + BigInt(i));
      }
      // Where one is missing, those after it have no number to be told by.
      next = missing === 0n ? (wrongAt[0] ?? BigInt(total)) : first;
      const some = await nextAccounts(snapshot);
      const touched = new Set([...fresh.flatMap(({ debit, credit }) => [debit, credit]), ...suspects, ...some]);
      const wrong = await faultsOfAccounts(store, [...touched], rest, snapshot);
      suspects = [...wrong.keys()];
      tell([...faults, ...wrong.values()], total);
    } finally {
      await snapshot.close();
    }
  }

  /** The next few accounts in order, and from the first one again after the last. */
  async function nextAccounts(snapshot: Snapshot): Promise<string[]> {
    const found: string[] = [];
    const options = { limit: ACCOUNTS_PER_TURN, ...(cursor === undefined ? {} : { after: [cursor] }) };
    for await (const { account } of list(store, accounts, [], options, snapshot)) found.push(account);
    cursor = found.length < ACCOUNTS_PER_TURN ? undefined : found.at(-1);
    return found;
  }

  function tell(faults: readonly string[], total: string): void {
    const inBalance = faults.length === 0;
    if (!inBalance) {
      logger.error({ code: "LEDGER_UNBALANCED", faults: faults.slice(0, 10) }, "the books fail their own check");
      metrics.count("ledger_faults_total", {}, faults.length);
    } else if (!state.inBalance) logger.info({}, "the books are in balance again");
    metrics.gauge("ledger_in_balance", inBalance ? 1 : 0);
    metrics.gauge("ledger_entries", Number(total));
    state = {
      inBalance,
      faults,
      checkedEntries: (next ?? 0n).toString(),
      entries: total,
      checkedAt: instantOf(runtime.nowMs()),
    };
  }

  return {
    async turn() {
      await expireDue(deps);
      next ??= BigInt(((await read(store, historyHead)) ?? NO_HISTORY).through);
      for (;;) {
        const { entries: total } = (await read(store, ledgerHead)) ?? NO_HEAD;
        const block = await sumUpNext(store, BigInt(total));
        if (!block.ok) return tell([block.error.text.en], total);
        if (!block.value) break;
      }
      await check();
    },
    state: () => state,
  };
}

async function expireDue({ store, ledger, runtime, logger, metrics }: KeeperDeps): Promise<void> {
  const now = instantOf(runtime.nowMs());
  const open = (await read(store, openPendings)) ?? [];
  metrics.gauge("ledger_pending", open.length);
  if (!open.some(({ expiresAt }) => expiresAt !== null && expiresAt <= now)) return;
  const expired = await ledger.post([{ op: "expire", at: now }]);
  if (!expired.ok) logger.error({ code: expired.error.code }, "pending transfers could not be expired");
}

/** An entry and its transfer tell the same; a transfer goes on after the first of its entries. */
async function faultsOfEntry(store: Store, entry: LedgerEntry, at: Snapshot): Promise<string[]> {
  const transfer = await read(store, transfers.at(entry.id), at);
  if (transfer === undefined) return [`the transfer ${entry.id} is missing`];
  const { what, posted, pending } = entry;
  const states = { post: "posted", "post-pending": "posted", void: "voided", expire: "expired", pend: transfer.state };
  const amount = what === "pend" && transfer.state === "posted" ? transfer.amount : posted;
  const isSame =
    transfer.debit === entry.debit &&
    transfer.credit === entry.credit &&
    transfer.periodId === entry.periodId &&
    transfer.state === states[what] &&
    (transfer.state === "posted" ? transfer.amount === amount : posted === "0") &&
    (transfer.state !== "pending" || transfer.amount === pending);
  return isSame ? [] : [`the transfer ${entry.id} is not what was entered (${what} ${posted} ${pending})`];
}

async function faultsOfAccounts(
  store: Store,
  names: readonly string[],
  rest: readonly LedgerEntry[],
  at: Snapshot,
): Promise<Map<string, string>> {
  const head = (await read(store, historyHead, at)) ?? NO_HISTORY;
  const recent = new Map<string, Sums>();
  for (const entry of rest) addEntry(recent, entry);
  const wrong = new Map<string, string>();
  for (const name of names) {
    const account = await read(store, accounts.at(name), at);
    if (account === undefined) {
      wrong.set(name, `entries name ${name}, which is no account`);
      continue;
    }
    const sums = await summedUp(store, head, name, BigInt(head.through), {}, at);
    const more = recent.get(name);
    if (more !== undefined) addSums(sums, more);
    const fault = faultOf(account, sums, "entries");
    if (fault !== undefined) wrong.set(name, fault);
  }
  return wrong;
}

import { ok } from "../kernel/exchange-error.ts";
import { collection, type Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx, transact } from "../storage/transact.ts";
import type { Due, Netting } from "./model.ts";
import { dues, nettings } from "./store.ts";

/** (period, round) of each round that is not over: few, while rounds hold whole tables and are kept for good. */
const openNettings = collection<Pick<Netting, "periodId" | "round">>("netting-open");
/** References of what is not paid in full by our own files, or not confirmed. */
const openDues = collection<string>("payment-due-open");
/** That the two above were built from what there was before they were kept. */
const indexed = collection<true>("payment-indexed").at("open");

/** The only way a round is written. */
export function putNetting(tx: Tx, netting: Netting): void {
  tx.put(nettings.at(netting.periodId, BigInt(netting.round)), netting);
  markNetting(tx, netting);
}

/** The only way a due is written. */
export function putDue(tx: Tx, due: Due): void {
  tx.put(dues.at(due.reference), due);
  markDue(tx, due);
}

function markNetting(tx: Tx, { periodId, round, state }: Netting): void {
  const ref = openNettings.at(periodId, BigInt(round));
  if (state === "paid" || state === "replaced") tx.remove(ref);
  else tx.put(ref, { periodId, round });
}

function markDue(tx: Tx, { reference, confirmedAt, paidFen, fen }: Due): void {
  const ref = openDues.at(reference);
  if (confirmedAt !== null && paidFen === fen) tx.remove(ref);
  else tx.put(ref, reference);
}

/** The periods with a round that is not over, oldest first. */
export async function openPeriods(store: Store): Promise<string[]> {
  await indexOpen(store);
  const periods = new Set<string>();
  for await (const { periodId } of list(store, openNettings)) periods.add(periodId);
  return [...periods];
}

export async function* openRounds(store: Store): AsyncGenerator<Netting> {
  await indexOpen(store);
  for await (const { periodId, round } of list(store, openNettings)) {
    const found = await read(store, nettings.at(periodId, BigInt(round)));
    if (found !== undefined) yield found;
  }
}

export async function* duesLeft(store: Store): AsyncGenerator<Due> {
  await indexOpen(store);
  for await (const reference of list(store, openDues)) {
    const found = await read(store, dues.at(reference));
    if (found !== undefined) yield found;
  }
}

/** Once for a database from before: everything is looked at, and marked as it stands in the commit itself. */
async function indexOpen(store: Store): Promise<void> {
  if ((await read(store, indexed)) !== undefined) return;
  const rounds: Ref<Netting>[] = [];
  for await (const { periodId, round } of list(store, nettings)) rounds.push(nettings.at(periodId, BigInt(round)));
  const owed: Ref<Due>[] = [];
  for await (const { reference } of list(store, dues)) owed.push(dues.at(reference));
  await transact(store, [...rounds, ...owed], (tx) => {
    for (const ref of rounds) {
      const netting = tx.get(ref);
      if (netting !== undefined) markNetting(tx, netting);
    }
    for (const ref of owed) {
      const due = tx.get(ref);
      if (due !== undefined) markDue(tx, due);
    }
    tx.put(indexed, true);
    return ok(true);
  });
}

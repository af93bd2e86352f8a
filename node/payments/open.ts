import { ok } from "../kernel/exchange-error.ts";
import { collection, type ListOptions, type Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { list, read, type Tx, transact } from "../storage/transact.ts";
import { leftOf } from "./left.ts";
import type { BankPayment, Due, Netting } from "./model.ts";
import { dues, nettings, payments } from "./store.ts";

/** (period, round) of each round that is not over: few, while rounds hold whole tables and are kept for good. */
const openNettings = collection<Pick<Netting, "periodId" | "round">>("netting-open");
/** References of what is not paid in full by our own files, or not confirmed. */
const openDues = collection<string>("payment-due-open");
/** Ids of payments that wait to be matched or decided; of a database from before also of those that were proposed. */
const openPayments = collection<string>("payment-open");
/** Ids of payments that wait for a second person, with the first one. */
const proposedPayments = collection<{ readonly id: string; readonly by: string }>("payment-proposed");
/** (own account, direction, fen, id) of every row that is no reversal. */
const alikePayments = collection<string>("payment-alike");
/** Ids of what a person set aside and others may take up again. */
const rejectedPayments = collection<string>("payment-rejected");
/** That what was kept otherwise before, or not at all, has been looked at. */
const indexes = collection<true>("payment-indexed");
const indexed = indexes.at("open");
const rowsIndexed = indexes.at("rows");

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

/** The only way a payment is written. */
export function putPayment(tx: Tx, payment: BankPayment): void {
  tx.put(payments.at(payment.id), payment);
  markPayment(tx, payment);
  markAlike(tx, payment);
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

function markPayment(tx: Tx, { id, state, proposal }: BankPayment): void {
  if (state === "open") tx.put(openPayments.at(id), id);
  else tx.remove(openPayments.at(id));
  if (state === "proposed" && proposal !== null) tx.put(proposedPayments.at(id), { id, by: proposal.by });
  else tx.remove(proposedPayments.at(id));
  if (state === "rejected") tx.put(rejectedPayments.at(id), id);
  else tx.remove(rejectedPayments.at(id));
}

/** Of what never changes of a row, so it is put as often as the row and never removed. */
function markAlike(tx: Tx, { id, ownAccount, direction, fen, isReversal }: BankPayment): void {
  if (fen !== null && !isReversal) tx.put(alikePayments.at(ownAccount, direction, fen, id), id);
}

/** Payments of one amount at one own account in one direction: among them is what a reversal takes back. */
export async function paymentsAlike(
  store: Store,
  { ownAccount, direction, fen }: Pick<BankPayment, "ownAccount" | "direction" | "fen">,
): Promise<BankPayment[]> {
  await indexRows(store);
  const found: BankPayment[] = [];
  for await (const id of list(store, alikePayments, [ownAccount, direction, fen ?? ""])) {
    const payment = await read(store, payments.at(id));
    if (payment !== undefined) found.push(payment);
  }
  return found;
}

const ROWS_PER_COMMIT = 500;

/** Once for a database from before: rows are marked as they stand, and what was left of one that counted as booked is open again. */
async function indexRows(store: Store): Promise<void> {
  if ((await read(store, rowsIndexed)) !== undefined) return;
  let ids: string[] = [];
  const mark = async (isLast: boolean) => {
    const refs = ids.map((id) => payments.at(id));
    ids = [];
    await transact(store, refs, (tx) => {
      for (const ref of refs) {
        const payment = tx.get(ref);
        if (payment === undefined) continue;
        const isRest = payment.state === "booked" && leftOf(payment) > 0n;
        putPayment(tx, isRest ? { ...payment, state: "open", rule: "rest" } : payment);
      }
      if (isLast) tx.put(rowsIndexed, true);
      return ok(true);
    });
  };
  for await (const { id } of list(store, payments)) {
    ids.push(id);
    if (ids.length === ROWS_PER_COMMIT) await mark(false);
  }
  await mark(true);
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

/** Those that wait for persons, by id: years of booked payments would stand before them. */
export async function* paymentsLeft(
  store: Store,
  state: "open" | "proposed" | "rejected",
  options: ListOptions = {},
): AsyncGenerator<BankPayment> {
  await indexOpen(store);
  await indexRows(store);
  const plain = state === "open" ? openPayments : rejectedPayments;
  const ids = state === "proposed" ? list(store, proposedPayments, [], options) : list(store, plain, [], options);
  for await (const one of ids) {
    const found = await read(store, payments.at(typeof one === "string" ? one : one.id));
    if (found?.state === state) yield found;
  }
}

/** How many wait for a second person who is not this one. */
export async function proposalsOfOthers(store: Store, userId: string): Promise<number> {
  await indexOpen(store);
  let count = 0;
  for await (const { by } of list(store, proposedPayments)) if (by !== userId) count += 1;
  return count;
}

/** Once for a database from before: everything is looked at, and marked as it stands in the commit itself. */
async function indexOpen(store: Store): Promise<void> {
  if ((await read(store, indexed)) !== undefined) return;
  const rounds: Ref<Netting>[] = [];
  for await (const { periodId, round } of list(store, nettings)) rounds.push(nettings.at(periodId, BigInt(round)));
  const owed: Ref<Due>[] = [];
  for await (const { reference } of list(store, dues)) owed.push(dues.at(reference));
  const proposed: Ref<BankPayment>[] = [];
  for await (const id of list(store, openPayments)) {
    if ((await read(store, payments.at(id)))?.state === "proposed") proposed.push(payments.at(id));
  }
  await transact(store, [...rounds, ...owed, ...proposed], (tx) => {
    for (const ref of rounds) {
      const netting = tx.get(ref);
      if (netting !== undefined) markNetting(tx, netting);
    }
    for (const ref of owed) {
      const due = tx.get(ref);
      if (due !== undefined) markDue(tx, due);
    }
    for (const ref of proposed) {
      const payment = tx.get(ref);
      if (payment !== undefined) markPayment(tx, payment);
    }
    tx.put(indexed, true);
    return ok(true);
  });
}

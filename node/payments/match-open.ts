import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { read, transact } from "../storage/transact.ts";
import { regionOf } from "./accounts.ts";
import { prepareConfirmation } from "./confirm.ts";
import { keepSuggestions } from "./keep-suggestions.ts";
import { leftOf } from "./left.ts";
import { matchPayments } from "./match.ts";
import type { Allocation, BankPayment, Due, KnownAccount } from "./model.ts";
import { duesLeft, paymentsLeft, putDue, putPayment } from "./open.ts";
import { nettingRef, type PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { type Doubt, doubtsOf, isInDoubt, takeBackCertain } from "./returns.ts";
import { dues, knownAccounts, payments } from "./store.ts";

/** Side by side, so that they share the disk's writes. */
const AT_ONCE = 64;

/** Looks at everything that is open again: new rows, new dues, new accounts. Books what is certain, keeps suggestions for the rest. */
export async function matchOpen(deps: PaymentDeps): Promise<void> {
  await takeBackCertain(deps);
  const open = await openRows(deps);
  const rows = open.map(({ row }) => row);
  const owed: Due[] = [];
  for await (const due of duesLeft(deps.store)) if (due.paidFen !== due.fen) owed.push(due);
  const { certain, uncertain } = matchPayments(rows, owed, deps.region);
  await inGroups(certain, ({ id, rule, allocations }) => book(deps, id, allocations, { rule, from: "open" }));
  await inGroups(open, async ({ stored, row: { id, region } }) => {
    const now = uncertain.get(id);
    if (now !== undefined) await keepSuggestions(deps, stored, { ...now, region });
  });
  await confirmPaid(deps);
}

type Opened = { readonly stored: BankPayment; readonly row: BankPayment };

async function openRows(deps: PaymentDeps): Promise<Opened[]> {
  const found: Opened[] = [];
  for await (const stored of paymentsLeft(deps.store, "open")) {
    // Whose the account is may have been learnt, or changed, since; what was given to a due in part is that party's.
    const known = stored.allocations.length > 0 ? null : await regionOf(deps, stored.account);
    found.push({ stored, row: { ...stored, region: known ?? stored.region } });
  }
  return found;
}

async function inGroups<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) await Promise.all(all.slice(at, at + AT_ONCE).map(act));
}

export type Booking = {
  readonly rule: string;
  readonly from: BankPayment["state"];
  /** Learnt from two persons' decision, in the same commit. */
  readonly account?: KnownAccount;
  /** The leaf of a booking that persons decided. */
  readonly evidence?: (booked: BankPayment) => AuditEvent;
};

/** One commit: the payment is booked on its dues, never beyond what is owed. */
export async function book(
  { store, region: own }: PaymentDeps,
  id: string,
  allocations: readonly Allocation[],
  { rule, from, account, evidence }: Booking,
): Promise<Result<BankPayment>> {
  const ref = payments.at(id);
  const owed = allocations.map(({ reference }) => dues.at(reference));
  const accountRef = knownAccounts.at(account?.account ?? "none");
  const leafRefs = evidence === undefined ? [] : appendLeafRefs();
  return transact(store, [ref, accountRef, ...owed, ...leafRefs], (tx) => {
    const now = tx.get(ref);
    if (now === undefined) return refusePayment("PAYMENT_NOT_FOUND", { id });
    if (now.state !== from) return refusePayment("PAYMENT_STATE", { id, state: now.state });
    if (now.isReversal) return refusePayment("PAYMENT_REVERSAL", { id });
    const total = allocations.reduce((sum, { fen }) => sum + BigInt(fen), 0n);
    if (total > leftOf(now)) {
      return refusePayment("PAYMENT_AMOUNT", { value: `${total}`, expected: `≤ ${leftOf(now)}` });
    }
    let party: string | undefined;
    for (const { reference, fen } of allocations) {
      const due = tx.get(dues.at(reference));
      if (due === undefined) return refusePayment("PAYMENT_DUE", { reference });
      const paid = BigInt(due.paidFen) + BigInt(fen);
      const left = BigInt(due.fen) - BigInt(due.paidFen);
      if (paid > BigInt(due.fen)) return refusePayment("PAYMENT_AMOUNT", { value: fen, expected: `≤ ${left}` });
      party = due.from === own ? due.to : due.from;
      putDue(tx, { ...due, paidFen: paid.toString(), payments: [...due.payments, { id, fen }] });
    }
    if (account !== undefined) {
      const taken = tx.get(accountRef);
      const isOther = taken !== undefined && taken.proposedBy === null && taken.region !== account.region;
      if (isOther) return refusePayment("ACCOUNT_TAKEN", { account: account.account, region: taken.region });
      // What two persons registered keeps its name, and a change of it goes on waiting.
      if (taken === undefined || taken.proposedBy !== null) tx.put(accountRef, account);
    }
    const region = party ?? now.region;
    const given: BankPayment = {
      ...now,
      region,
      state: "booked",
      rule,
      allocations: [...now.allocations, ...allocations],
      suggestions: [],
      revision: now.revision + 1,
    };
    // What is left stays in the list until it is given to a due, or somebody says what it is.
    const booked: BankPayment = leftOf(given) === 0n ? given : { ...given, state: "open", rule: "rest" };
    putPayment(tx, booked);
    if (evidence !== undefined) appendLeaf(tx, own, evidence(booked));
    return ok(booked);
  });
}

/** All of a due that this region is owed has arrived, and nothing may have gone back: it gives its word; at most once. */
async function confirm(deps: PaymentDeps, due: Due, doubts: readonly Doubt[]): Promise<void> {
  const netting = await read(deps.store, nettingRef(due));
  if (netting === undefined) return;
  const parts: BankPayment[] = [];
  for (const { id } of due.payments) {
    const part = await read(deps.store, payments.at(id));
    if (part !== undefined) parts.push(part);
  }
  if (isInDoubt(due, parts, doubts)) return;
  const word = prepareConfirmation(deps, netting, due, parts);
  const ref = dues.at(due.reference);
  await transact(deps.store, [ref, ...word.refs], (tx) => {
    const now = tx.get(ref);
    if (now === undefined || now.confirmedAt !== null || now.paidFen !== now.fen) return ok(false);
    putDue(tx, { ...now, confirmedAt: word.at });
    const said = word.apply(tx);
    return said.ok ? ok(true) : said;
  });
}

/** Also dues that were paid in full when the node stopped before it could say so. */
async function confirmPaid(deps: PaymentDeps): Promise<void> {
  const complete: Due[] = [];
  for await (const due of duesLeft(deps.store)) {
    if (due.to === deps.region && due.confirmedAt === null && due.paidFen === due.fen) complete.push(due);
  }
  if (complete.length === 0) return;
  const doubts = await doubtsOf(deps.store);
  for (const due of complete) await confirm(deps, due, doubts);
}

import { collection } from "../storage/collection.ts";
import type { AnyRef } from "../storage/transact.ts";
import { accountOf, type Balances, type LedgerEntry, type LedgerOp, type LedgerTransfer } from "./model.ts";

/** The last closed period ("" for none), how many transfers and entries there are, and when the last one became known. */
export type LedgerHead = {
  readonly closedThrough: string;
  readonly transfers: string;
  readonly entries: string;
  readonly knownAt: string;
};

/** What an operation with this key answered, and the digest of its content. */
export type KeyRecord = { readonly digest: string; readonly answer: string };

/** Transfers that still wait; few at any time, so one record holds them all. */
export type OpenPending = { readonly id: string; readonly periodId: string; readonly expiresAt: string | null };

export const accounts = collection<Balances>("ledger-account");
export const transfers = collection<LedgerTransfer>("ledger-transfer");
/** Every change of balances by its number, from 0: what balances were at any time follows from these alone. */
export const entries = collection<LedgerEntry>("ledger-entry");
export const answeredKeys = collection<KeyRecord>("ledger-key");
export const ledgerHead = collection<LedgerHead>("ledger-head").at("head");
export const openPendings = collection<readonly OpenPending[]>("ledger-pending").at("open");

/**
 * What applying `ops` reads. Operations that name an earlier transfer also need it in `named`: its accounts stand
 * only there.
 */
export function postRefs(ops: readonly LedgerOp[], named: readonly LedgerTransfer[] = []): readonly AnyRef[] {
  const refs: AnyRef[] = [ledgerHead, openPendings];
  for (const op of ops) refs.push(...refsOf(op));
  for (const { id, debit, credit } of named) refs.push(transfers.at(id), accounts.at(debit), accounts.at(credit));
  return refs;
}

function refsOf(op: LedgerOp): AnyRef[] {
  switch (op.op) {
    case "open":
      return [accounts.at(accountOf(op.partyId, op.code, op.asset))];
    case "ensure":
      return [accounts.at(op.account)];
    case "post":
    case "pend":
      return [answeredKeys.at(op.key), transfers.at(op.id), accounts.at(op.debit), accounts.at(op.credit)];
    case "postPending":
    case "voidPending":
      return [answeredKeys.at(op.key), transfers.at(op.pendingId)];
    case "reverse":
      return [answeredKeys.at(op.key), transfers.at(op.id), transfers.at(op.of)];
    case "closePeriod":
      return [answeredKeys.at(op.key)];
    case "expire":
      return [];
  }
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Tx } from "../storage/transact.ts";
import { apply, type Change } from "./balances.ts";
import type { LedgerEntry, LedgerTransfer } from "./model.ts";
import { entries, type LedgerHead, ledgerHead } from "./store.ts";

/**
 * A commit that also says when it is made. Without that, what happened is taken to be known at once, which is so where
 * `at` is read from the clock for this very commit.
 */
export type LedgerTx = Tx & { readonly knownAt?: string };

export const NO_HEAD: LedgerHead = { closedThrough: "", transfers: "0", entries: "0", knownAt: "" };

/** Moves the balances of both accounts and says so under the next number: nothing else moves them. */
export function enterChange(
  tx: LedgerTx,
  { id, debit, credit, periodId }: LedgerTransfer,
  { what, at, posted, pending }: Change & Pick<LedgerEntry, "what" | "at">,
): Result<true> {
  const moved = apply(tx, { debit, credit }, { posted, pending });
  if (!moved.ok) return moved;
  const head = tx.get(ledgerHead) ?? NO_HEAD;
  const now = tx.knownAt ?? at;
  // Clocks of replicas differ by a little and may be set back; the order of commits does not.
  const knownAt = now > head.knownAt ? now : head.knownAt;
  const change = { posted: posted.toString(), pending: pending.toString() };
  tx.put(entries.at(BigInt(head.entries)), { id, what, debit, credit, ...change, periodId, at, knownAt });
  tx.put(ledgerHead, { ...head, entries: String(BigInt(head.entries) + 1n), knownAt });
  return ok(true);
}

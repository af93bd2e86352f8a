import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Tx } from "../storage/transact.ts";
import type { Balances, LedgerEntry } from "./model.ts";
import { refuse } from "./refusal.ts";
import { accounts } from "./store.ts";

export type Change = { readonly posted: bigint; readonly pending: bigint };

/** Changes both accounts of a transfer by the same amounts; `LEDGER_OVERDRAWN` when one of them may not go there. */
export function apply(tx: Tx, { debit, credit }: Pick<LedgerEntry, "debit" | "credit">, change: Change): Result<true> {
  const debited = tx.get(accounts.at(debit));
  const credited = tx.get(accounts.at(credit));
  if (debited === undefined) return refuse("LEDGER_UNKNOWN_ACCOUNT", debit);
  if (credited === undefined) return refuse("LEDGER_UNKNOWN_ACCOUNT", credit);
  const after = [
    {
      ...debited,
      debitsPosted: plus(debited.debitsPosted, change.posted),
      debitsPending: plus(debited.debitsPending, change.pending),
    },
    {
      ...credited,
      creditsPosted: plus(credited.creditsPosted, change.posted),
      creditsPending: plus(credited.creditsPending, change.pending),
    },
  ];
  for (const account of after) if (isOverdrawn(account)) return refuse("LEDGER_OVERDRAWN", account.account);
  for (const account of after) tx.put(accounts.at(account.account), account);
  return ok(true);
}

/** What is pending counts as spent on the side that spends, and not as received on the other. */
export function isOverdrawn(account: Balances): boolean {
  const { normal, debitsPosted, debitsPending, creditsPosted, creditsPending } = account;
  if (normal === "credit") return BigInt(debitsPosted) + BigInt(debitsPending) > BigInt(creditsPosted);
  if (normal === "debit") return BigInt(creditsPosted) + BigInt(creditsPending) > BigInt(debitsPosted);
  return false;
}

function plus(balance: string, change: bigint): string {
  return (BigInt(balance) + change).toString();
}

import type { Principal } from "../identity/model.ts";
import type { Reason } from "../kernel/reason.ts";
import { list } from "../storage/transact.ts";
import type { KnownAccount } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { waitsForSameAccount } from "./reasons.ts";
import { knownAccounts } from "./store.ts";

export type WaitingAccount = Pick<KnownAccount, "account" | "region" | "name"> & { readonly reason: Reason };

/** Accounts that somebody else registered and that wait for this reader to say the same. */
export async function accountsWaiting(
  { store, region: own }: PaymentDeps,
  { userId, roles }: Principal,
): Promise<WaitingAccount[]> {
  if (!roles.some((role) => role === "finance" || role === "approver")) return [];
  const waiting: WaitingAccount[] = [];
  for await (const known of list(store, knownAccounts)) {
    const { account } = known;
    const { region, name, proposedBy } = known.change ?? known;
    if (proposedBy === null || proposedBy === userId) continue;
    waiting.push({ account, region, name, reason: waitsForSameAccount(own, { region, name }) });
  }
  return waiting;
}

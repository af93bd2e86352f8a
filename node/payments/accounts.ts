import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { fourEyes, requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { list, read, transact } from "../storage/transact.ts";
import { accountKey } from "./columns.ts";
import type { KnownAccount } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { knownAccounts } from "./store.ts";

/** Whose account it is: registered by two persons, or learnt from a match that two persons made. */
export async function regionOf({ store }: Pick<PaymentDeps, "store">, account: string): Promise<string | null> {
  if (account === "") return null;
  const known = await read(store, knownAccounts.at(account));
  return known === undefined || known.proposedBy !== null ? null : known.region;
}

export type AccountInput = { readonly account: string; readonly region: string; readonly name: string };
export type AccountView = Omit<KnownAccount, "proposedBy" | "change"> & { readonly isInForce: boolean };

/**
 * One person says whose account it is, another one agrees by saying the same; a bank account is what fraud changes first.
 * So it is with a change of what is in force, too: it holds for what is not booked yet.
 */
export async function registerAccount(
  deps: PaymentDeps,
  actor: Principal,
  input: AccountInput,
): Promise<Result<AccountView>> {
  const allowed = requireRole(actor, ["finance", "approver"]);
  if (!allowed.ok) return allowed;
  const account = accountKey(input.account);
  const ref = knownAccounts.at(account);
  const nowMs = deps.runtime.nowMs();
  return transact(deps.store, [ref, ...appendLeafRefs()], (tx) => {
    const before = tx.get(ref);
    const isInForce = before !== undefined && before.proposedBy === null;
    if (isInForce && before.region === input.region) {
      // Saying again what is in force takes a change back that one person proposed.
      const { change, ...kept } = before;
      if (change !== undefined) tx.put(ref, kept);
      return ok(viewOf(kept));
    }
    const proposal = { account, region: input.region, name: input.name, addedAt: instantOf(nowMs) };
    const said = isInForce ? before.change : before;
    const isSame = said?.region === input.region && said.name === input.name;
    if (said === undefined || said.proposedBy === null || !isSame) {
      const { account: _, ...change } = { ...proposal, proposedBy: actor.userId };
      tx.put(ref, isInForce ? { ...before, change } : { account, ...change });
      return ok(viewOf({ account, ...change }));
    }
    const eyes = fourEyes(said.proposedBy, actor);
    if (!eyes.ok) return eyes;
    const known = { ...proposal, proposedBy: null };
    tx.put(ref, known);
    appendLeaf(tx, deps.region, {
      kind: "payment.decided",
      atMs: nowMs,
      // The number itself stays out of the log.
      subject: `account/${sha256Hex(account).slice(0, 16)}`,
      actor: "finance",
      digest: digestOf({ account, region: input.region, name: input.name }),
      detail: { decision: "account", references: input.region },
    });
    return ok(viewOf(known));
  });
}

function viewOf({ account, region, name, addedAt, proposedBy }: KnownAccount): AccountView {
  return { account, region, name, addedAt, isInForce: proposedBy === null };
}

/** A change that waits for a second person stands after what is in force. */
export async function accountsOf({ store }: Pick<PaymentDeps, "store">): Promise<AccountView[]> {
  const found: AccountView[] = [];
  for await (const one of list(store, knownAccounts)) {
    found.push(viewOf(one));
    if (one.change !== undefined) found.push(viewOf({ account: one.account, ...one.change }));
  }
  return found;
}

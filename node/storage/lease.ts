import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { collection, type Ref } from "./collection.ts";
import type { Store } from "./port.ts";
import { type Tx, transact } from "./transact.ts";

/** Who may work on something. `until` is in milliseconds since the epoch; from then on anybody may take it. */
export type Lease = { readonly owner: string; readonly until: number };

const leases = collection<Lease>("lease");

/** Of one lane of work: `outbox/<peer>`, `settlement/2026-10`, `ledger`. */
export function leaseRef(name: string): Ref<Lease> {
  return leases.at(name);
}

/**
 * Tx-piece; reads `leaseRef(name)`. True while the lease is this owner's. A commit that must not happen after the
 * lease was lost asks here: a paused process cannot know by its own clock that another one took over.
 */
export function holdsLease(tx: Tx, name: string, owner: string, nowMs: number): boolean {
  const lease = tx.get(leaseRef(name));
  return lease !== undefined && lease.owner === owner && lease.until > nowMs;
}

/**
 * Takes or prolongs a lease, if it is free, over, or the owner's already. Answers the lease in force, whoever has it.
 *
 * @param owner stays the same when a process is started again, so that it goes on at once with what it held; two
 *   processes that run at the same time need different owners
 */
export async function takeLease(
  store: Store,
  name: string,
  owner: string,
  nowMs: number,
  forMs: number,
): Promise<Lease> {
  const ref = leaseRef(name);
  const taken = await transact(store, [ref], (tx): Result<Lease> => {
    const lease = tx.get(ref);
    if (lease !== undefined && lease.owner !== owner && lease.until > nowMs) return ok(lease);
    const mine = { owner, until: nowMs + forMs };
    tx.put(ref, mine);
    return ok(mine);
  });
  if (!taken.ok) throw new Error(taken.error.code);
  return taken.value;
}

/** Gives a lease back; nothing happens if it is another's. */
export async function releaseLease(store: Store, name: string, owner: string): Promise<void> {
  const ref = leaseRef(name);
  await transact(store, [ref], (tx): Result<undefined> => {
    if (tx.get(ref)?.owner === owner) tx.remove(ref);
    return ok(undefined);
  });
}

export type LeaseDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly owner: string;
};

const LEASE_MS = 30_000;

/**
 * Runs `work` while holding the lease, prolonging it at half its time, and gives it back. Answers `undefined` without
 * running when another owner has it. `isHeld` turns false when it could not be prolonged; the work then stops.
 */
export async function withLease<T>(
  deps: LeaseDeps,
  name: string,
  work: (isHeld: () => boolean) => Promise<T>,
  forMs: number = LEASE_MS,
): Promise<{ readonly value: T } | undefined> {
  const { store, runtime, scheduler, owner } = deps;
  let lease = await takeLease(store, name, owner, runtime.nowMs(), forMs);
  if (lease.owner !== owner) return undefined;
  let prolonging: Promise<void> = Promise.resolve();
  const prolong = async () => {
    // A store that cannot write lets the lease run out, which `isHeld` then says.
    lease = await takeLease(store, name, owner, runtime.nowMs(), forMs).catch(() => lease);
    cancel = scheduler.after(forMs / 2, beginProlonging);
  };
  const beginProlonging = () => {
    prolonging = prolong();
  };
  let cancel = scheduler.after(forMs / 2, beginProlonging);
  try {
    return { value: await work(() => lease.owner === owner && lease.until > runtime.nowMs()) };
  } finally {
    cancel();
    await prolonging;
    cancel();
    await releaseLease(store, name, owner);
  }
}

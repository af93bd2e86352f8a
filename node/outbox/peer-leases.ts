import type { Runtime } from "../kernel/runtime.ts";
import { type Lease, leaseRef, releaseLease, takeLease } from "../storage/lease.ts";
import type { Store, Unsubscribe } from "../storage/port.ts";

const LEASE_MS = 15_000;

export type PeerLeases = {
  /** The lease in force after trying to take or prolong it. No commit while more than half of it is left. */
  readonly take: (peer: string) => Promise<Lease>;
  readonly isMine: (lease: Lease) => boolean;
  /** Runs when another owner gives the peer's lease back or prolongs it. */
  readonly watch: (peer: string, onChange: () => void) => Unsubscribe;
  readonly releaseAll: () => Promise<void>;
};

/**
 * Of several processes on one database, one sends to a peer at a time. This saves double sending; it is not what keeps
 * messages in order or single, which the receiver's inbox does.
 */
export function createPeerLeases(store: Store, runtime: Runtime, owner: string): PeerLeases {
  const known = new Map<string, Lease>();
  const taking = new Map<string, Promise<Lease>>();
  const nameOf = (peer: string) => `outbox/${peer}`;

  async function takeNow(peer: string): Promise<Lease> {
    try {
      const lease = await takeLease(store, nameOf(peer), owner, runtime.nowMs(), LEASE_MS);
      known.set(peer, lease);
      return lease;
    } finally {
      taking.delete(peer);
    }
  }

  return {
    async take(peer) {
      const lease = known.get(peer);
      if (lease?.owner === owner && lease.until - runtime.nowMs() > LEASE_MS / 2) return lease;
      const underWay = taking.get(peer) ?? takeNow(peer);
      taking.set(peer, underWay);
      return underWay;
    },
    isMine: (lease) => lease.owner === owner,
    watch: (peer, onChange) => store.watch(leaseRef(nameOf(peer)).key, onChange),
    async releaseAll() {
      await Promise.all(
        [...known].map(async ([peer, lease]) => lease.owner === owner && releaseLease(store, nameOf(peer), owner)),
      );
      known.clear();
    },
  };
}

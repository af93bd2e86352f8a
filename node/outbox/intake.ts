import type { Unsubscribe } from "../storage/port.ts";
import type { AttemptDeps } from "./attempt.ts";
import type { Lanes } from "./lanes.ts";
import type { OutboxMessage } from "./model.ts";
import type { PeerLeases } from "./peer-leases.ts";
import { type OutboxHead, outboxHeads, outboxMessages } from "./store.ts";

export type Intake = {
  /** Puts every message that commits have added since into its lane, for the peers whose lease is ours. */
  readonly takeNew: () => Promise<void>;
  /** False when another process has taken the peer over; what was known of it is then forgotten. */
  readonly mayStillSend: (peer: string) => Promise<boolean>;
  readonly stop: () => void;
};

export function createIntake(deps: AttemptDeps, lanes: Lanes, leases: PeerLeases, look: () => void): Intake {
  const { store, runtime, scheduler } = deps;
  /** The number up to which a peer's messages are in their lanes. */
  const taken = new Map<string, bigint>();
  const foreign = new Map<string, { readonly until: number; readonly end: () => void }>();

  function leaveTo(peer: string, until: number): void {
    lanes.dropPeer(peer);
    taken.delete(peer);
    foreign.get(peer)?.end();
    const unwatch: Unsubscribe = leases.watch(peer, lookAnew);
    const cancel = scheduler.after(Math.max(1, until - runtime.nowMs()), lookAnew);
    const end = () => {
      unwatch();
      cancel();
      foreign.delete(peer);
    };
    foreign.set(peer, { until, end });
    function lookAnew(): void {
      end();
      look();
    }
  }

  async function isOurs(peer: string): Promise<boolean> {
    const lease = await leases.take(peer);
    if (!leases.isMine(lease)) leaveTo(peer, lease.until);
    return leases.isMine(lease);
  }

  async function takeNewOf({ peer, next }: OutboxHead): Promise<void> {
    const from = taken.get(peer) ?? 0n;
    if (BigInt(next) <= from || foreign.has(peer)) return;
    const found: { readonly number: bigint; readonly message: OutboxMessage }[] = [];
    const range = outboxMessages.under([peer], from === 0n ? {} : { after: [peer, from - 1n] });
    for await (const [key, bytes] of store.range(range)) {
      const number = BigInt(`0x${key.slice(-16)}`);
      found.push({ number, message: outboxMessages.codec.decode(bytes) });
    }
    if (found.length > 0 && !(await isOurs(peer))) return;
    for (const { number, message } of found) lanes.add(peer, message.lane, { number, destination: goalOf(message) });
    const end = (found.at(-1)?.number ?? -1n) + 1n;
    taken.set(peer, end > BigInt(next) ? end : BigInt(next));
  }

  return {
    async takeNew() {
      for await (const [, bytes] of store.range(outboxHeads.under())) await takeNewOf(outboxHeads.codec.decode(bytes));
    },
    mayStillSend: isOurs,
    stop() {
      for (const { end } of [...foreign.values()]) end();
    },
  };
}

/** Failures are counted per address: a dead call-back of one process does not hold up the others of that peer. */
function goalOf({ peer, binding, callbackAddress = "" }: OutboxMessage): string {
  return JSON.stringify([peer, binding, callbackAddress]);
}

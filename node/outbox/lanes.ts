import type { ExchangeError } from "../kernel/exchange-error.ts";

/** One message that waits: its number at the peer, and where it goes (peer, binding and address in one string). */
type Entry = { readonly number: bigint; readonly destination: string };

export type Lane = {
  readonly peer: string;
  readonly name: string;
  /** In the order of the commits; the first one is being sent or is the next to be. */
  readonly queue: Entry[];
  attempts: number;
  lastError: ExchangeError | null;
  dropped: boolean;
};

/** Failures belong to a destination: when a peer is down, one lane asks whether it is back, not every lane. */
type Destination = { ready: Lane[]; sending: number; failures: number; isBlocked: boolean };

export type Lanes = {
  readonly add: (peer: string, lane: string, entry: Entry) => void;
  /** Lanes to send from now. Each is out until it is given to `finish`, `putBack` or `setAside`. */
  readonly take: () => Lane[];
  /** The first message is done with; the next one gets its turn. */
  readonly finish: (lane: Lane) => void;
  /** The first message waits for the destination's next turn, behind the other lanes. */
  readonly putBack: (lane: Lane) => void;
  /** The lane waits for something of its own, others go on; `resume` brings it back. */
  readonly setAside: (lane: Lane) => void;
  readonly resume: (lane: Lane) => void;
  /** Answers the number of failures in a row, or undefined if it is blocked already. */
  readonly block: (destination: string) => number | undefined;
  readonly unblock: (destination: string) => void;
  /** The destination answered, whatever it said. */
  readonly answered: (destination: string) => void;
  readonly find: (peer: string, lane: string) => Lane | undefined;
  readonly dropPeer: (peer: string) => void;
  /** How many are out being sent. */
  readonly sending: () => number;
};

/** Which message may be sent when: in order within a lane, lanes side by side, at most `width` at once per destination. */
export function createLanes(width: number): Lanes {
  const lanes = new Map<string, Lane>();
  const destinations = new Map<string, Destination>();
  let out = 0;

  const destinationOf = (key: string) => entryOf(destinations, key);
  const makeReady = (lane: Lane) => {
    const [first] = lane.queue;
    if (lane.dropped) return;
    if (first !== undefined) destinationOf(first.destination).ready.push(lane);
    else lanes.delete(idOf(lane.peer, lane.name));
  };
  const comeIn = (lane: Lane) => {
    const key = lane.queue[0]?.destination ?? "";
    const destination = destinationOf(key);
    destination.sending -= 1;
    out -= 1;
    if (destination.sending === 0 && destination.ready.length === 0 && destination.failures === 0) {
      destinations.delete(key);
    }
  };

  return {
    add(peer, name, entry) {
      const known = lanes.get(idOf(peer, name));
      if (known !== undefined) {
        known.queue.push(entry);
        return;
      }
      const lane: Lane = { peer, name, queue: [entry], attempts: 0, lastError: null, dropped: false };
      lanes.set(idOf(peer, name), lane);
      makeReady(lane);
    },
    take() {
      const taken: Lane[] = [];
      for (const destination of destinations.values()) {
        const places = destination.failures > 0 ? 1 : width;
        while (!destination.isBlocked && destination.sending < places) {
          const lane = destination.ready.shift();
          if (lane === undefined) break;
          destination.sending += 1;
          out += 1;
          taken.push(lane);
        }
      }
      return taken;
    },
    finish(lane) {
      comeIn(lane);
      lane.queue.shift();
      lane.attempts = 0;
      lane.lastError = null;
      makeReady(lane);
    },
    putBack(lane) {
      comeIn(lane);
      makeReady(lane);
    },
    setAside: comeIn,
    resume: makeReady,
    block(key) {
      const destination = destinationOf(key);
      // Of 32 messages that fail together, one counts.
      if (destination.isBlocked) return undefined;
      destination.isBlocked = true;
      destination.failures += 1;
      return destination.failures;
    },
    unblock(key) {
      destinationOf(key).isBlocked = false;
    },
    answered(key) {
      destinationOf(key).failures = 0;
    },
    find: (peer, lane) => lanes.get(idOf(peer, lane)),
    dropPeer(peer) {
      for (const [id, lane] of lanes) {
        if (lane.peer !== peer) continue;
        lane.dropped = true;
        lanes.delete(id);
      }
      for (const destination of destinations.values()) {
        destination.ready = destination.ready.filter((lane) => !lane.dropped);
      }
    },
    sending: () => out,
  };
}

function idOf(peer: string, lane: string): string {
  return JSON.stringify([peer, lane]);
}

function entryOf(destinations: Map<string, Destination>, key: string): Destination {
  const known = destinations.get(key);
  if (known !== undefined) return known;
  const destination: Destination = { ready: [], sending: 0, failures: 0, isBlocked: false };
  destinations.set(key, destination);
  return destination;
}

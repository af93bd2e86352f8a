import type { CatalogEntry, SignedChangeBatch } from "../catalog/model.ts";
import type { Reason } from "../kernel/reason.ts";

/** The way to a peer's change feed, implemented by `rpc`. Throws `ExchangeFault`. */
export type CatalogChannel = {
  readonly subscribe: (region: string, fromSequence: string, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
  /** Gives up a connection on which nothing is heard any more. */
  readonly reset?: (region: string) => void;
};

/** How far a mirror is: the peer's chain up to which everything is taken, and this node's own position in its mirror log. */
export type MirrorHead = {
  readonly region: string;
  /** Number of the peer's last change that was taken. */
  readonly sequence: string;
  /** Chain value after it, 64 hex digits. */
  readonly head: string;
  /** When the peer signed it. */
  readonly at: string | null;
  /** Last position given out in the mirror log; never goes back, also when the peer's own numbers do. */
  readonly position: string;
  /** Rises when the peer's history had to be taken anew; records of earlier generations are leftovers. */
  readonly generation: number;
  /** True from a new generation's begin until its end is reached and the leftovers are gone. */
  readonly isRebuilding: boolean;
  /** Why the history had to be taken anew. */
  readonly rebuiltFor: Reason | null;
  readonly lastContactAt: string | null;
};

/** One entry as it is mirrored; null once the peer withdrew it. */
export type MirrorRecord = {
  readonly region: string;
  readonly id: string;
  readonly sequence: string;
  readonly generation: number;
  readonly position: string;
  readonly entry: CatalogEntry | null;
};

/** One change of a mirror for those who follow it. Positions rise; only the latest of an entry is kept. */
export type MirrorChange = {
  readonly region: string;
  readonly position: string;
  readonly id: string;
  readonly entry: CatalogEntry | null;
};

export type Freshness = {
  readonly region: string;
  readonly name: string;
  readonly sequence: string;
  readonly lastContactAt: string | null;
  readonly state: "live" | "stale" | "never";
  /** How long nothing was heard; null if nothing ever was. */
  readonly behindMs: number | null;
  /** Why it is not live, or what was odd about it. */
  readonly reason: Reason | null;
};

import { randomBytes } from "node:crypto";

/** The sources of surprise. Domain code never calls Date, Math.random or randomBytes itself; the simulator passes its own. */
export type Runtime = {
  /** Milliseconds since the Unix epoch, UTC. */
  readonly nowMs: () => number;
  /** Cryptographically strong in production; seeded in the simulator. */
  readonly randomBytes: (size: number) => Uint8Array;
  /**
   * A named place where a fault trial may stop the process. Does nothing in production. Called before and after
   * every effect whose loss must not matter.
   */
  readonly failPoint: (name: string) => void;
};

export const systemRuntime: Runtime = {
  nowMs: () => Date.now(),
  randomBytes: (size) => randomBytes(size),
  failPoint: () => {},
};

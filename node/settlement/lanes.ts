import type { Logger } from "../kernel/logger.ts";

/** Work on one agreement goes one after the other; agreements side by side. */
export type Lanes = {
  readonly run: (lane: string, work: () => Promise<void>) => Promise<void>;
  readonly background: (work: () => Promise<void>) => void;
  readonly idle: () => Promise<void>;
};

export function createLanes(logger: Logger): Lanes {
  const tails = new Map<string, Promise<void>>();
  const running = new Set<Promise<void>>();

  function track(work: Promise<void>): Promise<void> {
    const tracked = work
      .catch((fault: unknown) => logger.error({ err: fault }, "a settlement could not go on; it is tried again later"))
      .finally(() => running.delete(tracked));
    running.add(tracked);
    return tracked;
  }

  return {
    run(lane, work) {
      const tail = track((tails.get(lane) ?? Promise.resolve()).then(work));
      tails.set(lane, tail);
      void tail.then(() => {
        if (tails.get(lane) === tail) tails.delete(lane);
      });
      return tail;
    },
    background(work) {
      void track(work());
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}

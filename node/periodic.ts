import type { Logger } from "./kernel/logger.ts";
import type { Scheduler } from "./kernel/scheduler.ts";
import type { Worker } from "./kernel/worker.ts";

/** Runs `work` at start and then `everyMs` after each end; a fault is logged and the next turn tries again. */
export function periodic(
  name: string,
  everyMs: number,
  work: () => Promise<unknown>,
  { scheduler, logger }: { readonly scheduler: Scheduler; readonly logger: Logger },
): Worker {
  let cancel = () => {};
  let isRunning = false;
  let underWay: Promise<void> = Promise.resolve();
  const turn = async () => {
    try {
      await work();
    } catch (fault) {
      logger.error({ err: fault, worker: name }, "periodic work failed; trying again");
    }
    if (isRunning) cancel = scheduler.after(everyMs, run);
  };
  const run = () => {
    underWay = turn();
  };
  return {
    name,
    start() {
      isRunning = true;
      run();
    },
    async stop() {
      isRunning = false;
      cancel();
      await underWay;
    },
  };
}

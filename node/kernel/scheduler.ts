import { outsideTrace } from "./trace.ts";

/** The only timers that workers use, so that the simulator can pass virtual time. Answers a function that cancels. */
export type Scheduler = { readonly after: (ms: number, run: () => void) => () => void };

export const systemScheduler: Scheduler = {
  after: (ms, run) => {
    const timer = outsideTrace(() => setTimeout(run, ms));
    return () => clearTimeout(timer);
  },
};

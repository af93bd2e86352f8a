import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import { type AttemptDeps, attempt, type Outcome } from "./attempt.ts";
import { backoffMs } from "./backoff.ts";
import { createIntake } from "./intake.ts";
import { createLanes, type Lane, type Lanes } from "./lanes.ts";
import type { OutboxMessage } from "./model.ts";
import { createPeerLeases } from "./peer-leases.ts";
import { outboxHeads } from "./store.ts";

export type SenderDeps = AttemptDeps & {
  readonly owner: string;
  readonly onDone: (message: OutboxMessage, answer: "accepted" | "refused") => void;
};

export type Sender = Omit<Worker, "name"> & {
  readonly idle: () => Promise<void>;
  readonly lane: (peer: string, lane: string) => Lane | undefined;
};

/** Messages on their way to one destination at the same time: enough to fill a channel, few enough to hold in memory. */
const WIDTH = 32;
const RESCAN_MS = 1_000;

/** The outbox's engine. It looks when a commit wakes it and when a wait is over, never on a beat. */
export function createSender(deps: SenderDeps): Sender {
  let running: Run | undefined;
  return {
    start() {
      running ??= startRun(deps);
    },
    async stop() {
      const run = running;
      running = undefined;
      await run?.stop();
    },
    idle: async () => running?.idle(),
    lane: (peer, lane) => running?.lanes.find(peer, lane),
  };
}

type Run = {
  readonly lanes: Lanes;
  readonly idle: () => Promise<void>;
  readonly stop: () => Promise<void>;
};

function startRun(deps: SenderDeps): Run {
  const lanes = createLanes(WIDTH);
  const leases = createPeerLeases(deps.store, deps.runtime, deps.owner);
  const intake = createIntake(deps, lanes, leases, () => look());
  const timers = createTimers(deps.scheduler, () => fill());
  const waiters: (() => void)[] = [];
  let isLooking = false;
  let mustLook = false;
  let isStopped = false;

  function look(): void {
    mustLook = true;
    if (!isLooking && !isStopped) void lookNow();
  }

  async function lookNow(): Promise<void> {
    isLooking = true;
    while (mustLook && !isStopped) {
      mustLook = false;
      try {
        await intake.takeNew();
      } catch (fault) {
        deps.logger.error({ err: fault }, "the outbox cannot be read; trying again");
        timers.after(RESCAN_MS, look);
      }
      fill();
    }
    isLooking = false;
    settle();
  }

  function fill(): void {
    if (isStopped) return;
    for (const lane of lanes.take()) void sendFirst(lane);
  }

  async function sendFirst(lane: Lane): Promise<void> {
    const [entry] = lane.queue;
    if (entry === undefined) throw new Error("a lane without a message was taken");
    const outcome = await attempt(deps, lane.peer, entry.number, intake.mayStillSend);
    conclude({ deps, lanes, timers }, lane, entry.destination, outcome);
    fill();
    settle();
  }

  function settle(): void {
    if (isLooking || lanes.sending() > 0) return;
    for (const resolve of waiters.splice(0)) resolve();
  }

  const quiet = () =>
    new Promise<void>((resolve) => {
      waiters.push(resolve);
      settle();
    });

  const unsubscribe = deps.store.watch(outboxHeads.prefix, look);
  look();
  return {
    lanes,
    async idle() {
      look();
      await quiet();
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      await quiet();
      timers.cancelAll();
      intake.stop();
      await leases.releaseAll();
    },
  };
}

type Timers = { readonly after: (ms: number, run: () => void) => void; readonly cancelAll: () => void };

function createTimers(scheduler: Scheduler, afterEach: () => void): Timers {
  const cancels = new Set<() => void>();
  return {
    after(ms, run) {
      const cancel = scheduler.after(ms, () => {
        cancels.delete(cancel);
        run();
        afterEach();
      });
      cancels.add(cancel);
    },
    cancelAll() {
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
}

type Engine = { readonly deps: SenderDeps; readonly lanes: Lanes; readonly timers: Timers };

function conclude({ deps, lanes, timers }: Engine, lane: Lane, destination: string, outcome: Outcome): void {
  if (outcome.kind === "not-ours") {
    lanes.putBack(lane);
    return;
  }
  if (outcome.kind === "done") {
    lanes.answered(destination);
    lanes.finish(lane);
    if (outcome.message !== undefined) deps.onDone(outcome.message, outcome.answer);
    return;
  }
  lane.attempts += 1;
  lane.lastError = outcome.error;
  const tried = { peer: lane.peer, lane: lane.name, attempts: lane.attempts, code: outcome.error.code };
  const { traceId } = outcome;
  deps.logger.info(
    traceId === undefined ? tried : { ...tried, traceId },
    "a message could not be delivered yet; it stays in the outbox",
  );
  if (outcome.kind === "later") {
    lanes.answered(destination);
    lanes.setAside(lane);
    timers.after(backoffMs(lane.attempts, deps.runtime), () => lanes.resume(lane));
    return;
  }
  const failures = lanes.block(destination);
  lanes.putBack(lane);
  if (failures !== undefined) timers.after(backoffMs(failures, deps.runtime), () => lanes.unblock(destination));
}

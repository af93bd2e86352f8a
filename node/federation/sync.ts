import type { SignedChangeBatch } from "../catalog/model.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { msOf } from "../kernel/instant.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { type MirrorDeps, mirrorHead, rebuildMirror, takeBatch } from "./mirror.ts";
import type { CatalogChannel } from "./model.ts";
import { clockSkewReason, faultReason, mirrorReason, silentReason } from "./reason.ts";
import type { MirrorPoint } from "./verify-batch.ts";

export type SyncDeps = MirrorDeps & {
  readonly scheduler: Scheduler;
  readonly channel: CatalogChannel;
  /** A link on which nothing is heard for so long is given up. Several heartbeats. */
  readonly silentAfterMs: number;
  /** How far the peer's clock may be from ours before people are told. */
  readonly clockSkewMs: number;
};

/** What is known of a link beside what is stored; lost at a restart, and harmless so. */
export type LinkState = { lastContactMs: number | null; isConnected: boolean; reason: Reason | null };

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;
/** The peer's history is not what we have of it; anything else is tried again from where the mirror stands. */
const REBUILD_CODES = new Set(["FED_HISTORY_CHANGED", "FED_SEQUENCE_AHEAD"]);

/** Keeps the mirror of one region up to date until `signal` aborts. */
export async function followRegion(
  deps: SyncDeps,
  region: string,
  state: LinkState,
  signal: AbortSignal,
): Promise<void> {
  const logger = deps.logger.child({ peer: region });
  for (let failures = 1; !signal.aborted; failures += 1) {
    const contactBefore = state.lastContactMs;
    const reason = await session(deps, region, state, signal);
    state.isConnected = false;
    if (signal.aborted) return;
    if (state.lastContactMs !== contactBefore) failures = 1;
    if (reason !== undefined) {
      state.reason = reason;
      logger.warn({ code: reason.code, failures }, "a mirror's link was lost");
      if (REBUILD_CODES.has(reason.code)) await rebuildMirror(deps.store, region, reason);
    }
    await pause(deps.scheduler, retryMs(failures, deps.runtime), signal);
  }
}

/** One subscription, from where the mirror stands to its end. Answers why it ended; undefined when the peer just ended it. */
async function session(
  deps: SyncDeps,
  region: string,
  state: LinkState,
  signal: AbortSignal,
): Promise<Reason | undefined> {
  const { store, runtime, scheduler, logger, channel, silentAfterMs } = deps;
  const giveUp = new AbortController();
  const onStop = () => giveUp.abort();
  signal.addEventListener("abort", onStop);
  let cancelTimer = () => {};
  const heard = () => {
    cancelTimer();
    cancelTimer = scheduler.after(silentAfterMs, onStop);
  };
  try {
    heard();
    const held = await mirrorHead(store, region);
    let point: MirrorPoint = held;
    for await (const batch of channel.subscribe(region, held.sequence, giveUp.signal)) {
      heard();
      const taken = await takeBatch(deps, point, batch);
      if (!taken.ok) return mirrorReason(taken.error, region);
      point = { region, sequence: batch.sequence, head: batch.head };
      const nowMs = runtime.nowMs();
      const reason = skewOf(batch, nowMs, deps.clockSkewMs);
      if (reason !== null && state.reason?.code !== reason.code) logger.warn({ peer: region }, reason.text.en);
      Object.assign(state, { lastContactMs: nowMs, isConnected: true, reason });
    }
    if (!giveUp.signal.aborted || signal.aborted) return undefined;
    channel.reset?.(region);
    return silentReason(region, silentAfterMs);
  } catch (fault) {
    if (fault instanceof ExchangeFault) return mirrorReason(fault.error, region);
    // Our own fault; said loudly, and tried again: a mirror that quietly stopped would be worse.
    logger.error({ peer: region, fault }, "unexpected fault while mirroring");
    return faultReason(region);
  } finally {
    cancelTimer();
    signal.removeEventListener("abort", onStop);
  }
}

/** Judged by heartbeats, which are signed as they are sent; a batch of changes may have waited for us to catch up. */
function skewOf({ region, at, changes }: SignedChangeBatch, nowMs: number, allowedMs: number): Reason | null {
  const aheadMs = msOf(at) - nowMs;
  return changes.length === 0 && Math.abs(aheadMs) > allowedMs ? clockSkewReason(region, aheadMs) : null;
}

/** Half of it is drawn by lot, so that all regions which lost the same peer do not come back in the same instant. */
function retryMs(failures: number, runtime: Runtime): number {
  const whole = Math.min(RETRY_LONGEST_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 20));
  const [byte = 0] = runtime.randomBytes(1);
  return Math.round(whole / 2 + (whole / 2) * (byte / 255));
}

function pause(scheduler: Scheduler, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = scheduler.after(ms, done);
    signal.addEventListener("abort", done);
  });
}

import { digestOf } from "../kernel/canonical-json.ts";
import { ok } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Store } from "../storage/port.ts";
import { transact } from "../storage/transact.ts";
import { type Cosigner, createCosigner, type WitnessChannel, type WitnessPeer } from "./cosigner.ts";
import type { NoteSigner } from "./note.ts";
import { type StoredCheckpoint, signLatest } from "./signed-head.ts";
import { appendLeaf, appendLeafRefs, logHead } from "./store.ts";
import type { Tree } from "./tree.ts";

type Deps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly tree: Tree;
  readonly region: string;
  readonly origin: string;
  readonly logSigner: NoteSigner;
  readonly generation?: number;
  readonly peers: () => readonly WitnessPeer[];
  readonly witness: WitnessChannel;
  readonly checkpointIntervalMs: number;
};

/** Whoever asks for a checkpoint now should not wait for a peer that is away. */
const WITNESS_WAIT_MS = 2_000;

/** Follows the leaves: hashes them, signs a checkpoint at most once per interval, gathers cosignatures. */
export type Sequencer = Worker & {
  /** A checkpoint over all leaves there are, and a fair chance for the witnesses to sign it. */
  readonly sequenceNow: () => Promise<void>;
};

export function createSequencer(deps: Deps): Sequencer {
  const cosigners = new Map<string, Cosigner>();
  let rounds: Promise<unknown> = Promise.resolve();
  let cancelTimer: (() => void) | undefined;
  let unwatch = () => {};
  let isRunning = false;

  const sign = async (): Promise<StoredCheckpoint | undefined> => {
    const startedMs = deps.runtime.nowMs();
    const signed = await signLatest(deps, deps.origin, deps.logSigner);
    if (!signed.ok) {
      deps.logger.error({ code: signed.error.code, ...signed.error.details }, signed.error.text.en);
      return undefined;
    }
    deps.metrics.observe("audit_checkpoint_seconds", (deps.runtime.nowMs() - startedMs) / 1000);
    deps.metrics.gauge("audit_checkpoint_time_seconds", deps.runtime.nowMs() / 1_000);
    return signed.value;
  };
  const cosignerOf = (region: string): Cosigner => {
    const present = cosigners.get(region);
    if (present !== undefined) return present;
    const peer = () => deps.peers().find((known) => known.region === region);
    const made = createCosigner({ ...deps, retryMs: deps.checkpointIntervalMs }, peer);
    cosigners.set(region, made);
    return made;
  };
  const gather = () => Promise.all(deps.peers().map(({ region }) => cosignerOf(region).advance()));
  /** One round at a time; the next begins after the last one's signature. Resolves to the wait for witnesses. */
  const round = (): Promise<{ readonly cosigned: Promise<unknown> }> => {
    const next = rounds.then(async () => ({ cosigned: (await sign()) === undefined ? Promise.resolve() : gather() }));
    rounds = next.catch(() => undefined);
    return next;
  };
  const tick = () => {
    cancelTimer = undefined;
    round().catch((fault: unknown) => {
      if (!isRunning) return;
      deps.logger.error({ err: fault }, "no checkpoint could be made; trying again");
      schedule();
    });
  };
  const schedule = () => {
    if (isRunning) cancelTimer ??= deps.scheduler.after(deps.checkpointIntervalMs, tick);
  };

  return {
    name: "audit",
    start() {
      isRunning = true;
      unwatch = deps.store.watch(logHead.key, schedule);
      // Leaves and missing cosignatures of a time before a crash are not announced again.
      rounds = rounds.then(() => openLog(deps)).catch((fault: unknown) => deps.logger.error({ err: fault }, "audit"));
      tick();
    },
    async stop() {
      isRunning = false;
      unwatch();
      cancelTimer?.();
      cancelTimer = undefined;
      // First the round under way: it may be about to ask a witness for the first time.
      await rounds;
      await Promise.all([...cosigners.values()].map((cosigner) => cosigner.stop()));
    },
    async sequenceNow() {
      const { cosigned } = await round();
      let cancel = () => {};
      const patience = new Promise<void>((resolve) => {
        cancel = deps.scheduler.after(WITNESS_WAIT_MS, resolve);
      });
      await Promise.race([cosigned, patience]);
      cancel();
    },
  };
}

/** The first leaf of a log says whose it is. */
async function openLog({ store, runtime, region, origin, logSigner }: Deps): Promise<void> {
  await transact(store, appendLeafRefs(), (tx) => {
    if (tx.get(logHead) !== undefined) return ok(undefined);
    const detail = { logKey: logSigner.vkey };
    appendLeaf(tx, region, {
      kind: "log.opened",
      atMs: runtime.nowMs(),
      subject: origin,
      actor: "node",
      digest: digestOf(detail),
      detail,
    });
    return ok(undefined);
  });
}

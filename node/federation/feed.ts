import type { SignedChangeBatch } from "../catalog/model.ts";
import type { Catalog } from "../catalog/service.ts";
import type { Peer } from "../identity/model.ts";
import { type Failure, refusals } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import type { Scheduler } from "../kernel/scheduler.ts";

export type FeedSource = Pick<Catalog, "changesAfter" | "signedHead" | "watch">;

export type FeedDeps = {
  readonly catalog: FeedSource;
  readonly scheduler: Scheduler;
  readonly region: string;
  readonly heartbeatMs: number;
};

const refuse = refusals({ FED_SEQUENCE_AHEAD: "conflict" });
const MAX_CHANGES = 500;

/**
 * This region's changes for one peer: all after `fromSequence`, then each later one as soon as it is durable. When there
 * are none, the signed head says so, at once and then every `heartbeatMs`. Throws `ExchangeFault`.
 */
export async function* serveChanges(
  deps: FeedDeps,
  peer: Peer,
  fromSequence: string,
  signal: AbortSignal,
): AsyncGenerator<SignedChangeBatch> {
  const { catalog, scheduler, heartbeatMs } = deps;
  let sequence = fromSequence;
  let isChanged = false;
  let wake = () => {};
  const onChange = () => {
    isChanged = true;
    wake();
  };
  const stopWatching = catalog.watch(onChange);
  signal.addEventListener("abort", onChange);
  try {
    while (!signal.aborted) {
      // Before reading: a change that lands while we read sets it again and is not slept over.
      isChanged = false;
      const batch = await nextBatch(deps, peer, sequence);
      if (batch !== undefined) {
        yield batch;
        sequence = batch.sequence;
      }
      if (batch !== undefined && batch.changes.length > 0) continue;
      await new Promise<void>((resolve) => {
        if (isChanged || signal.aborted) return resolve();
        const cancel = scheduler.after(heartbeatMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
    }
  } finally {
    signal.removeEventListener("abort", onChange);
    stopWatching();
  }
}

/** The same from the first change to the present head; its last batch is the head alone. */
export async function* snapshotChanges(
  deps: FeedDeps,
  peer: Peer,
  signal: AbortSignal,
): AsyncGenerator<SignedChangeBatch> {
  for await (const batch of serveChanges(deps, peer, "0", signal)) {
    yield batch;
    if (batch.changes.length === 0) return;
  }
}

/** Undefined when a change came between the two reads: the next look finds it. */
async function nextBatch(
  { catalog, region }: FeedDeps,
  peer: Peer,
  sequence: string,
): Promise<SignedChangeBatch | undefined> {
  const batch = await catalog.changesAfter(sequence, peer.region, MAX_CHANGES);
  if (batch !== undefined) return batch;
  const head = await catalog.signedHead();
  if (BigInt(head.sequence) < BigInt(sequence)) throw new ExchangeFault(ahead(region, sequence, head.sequence).error);
  return head.sequence === sequence ? head : undefined;
}

function ahead(region: string, asked: string, held: string): Failure {
  return refuse(
    "FED_SEQUENCE_AHEAD",
    {
      zh: `订阅从第 ${asked} 号开始,但地区 ${region} 的变更只到第 ${held} 号(可能从备份恢复);请从头重建镜像。`,
      en: `The subscription starts at change ${asked}, region ${region} has changes up to ${held} only (perhaps it was restored from a backup); rebuild the mirror from the beginning.`,
    },
    { asked, held },
  );
}

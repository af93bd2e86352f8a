import type { SignedChangeBatch } from "../catalog/model.ts";
import type { TrustView } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Store } from "../storage/port.ts";
import { list, read, transact } from "../storage/transact.ts";
import type { MirrorHead } from "./model.ts";
import {
  applyBatch,
  applyBatchRefs,
  beginRebuild,
  emptyHead,
  mirrorHeads,
  mirrorRecords,
  sweep,
  sweepRefs,
} from "./store.ts";
import { type MirrorPoint, verifyBatch } from "./verify-batch.ts";

export type MirrorDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly trust: Pick<TrustView, "statementKey">;
};

const refuse = refusals({ FED_OVERTAKEN: "conflict" });
/** A heartbeat alone is worth a disk write this seldom. */
const CONTACT_WRITE_MS = 60_000;
const SWEEP_SIZE = 500;

export async function mirrorHead(store: Store, region: string): Promise<MirrorHead> {
  return (await read(store, mirrorHeads.at(region))) ?? emptyHead(region);
}

/** Verifies a batch against `point`, where the stream stands, and takes it in one durable commit. */
export async function takeBatch(deps: MirrorDeps, point: MirrorPoint, batch: SignedChangeBatch): Promise<Result<true>> {
  const { store, runtime, metrics, logger, trust } = deps;
  const { region } = point;
  const nowMs = runtime.nowMs();
  const proved = verifyBatch(batch, point, (keyId) => trust.statementKey(region, keyId, nowMs));
  if (!proved.ok) return proved;
  const changes = proved.value;
  const unreadable = changes.filter(({ kind }) => kind === "unreadable").map(({ sequence }) => sequence);
  if (unreadable.length > 0) logger.warn({ peer: region, sequences: unreadable }, "changes hold no entry we can take");
  if (changes.length === 0) return takeHeartbeat(deps, batch, nowMs);
  const applied = await transact(store, applyBatchRefs(region, changes), (tx) =>
    ok(applyBatch(tx, batch, changes, instantOf(nowMs))),
  );
  if (applied.ok && applied.value === "elsewhere") return overtaken(region);
  metrics.count("federation_changes_total", { peer: region }, changes.length);
  return ok(true);
}

/** The peer's head without changes: the mirror has all there is. */
async function takeHeartbeat({ store }: MirrorDeps, batch: SignedChangeBatch, nowMs: number): Promise<Result<true>> {
  const head = await mirrorHead(store, batch.region);
  if (head.isRebuilding) await finishRebuild(store, batch.region);
  const isOld = head.lastContactAt === null || nowMs - msOf(head.lastContactAt) > CONTACT_WRITE_MS;
  if (!isOld) return ok(true);
  await transact(store, applyBatchRefs(batch.region, []), (tx) => ok(applyBatch(tx, batch, [], instantOf(nowMs))));
  return ok(true);
}

/** From here on the peer's history is taken from its first change; what is mirrored stays visible meanwhile. */
export async function rebuildMirror(store: Store, region: string, reason: Reason): Promise<void> {
  await transact(store, [mirrorHeads.at(region)], (tx) => ok(beginRebuild(tx, region, reason)));
}

/** Entries that the new history does not have go, in commits of bearable size; then the mirror is whole again. */
async function finishRebuild(store: Store, region: string): Promise<void> {
  const { generation } = await mirrorHead(store, region);
  let leftovers: string[] = [];
  const flush = async () => {
    const ids = leftovers;
    leftovers = [];
    await transact(store, sweepRefs(region, ids), (tx) => ok(sweep(tx, region, ids)));
  };
  for await (const record of list(store, mirrorRecords, [region])) {
    if (record.generation >= generation || record.entry === null) continue;
    leftovers.push(record.id);
    if (leftovers.length === SWEEP_SIZE) await flush();
  }
  await flush();
  await transact(store, [mirrorHeads.at(region)], (tx) => {
    const head = tx.get(mirrorHeads.at(region));
    if (head?.generation === generation) tx.put(mirrorHeads.at(region), { ...head, isRebuilding: false });
    return ok(true);
  });
}

function overtaken(region: string): Failure {
  return refuse(
    "FED_OVERTAKEN",
    {
      zh: `地区 ${region} 的镜像已由本节点的另一进程改从别处继续;将从新位置重新订阅。`,
      en: `Another process of this node has moved the mirror of region ${region}; it subscribes again from there.`,
    },
    { region },
  );
}

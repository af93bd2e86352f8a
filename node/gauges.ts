import { X509Certificate } from "node:crypto";
import { latestCheckpoint } from "./audit/signed-head.ts";
import { logHead } from "./audit/store.ts";
import type { Federation } from "./federation/service.ts";
import type { Trust } from "./identity/trust.ts";
import { msOf } from "./kernel/instant.ts";
import type { Metrics } from "./kernel/metrics.ts";
import type { Runtime } from "./kernel/runtime.ts";
import { chainHeads } from "./metering/store.ts";
import { negotiations } from "./negotiation/store.ts";
import type { Outbox } from "./outbox/service.ts";
import type { Store } from "./storage/port.ts";
import { list, read } from "./storage/transact.ts";
import { transfers } from "./transfer/store.ts";

export type GaugeDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly metrics: Metrics;
  readonly trust: Pick<Trust, "peers" | "current">;
  readonly federation: Pick<Federation, "freshness">;
  readonly outbox: Pick<Outbox, "pending">;
  readonly leafCertificate: () => string;
};

/** Counting reads every record, so a scraper that asks more often gets the same counts again. */
const COUNT_EVERY_MS = 30_000;

/** Brings up to date what is not counted as it happens, but read from the records: to be called before metrics are shown. */
export function createGauges(deps: GaugeDeps): () => Promise<void> {
  let countedMs = Number.NEGATIVE_INFINITY;
  const counts = new Map<string, Counted>();
  return async () => {
    await Promise.all([outboxGauges(deps), mirrorGauges(deps), auditGauges(deps)]);
    validityGauges(deps);
    const nowMs = deps.runtime.nowMs();
    if (nowMs - countedMs < COUNT_EVERY_MS) return;
    countedMs = nowMs;
    await countRecords(deps, counts);
  };
}

type Counted = { readonly name: string; readonly labels: { readonly [label: string]: string }; count: number };

async function outboxGauges({ outbox, trust, metrics, runtime }: GaugeDeps): Promise<void> {
  const nowMs = runtime.nowMs();
  const waiting = new Map(trust.peers().map(({ id }) => [id, { count: 0, oldestMs: nowMs }]));
  for (const { peer, createdAt } of await outbox.pending()) {
    const { count, oldestMs } = waiting.get(peer) ?? { count: 0, oldestMs: nowMs };
    waiting.set(peer, { count: count + 1, oldestMs: Math.min(oldestMs, msOf(createdAt)) });
  }
  for (const [peer, { count, oldestMs }] of waiting) {
    metrics.gauge("outbox_pending", count, { peer });
    metrics.gauge("outbox_oldest_seconds", (nowMs - oldestMs) / 1_000, { peer });
  }
}

async function mirrorGauges({ federation, metrics }: GaugeDeps): Promise<void> {
  for (const { region: peer, state, behindMs, sequence } of await federation.freshness()) {
    metrics.gauge("mirror_live", state === "live" ? 1 : 0, { peer });
    metrics.gauge("mirror_sequence", Number(sequence), { peer });
    if (behindMs !== null) metrics.gauge("mirror_last_contact_seconds", behindMs / 1_000, { peer });
  }
}

async function auditGauges({ metrics, store }: GaugeDeps): Promise<void> {
  const head = await read(store, latestCheckpoint);
  const leaves = await read(store, logHead);
  if (head === undefined) return;
  metrics.gauge("audit_checkpoint_size", Number(head.size));
  metrics.gauge("audit_leaves_waiting", Number(leaves?.size ?? "0") - Number(head.size));
  metrics.gauge("audit_checkpoint_witnesses", Object.keys(head.cosignatures).length);
}

function validityGauges({ trust, metrics, runtime, leafCertificate }: GaugeDeps): void {
  const left = (untilMs: number) => (untilMs - runtime.nowMs()) / 1_000;
  const list = trust.current()?.list;
  metrics.gauge("trust_list_version", Number(list?.version ?? "0"));
  metrics.gauge("trust_list_left_seconds", list === undefined ? 0 : left(msOf(list.expiresAt)));
  metrics.gauge("leaf_left_seconds", left(Date.parse(new X509Certificate(leafCertificate()).validTo)));
}

async function countRecords({ store, metrics }: GaugeDeps, counts: Map<string, Counted>): Promise<void> {
  // A state that nothing is in any more is told as 0, not as it was.
  for (const counted of counts.values()) counted.count = 0;
  const add = (name: string, { role, state }: { readonly role: string; readonly state: string }) => {
    const key = `${name} ${role} ${state}`;
    const counted = counts.get(key) ?? { name, labels: { role, state }, count: 0 };
    counted.count += 1;
    counts.set(key, counted);
  };
  for await (const negotiation of list(store, negotiations)) add("negotiations", negotiation);
  for await (const transfer of list(store, transfers)) add("transfers", transfer);
  for (const { name, labels, count } of counts.values()) metrics.gauge(name, count, labels);
  let receipts = 0;
  for await (const { seq } of list(store, chainHeads)) receipts += Number(seq);
  metrics.gauge("receipts", receipts);
}

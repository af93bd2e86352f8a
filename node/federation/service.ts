import type { CatalogEntry, SignedChangeBatch } from "../catalog/model.ts";
import type { Peer, TrustView } from "../identity/model.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { instantOf, msOf } from "../kernel/instant.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Store, Unsubscribe } from "../storage/port.ts";
import { list, read } from "../storage/transact.ts";
import { type FeedSource, serveChanges, snapshotChanges } from "./feed.ts";
import type { MirrorDeps } from "./mirror.ts";
import type { CatalogChannel, Freshness, MirrorChange, MirrorHead } from "./model.ts";
import { connectingReason, notAPeerReason, silentReason } from "./reason.ts";
import { mirrorHeads, mirrorLog, mirrorRecords } from "./store.ts";
import { followRegion, type LinkState } from "./sync.ts";

export type FederationDeps = MirrorDeps & {
  readonly scheduler: Scheduler;
  readonly region: string;
  readonly trust: TrustView & { readonly onChange?: (onChange: () => void) => Unsubscribe };
  readonly catalog: FeedSource;
  readonly channel: CatalogChannel;
  /** How often a subscriber hears from us although nothing changed. */
  readonly heartbeatMs?: number;
  /** A link on which nothing is heard for so long is given up, and its mirror is shown as stale. */
  readonly staleAfterMs?: number;
  readonly clockSkewMs?: number;
};

export type Federation = Worker & {
  /** This region's changes for a peer: all after `fromSequence`, then each as it comes; heartbeats between. Throws `ExchangeFault`. */
  readonly serve: (peer: Peer, fromSequence: string, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
  readonly snapshot: (peer: Peer, signal: AbortSignal) => AsyncIterable<SignedChangeBatch>;
  readonly entry: (region: string, id: string) => Promise<Result<CatalogEntry>>;
  /** Every mirrored entry that its region has not withdrawn. */
  readonly entries: () => AsyncIterable<{ readonly region: string; readonly entry: CatalogEntry }>;
  /** Last position of each mirror's log, for followers that resume. */
  readonly positions: () => Promise<{ readonly [region: string]: string }>;
  /** Changes of a region's mirror after a position of ours, in order. */
  readonly changesAfter: (region: string, position: string, limit: number) => Promise<MirrorChange[]>;
  /** `onChange` runs after commits that changed a mirror. */
  readonly onChange: (onChange: () => void) => Unsubscribe;
  readonly freshness: () => Promise<Freshness[]>;
};

const HEARTBEAT_MS = 2_000;
const STALE_AFTER_MS = 10_000;
const CLOCK_SKEW_MS = 60_000;
const refuse = refusals({ ENTRY_NOT_FOUND: "not-found", REGION_NOT_MIRRORED: "not-found" });

type Following = { readonly state: LinkState; readonly stop: AbortController; readonly done: Promise<void> };

/** Peers' catalogues mirrored here, and this region's changes for them. Search reads only what is stored here. */
export function createFederation(deps: FederationDeps): Federation {
  const { store, trust } = deps;
  const logger = deps.logger.child({ part: "federation" });
  const heartbeatMs = deps.heartbeatMs ?? HEARTBEAT_MS;
  const silentAfterMs = deps.staleAfterMs ?? STALE_AFTER_MS;
  const clockSkewMs = deps.clockSkewMs ?? CLOCK_SKEW_MS;
  const feed = { ...deps, heartbeatMs };
  const following = new Map<string, Following>();
  let stopChanges: Unsubscribe = () => {};
  const ending = new Set<Promise<void>>();

  const follow = (region: string) => {
    const stop = new AbortController();
    const state: LinkState = { lastContactMs: null, isConnected: false, reason: null };
    const done = followRegion({ ...deps, logger, silentAfterMs, clockSkewMs }, region, state, stop.signal).catch(
      (fault: unknown) => {
        logger.error({ peer: region, fault }, "unexpected fault while mirroring");
      },
    );
    following.set(region, { state, stop, done });
  };
  const leave = (region: string, { stop, done }: Following) => {
    stop.abort();
    following.delete(region);
    ending.add(done);
    void done.then(() => ending.delete(done));
  };
  const followPeers = () => {
    const wanted = new Set(trust.peers().map(({ id }) => id));
    for (const [region, running] of following) if (!wanted.has(region)) leave(region, running);
    for (const region of wanted) if (!following.has(region)) follow(region);
  };

  return {
    name: "federation",
    start() {
      stopChanges = trust.onChange?.(followPeers) ?? (() => {});
      followPeers();
    },
    async stop() {
      stopChanges();
      for (const [region, running] of following) leave(region, running);
      await Promise.all(ending);
    },
    serve: (peer, fromSequence, signal) => serveChanges(feed, peer, fromSequence, signal),
    snapshot: (peer, signal) => snapshotChanges(feed, peer, signal),
    ...reading(store),
    async freshness() {
      const heads = new Map<string, MirrorHead>();
      for await (const head of list(store, mirrorHeads)) heads.set(head.region, head);
      const regions = new Set([...trust.peers().map(({ id }) => id), ...heads.keys()]);
      return [...regions].map((region) =>
        freshnessOf(
          { region, name: trust.region(region)?.name ?? region },
          heads.get(region),
          following.get(region)?.state,
          { nowMs: deps.runtime.nowMs(), silentAfterMs },
        ),
      );
    },
  };
}

function reading(store: Store): Pick<Federation, "entry" | "entries" | "positions" | "changesAfter" | "onChange"> {
  return {
    async entry(region, id) {
      const record = await read(store, mirrorRecords.at(region, id));
      if (record?.entry != null) return ok(record.entry);
      return (await read(store, mirrorHeads.at(region))) === undefined ? notMirrored(region) : notFound(region, id);
    },
    async *entries() {
      for await (const { region, entry } of list(store, mirrorRecords)) if (entry !== null) yield { region, entry };
    },
    async positions() {
      const positions: { [region: string]: string } = {};
      for await (const { region, position } of list(store, mirrorHeads)) positions[region] = position;
      return positions;
    },
    async changesAfter(region, position, limit) {
      const changes: MirrorChange[] = [];
      const after = [region, BigInt(position)];
      for await (const logged of list(store, mirrorLog, [region], { after, limit })) {
        const record = await read(store, mirrorRecords.at(region, logged.id));
        // An entry that changed again since the scan began is told as it is now, but under the position scanned: with
        // the newer one a follower would resume behind changes it has not seen.
        if (record !== undefined) changes.push({ region, ...logged, entry: record.entry });
      }
      return changes;
    },
    onChange: (onChange) => store.watch(mirrorLog.prefix, onChange),
  };
}

function freshnessOf(
  who: { readonly region: string; readonly name: string },
  head: MirrorHead | undefined,
  link: LinkState | undefined,
  { nowMs, silentAfterMs }: { readonly nowMs: number; readonly silentAfterMs: number },
): Freshness {
  const storedMs = head?.lastContactAt == null ? null : msOf(head.lastContactAt);
  const contactMs = link?.lastContactMs ?? storedMs;
  const common = {
    ...who,
    sequence: head?.sequence ?? "0",
    lastContactAt: contactMs === null ? null : instantOf(contactMs),
    behindMs: contactMs === null ? null : Math.max(0, nowMs - contactMs),
  };
  if (link === undefined)
    return { ...common, state: contactMs === null ? "never" : "stale", reason: notAPeerReason(who.region) };
  if (contactMs === null) return { ...common, state: "never", reason: link.reason ?? connectingReason(who.region) };
  const isLive = link.isConnected && nowMs - contactMs < silentAfterMs;
  if (isLive) return { ...common, state: "live", reason: head?.isRebuilding ? head.rebuiltFor : link.reason };
  return { ...common, state: "stale", reason: link.reason ?? silentReason(who.region, nowMs - contactMs) };
}

function notFound(region: string, id: string): Failure {
  return refuse(
    "ENTRY_NOT_FOUND",
    {
      zh: `地区 ${region} 的镜像中没有条目 ${id}(可能已撤回);请重新检索。`,
      en: `The mirror of region ${region} has no entry ${id} (it may have been withdrawn); search again.`,
    },
    { region, id },
  );
}

function notMirrored(region: string): Failure {
  return refuse(
    "REGION_NOT_MIRRORED",
    {
      zh: `本节点没有地区 ${region} 的目录镜像;请核对区划代码,或查看各地区的连接状态。`,
      en: `This node mirrors no catalogue of region ${region}; check the division code, or look at the state of the links.`,
    },
    { region },
  );
}

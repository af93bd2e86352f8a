import type { CatalogChange } from "../catalog/model.ts";
import type { MirrorChange } from "../federation/model.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Unsubscribe } from "../storage/port.ts";
import type { Search } from "./service.ts";

export type IndexerDeps = {
  readonly search: Search;
  readonly catalog: {
    readonly ownChangesAfter: (sequence: string, limit: number) => Promise<CatalogChange[]>;
    readonly headSequence: () => Promise<string>;
    readonly watch: (onChange: () => void) => Unsubscribe;
  };
  readonly federation: {
    readonly positions: () => Promise<{ readonly [region: string]: string }>;
    readonly changesAfter: (region: string, position: string, limit: number) => Promise<MirrorChange[]>;
    readonly onChange: (onChange: () => void) => Unsubscribe;
  };
  readonly logger: Logger;
  readonly scheduler: Scheduler;
  readonly region: string;
};

/** Brings the index after this region's catalogue and every mirror, from wherever it stands. */
export type Indexer = Worker & {
  /** Resolves when everything that was committed before the call is searchable. */
  readonly caughtUp: () => Promise<void>;
};

/** Large enough that a whole catalogue comes in at speed, small enough to be searchable on the way. */
const BATCH = 1_000;
const RETRY_MS = 1_000;

export function createSearchIndexer(deps: IndexerDeps): Indexer {
  const { search, catalog, federation, logger, scheduler } = deps;
  let unsubscribe: readonly Unsubscribe[] = [];
  let round: Promise<void> = Promise.resolve();
  let isWaiting = false;
  let isRunning = false;
  let cancelRetry = () => {};

  const wake = () => {
    if (isWaiting || !isRunning) return;
    // One round under way, one waiting behind it: more would find nothing.
    isWaiting = true;
    round = round.then(async () => {
      isWaiting = false;
      try {
        await follow(deps, () => isRunning);
      } catch (fault) {
        if (!isRunning) return;
        logger.error({ err: fault }, "the search index could not follow the catalogues; trying again");
        cancelRetry = scheduler.after(RETRY_MS, wake);
      }
    });
  };
  return {
    name: "search-indexer",
    start() {
      isRunning = true;
      unsubscribe = [catalog.watch(wake), federation.onChange(wake)];
      wake();
    },
    async stop() {
      isRunning = false;
      for (const one of unsubscribe) one();
      cancelRetry();
      await round;
    },
    async caughtUp() {
      wake();
      await round;
      await search.position();
    },
  };
}

async function follow(deps: IndexerDeps, isRunning: () => boolean): Promise<void> {
  const { search, catalog, federation, region } = deps;
  const heads = { ...(await federation.positions()), [region]: await catalog.headSequence() };
  const taken = await search.position();
  const isBehind = Object.entries(taken).find(([id, position]) => BigInt(heads[id] ?? "0") < BigInt(position));
  if (isBehind !== undefined) {
    // A backup was restored, or a mirror was dropped: what the index holds may never have happened.
    deps.logger.warn({ of: isBehind[0], taken: isBehind[1] }, "a change log went back; the search index is made anew");
    await search.clear();
  }
  for (const id of Object.keys(heads)) {
    while (isRunning()) {
      const position = (await search.position())[id] ?? "0";
      const batch = id === region ? await ownBatch(deps, position) : await federation.changesAfter(id, position, BATCH);
      const last = batch.at(-1);
      if (last === undefined) break;
      await search.apply(
        batch.map((change) => ({ region: id, id: change.id, entry: change.entry })),
        { [id]: last.position },
      );
    }
  }
}

async function ownBatch({ catalog, region }: IndexerDeps, position: string): Promise<MirrorChange[]> {
  const changes = await catalog.ownChangesAfter(position, BATCH);
  return changes.map(({ sequence, entryId, entry }) => ({ region, position: sequence, id: entryId, entry }));
}

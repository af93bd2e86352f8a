import type { IndexStore } from "../storage/index-port.ts";
import { copyLiving } from "./compact.ts";
import { emptyGeneration, type Generation, readGeneration } from "./generation.ts";
import { storeUnder } from "./layout.ts";
import type { IndexChange, IndexPosition } from "./model.ts";
import { FORMAT, writeChanges } from "./write-changes.ts";

export type Index = {
  /** Runs a reader on the present generation, which stays whole until the reader is done. */
  readonly reading: <T>(use: (generation: Generation) => Promise<T>) => Promise<T>;
  readonly position: () => IndexPosition;
  readonly entries: () => number;
  readonly apply: (changes: readonly IndexChange[], position: IndexPosition) => Promise<void>;
  readonly clear: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const CURRENT = "current";
const PREFIXES = ["a/", "b/"] as const;
type Prefix = (typeof PREFIXES)[number];

export type IndexLimits = {
  /** Dead documents that are borne, whatever the share. */
  readonly deadDocuments: number;
};

export async function openIndex(store: IndexStore, limits: IndexLimits = { deadDocuments: 10_000 }): Promise<Index> {
  let { prefix, generation } = await openCurrent(store);
  const readers = new Map<Generation, number>();
  let queue: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work);
    queue = done.catch(() => undefined);
    return done;
  };
  const changeOver = async (make: (target: IndexStore) => Promise<Generation>) => {
    const target: Prefix = prefix === "a/" ? "b/" : "a/";
    const made = await make(storeUnder(store, target));
    await store.write(new Map([[CURRENT, Buffer.from(target, "utf8")]]), []);
    const old = generation;
    [prefix, generation] = [target, made];
    // While somebody still reads the old one it stays; what is left over is cleared before that prefix is written again.
    if (!readers.has(old)) await old.store.clear("", "\uffff");
  };
  const compactIfWorth = async () => {
    const dead = generation.columns.count - generation.living;
    if (dead <= limits.deadDocuments || dead <= generation.living) return;
    const from = generation;
    await changeOver((target) => copyLiving(from, target));
  };
  return {
    async reading(use) {
      const own = generation;
      readers.set(own, (readers.get(own) ?? 0) + 1);
      try {
        return await use(own);
      } finally {
        const left = (readers.get(own) ?? 1) - 1;
        if (left === 0) readers.delete(own);
        else readers.set(own, left);
      }
    },
    position: () => generation.position,
    entries: () => generation.living,
    apply: (changes, position) =>
      inTurn(async () => {
        await writeChanges(generation, changes, position);
        await compactIfWorth();
      }),
    clear: () =>
      inTurn(() =>
        changeOver(async (target) => {
          await target.clear("", "\uffff");
          return emptyGeneration(target);
        }),
      ),
    async close() {
      await queue;
      await store.close();
    },
  };
}

async function openCurrent(store: IndexStore): Promise<{ prefix: Prefix; generation: Generation }> {
  const named = Buffer.from((await store.get(CURRENT)) ?? []).toString("utf8");
  const prefix = PREFIXES.find((known) => known === named) ?? PREFIXES[0];
  const generation = await readGeneration(storeUnder(store, prefix), FORMAT);
  if (generation !== undefined) return { prefix, generation };
  await store.clear("", "\uffff");
  return { prefix: PREFIXES[0], generation: emptyGeneration(storeUnder(store, PREFIXES[0])) };
}

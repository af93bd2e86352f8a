import { copyMemoryDisk, type MemoryDisk, openMemoryStore } from "../../../node/storage/memory.ts";
import { type Store, StoreFault } from "../../../node/storage/port.ts";

/** Bugs planted on purpose: a simulator that does not find them proves nothing. */
export type PlantedBug = "torn-commit" | "lost-commit" | "double-call";

export type CrashingStore = {
  readonly store: Store;
  /** The process dies at the commit that is so many from now, before it or after it. */
  readonly dieAt: (commits: number, when: "before" | "after") => void;
  readonly close: () => void;
};

/** A store whose process may die between any two commits. `onDeath` runs at once; nothing is written after it. */
export function openCrashingStore(disk: MemoryDisk, onDeath: () => void, planted?: PlantedBug): CrashingStore {
  const inner = openMemoryStore(disk);
  let left = Number.POSITIVE_INFINITY;
  let moment: "before" | "after" = "before";
  let isDead = false;

  const die = () => {
    isDead = true;
    void inner.close();
    onDeath();
  };
  const dead = () => new StoreFault("STORE_CLOSED", "the process died");
  const isDue = () => {
    left -= 1;
    return left <= 0;
  };

  const store: Store = {
    ...inner,
    async commit(keys, decide) {
      if (isDead) throw dead();
      let isWrite = false;
      const before = planted === "lost-commit" && left <= 1 ? copyMemoryDisk(disk) : undefined;
      const committed = inner.commit(keys, (found) => {
        const decision = decide(found);
        isWrite = decision.put.size + decision.remove.size > 0;
        if (!isWrite || !isDue()) return decision;
        if (moment === "after" || planted === "lost-commit") return decision;
        if (planted === "torn-commit") return { ...decision, put: firstHalf(decision.put) };
        throw dead();
      });
      const answer = await committed.catch((fault) => fault);
      if (isWrite && left <= 0 && !isDead) {
        if (before !== undefined) {
          // Acknowledged, and a moment later not on the disk: what an early acknowledgement amounts to.
          setImmediate(() => {
            Object.assign(disk, before);
            die();
          });
          return answer;
        }
        die();
      }
      if (isDead || answer instanceof Error) throw answer instanceof Error ? answer : dead();
      return answer;
    },
  };
  return {
    store,
    dieAt(commits, when) {
      left = commits;
      moment = when;
    },
    close: () => {
      if (!isDead) die();
    },
  };
}

function firstHalf<K, V>(entries: ReadonlyMap<K, V>): Map<K, V> {
  return new Map([...entries].slice(0, Math.ceil(entries.size / 2)));
}

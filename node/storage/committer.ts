import type { Pending } from "./group.ts";
import { assertWellFormed } from "./group.ts";
import { type Decision, type Found, type Key, StoreFault } from "./port.ts";

/** Above this many keys a group is closed, so that one write stays a few megabytes and its waiters' delay bounded. */
const MAX_GROUP_KEYS = 4_096;

export type Committer = {
  readonly commit: <T>(keys: readonly Key[], decide: (found: Found) => Decision<T>) => Promise<T>;
  /** Refuses new commits; resolves when those under way are settled. */
  readonly close: () => Promise<void>;
};

/**
 * Group commit: while one group is written, the commits that arrive gather to be the next, and share its one disk
 * write. Deciding here, in order, keeps a hot record as quick as separate ones.
 *
 * @param write settles every commit of the group, or throws the fault that all of them get
 */
export function createCommitter(write: (group: readonly Pending[]) => Promise<void>): Committer {
  let gathering: Pending[] = [];
  let closed = false;
  let idle: Promise<void> | undefined;

  async function run(): Promise<void> {
    while (gathering.length > 0) {
      // One turn of the event loop: whoever was woken by the last group, or by the same network read, comes along.
      await new Promise((resolve) => setImmediate(resolve));
      const group = takeGroup();
      try {
        await write(group);
      } catch (fault) {
        for (const { reject } of group) reject(fault);
      }
    }
    idle = undefined;
  }

  function takeGroup(): Pending[] {
    let keys = 0;
    const tooMany = gathering.findIndex((pending) => {
      keys += pending.keys.length + 1;
      return keys > MAX_GROUP_KEYS;
    });
    // At least one: a single commit of 10,000 keys is a group of its own.
    const size = tooMany === -1 ? gathering.length : Math.max(1, tooMany);
    const group = gathering.slice(0, size);
    gathering = gathering.slice(size);
    return group;
  }

  return {
    commit<T>(keys: readonly Key[], decide: (found: Found) => Decision<T>): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (closed) throw new StoreFault("STORE_CLOSED", "the store is closed");
        for (const key of keys) assertWellFormed(key);
        gathering.push({ keys, decide, resolve: (result) => resolve(result as T), reject });
        idle ??= run();
      });
    },
    async close() {
      closed = true;
      await idle;
    },
  };
}

import type { Metrics } from "./kernel/metrics.ts";
import type { Decision, Found, Key, Store } from "./storage/port.ts";

/** The store, with the time of every commit, from the request until it is durable. */
export function meterStore(store: Store, metrics: Metrics): Store {
  return {
    ...store,
    async commit<T>(keys: readonly Key[], decide: (found: Found) => Decision<T>): Promise<T> {
      const startedMs = performance.now();
      try {
        return await store.commit(keys, decide);
      } finally {
        metrics.observe("store_commit_seconds", (performance.now() - startedMs) / 1_000);
      }
    },
  };
}

import { outsideTrace } from "../kernel/trace.ts";
import type { Key, Unsubscribe } from "./port.ts";

export type Watchers = {
  readonly add: (prefix: Key, onChange: () => void) => Unsubscribe;
  /** After a durable write: wakes each watcher whose prefix was touched, once. */
  readonly touched: (keys: Iterable<Key>) => void;
  /** Wakes those who might watch a key that begins with `prefix`; with "" everyone. */
  readonly touchedBelow: (prefix: Key) => void;
  readonly clear: () => void;
};

type Watcher = { readonly prefix: Key; readonly onChange: () => void };

export function createWatchers(): Watchers {
  const watchers = new Set<Watcher>();
  // In a microtask of its own, so that a fault of one watcher neither reaches the committer nor a neighbour.
  const wake = (watcher: Watcher) =>
    outsideTrace(() => queueMicrotask(() => watchers.has(watcher) && watcher.onChange()));
  return {
    add(prefix, onChange) {
      const watcher = { prefix, onChange };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    touched(keys) {
      const asleep = new Set(watchers);
      for (const key of keys) {
        if (asleep.size === 0) return;
        for (const watcher of asleep) {
          if (!key.startsWith(watcher.prefix)) continue;
          asleep.delete(watcher);
          wake(watcher);
        }
      }
    },
    touchedBelow(prefix) {
      for (const watcher of watchers) {
        if (watcher.prefix.startsWith(prefix) || prefix.startsWith(watcher.prefix)) wake(watcher);
      }
    },
    clear() {
      watchers.clear();
    },
  };
}

import type { Decision, Found, Key, KeyRange, Snapshot, Store } from "./port.ts";
import { StoreFault } from "./port.ts";

type View = { readonly keys: readonly Key[]; readonly values: ReadonlyMap<Key, Uint8Array> };

/** The simulator's store: everything in memory, same contract. Never used by a serving node. */
export function openMemoryStore(): Store {
  const values = new Map<Key, Uint8Array>();
  const watchers = new Set<{ readonly prefix: Key; readonly onChange: () => void }>();
  const snapshots = new WeakMap<Snapshot, View>();
  let sorted: Key[] | undefined;
  let closed = false;

  const assertOpen = () => {
    if (closed) throw new StoreFault("STORE_CLOSED", "the store is closed");
  };
  const current = (): View => {
    sorted ??= [...values.keys()].sort(byBytes);
    return { keys: sorted, values };
  };
  const viewOf = (at?: Snapshot): View => (at === undefined ? current() : (snapshots.get(at) ?? current()));

  return {
    async get(key, at) {
      assertOpen();
      return viewOf(at).values.get(key);
    },
    async *range(range, at) {
      assertOpen();
      // Both are copied: a scan sees the store as it was when it began, whatever is committed meanwhile.
      const view = viewOf(at);
      const found = keysIn(view.keys, range).map((key) => [key, view.values.get(key)] as const);
      for (const [key, value] of found) if (value !== undefined) yield [key, value];
    },
    async snapshot() {
      assertOpen();
      const snapshot: Snapshot = { close: async () => void snapshots.delete(snapshot) };
      snapshots.set(snapshot, { keys: [...current().keys], values: new Map(values) });
      return snapshot;
    },
    async commit<T>(keys: readonly Key[], decide: (found: Found) => Decision<T>) {
      assertOpen();
      const asked = new Map(keys.map((key) => [key, values.get(key)]));
      const { put, remove, result } = decide({ get: (key) => asked.get(key) });
      for (const [key, value] of put) values.set(key, value);
      for (const key of remove) values.delete(key);
      if (put.size + remove.size > 0) {
        sorted = undefined;
        const touched = [...put.keys(), ...remove];
        for (const { prefix, onChange } of watchers) {
          if (touched.some((key) => key.startsWith(prefix))) queueMicrotask(onChange);
        }
      }
      return result;
    },
    watch(prefix, onChange) {
      const watcher = { prefix, onChange };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    async close() {
      closed = true;
    },
  };
}

/** JavaScript orders strings by UTF-16 code unit, the port by UTF-8 bytes; they differ beyond the basic plane. */
function byBytes(a: Key, b: Key): number {
  return Buffer.compare(Buffer.from(a, "utf8"), Buffer.from(b, "utf8"));
}

function keysIn(keys: readonly Key[], { from, to, reverse = false, limit }: KeyRange): Key[] {
  const inside = keys.filter((key) => byBytes(key, from) >= 0 && byBytes(key, to) < 0);
  if (reverse) inside.reverse();
  return limit === undefined ? inside : inside.slice(0, limit);
}

import type { Decision, Found, Key } from "./port.ts";

/** One commit that waits to be decided. */
export type Pending = {
  readonly keys: readonly Key[];
  readonly decide: (found: Found) => Decision<unknown>;
  readonly resolve: (result: unknown) => void;
  readonly reject: (fault: unknown) => void;
};

/** What a group writes in one go. A key is in `put` or in `remove`, never in both. */
export type Writes = { readonly put: ReadonlyMap<Key, Uint8Array>; readonly remove: ReadonlySet<Key> };

/**
 * A decided group. Its commits learn their outcome by `settle`, which comes after the write is durable: a refusal, too,
 * may rest on what an earlier commit of the same group wrote.
 */
export type DecidedGroup = { readonly writes: Writes; readonly settle: () => void };

/**
 * Runs the deciders in order, each on `before` plus what the earlier ones of the group wrote. One that throws writes
 * nothing and disturbs no neighbour. Pure: a store may run it again on fresh values.
 *
 * @param before the stored value of a key that some commit of the group asked for; throws for a corrupt one
 */
export function decideGroup(group: readonly Pending[], before: (key: Key) => Uint8Array | undefined): DecidedGroup {
  const put = new Map<Key, Uint8Array>();
  const remove = new Set<Key>();
  const now = (key: Key) => put.get(key) ?? (remove.has(key) ? undefined : before(key));
  const outcomes = group.map(({ keys, decide, resolve, reject }) => {
    try {
      const decision = decide(readAll(keys, now));
      for (const key of decision.put.keys()) assertWellFormed(key);
      for (const key of decision.remove) {
        put.delete(key);
        remove.add(key);
      }
      for (const [key, value] of decision.put) {
        remove.delete(key);
        put.set(key, value);
      }
      return () => resolve(decision.result);
    } catch (fault) {
      return () => reject(fault);
    }
  });
  return {
    writes: { put, remove },
    settle: () => {
      for (const tell of outcomes) tell();
    },
  };
}

/** All keys are read before the decider runs, so that a corrupt one stops it even if its path would not look. */
function readAll(keys: readonly Key[], now: (key: Key) => Uint8Array | undefined): Found {
  const values = new Map(keys.map((key) => [key, now(key)]));
  return {
    get(key) {
      if (!values.has(key)) throw new Error(`commit reads ${key}, which it did not ask for`);
      return values.get(key);
    },
  };
}

/** A lone surrogate has no UTF-8 form: as bytes, two different keys would be one. */
export function assertWellFormed(key: Key): void {
  if (!key.isWellFormed()) throw new TypeError(`the key ${JSON.stringify(key)} is not well-formed`);
}

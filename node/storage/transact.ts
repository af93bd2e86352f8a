import type { Failure, Result } from "../kernel/exchange-error.ts";
import type { Collection, KeyPart, ListOptions, Ref } from "./collection.ts";
import type { Decision, Found, Key, Snapshot, Store } from "./port.ts";

// biome-ignore lint/suspicious/noExplicitAny: refs of different record types share no narrower type
export type AnyRef = Ref<any>;

/**
 * What a decider works on: reads of the declared records, seeing this commit's own writes, and writes of any record.
 * Rooms export functions that take a `Tx` (`appendLeaf(tx, …)`, `enqueue(tx, …)`), and the refs those functions read;
 * a use case merges several of them into one commit.
 */
export interface Tx {
  get<T>(ref: Ref<T>): T | undefined;
  put<T>(ref: Ref<T>, value: T): void;
  remove(ref: AnyRef): void;
}

/** Carries a refusal out of a decider through the store, so that nothing of it is written. */
class Refusal extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.error.code);
    this.failure = failure;
  }
}

/** For a piece of a decider that cannot go on: ends the commit with this refusal, writing nothing, without each caller passing it up. */
export function abandon(failure: Failure): never {
  throw new Refusal(failure);
}

/**
 * One atomic, durable commit. `reads` are all records that `decide` may get; reading another one is a bug and throws.
 * `decide` must be pure: it may run more than once, in commit order. A refusal writes nothing at all.
 */
export async function transact<T>(
  store: Store,
  reads: readonly AnyRef[],
  decide: (tx: Tx) => Result<T>,
): Promise<Result<T>> {
  const keys = [...new Set(reads.map((ref) => ref.key))];
  try {
    return await store.commit(keys, (found) => run(keys, found, decide));
  } catch (fault) {
    if (fault instanceof Refusal) return fault.failure;
    throw fault;
  }
}

function run<T>(keys: readonly Key[], found: Found, decide: (tx: Tx) => Result<T>): Decision<Result<T>> {
  const declared = new Set(keys);
  // Decoded once and encoded once, at the end: a batch of postings moves the same balances again and again.
  const seen = new Map<Key, unknown>();
  const written = new Map<Key, Written>();
  const remove = new Set<Key>();
  const tx: Tx = {
    get<T>(ref: Ref<T>) {
      const own = written.get(ref.key);
      if (own !== undefined) return own.value as T;
      if (remove.has(ref.key)) return undefined;
      if (seen.has(ref.key)) return seen.get(ref.key) as T | undefined;
      if (!declared.has(ref.key)) throw new Error(`commit reads ${ref.key}, which it did not declare`);
      const bytes = found.get(ref.key);
      const value = bytes === undefined ? undefined : ref.codec.decode(bytes);
      seen.set(ref.key, value);
      return value;
    },
    put(ref, value) {
      remove.delete(ref.key);
      written.set(ref.key, { ref, value });
    },
    remove(ref) {
      written.delete(ref.key);
      remove.add(ref.key);
    },
  };
  const result = decide(tx);
  if (!result.ok) throw new Refusal(result);
  const put = new Map<Key, Uint8Array>();
  for (const [key, { ref, value }] of written) put.set(key, ref.codec.encode(value));
  return { put, remove, result };
}

type Written = { readonly ref: AnyRef; readonly value: unknown };

export async function read<T>(store: Store, ref: Ref<T>, at?: Snapshot): Promise<T | undefined> {
  const bytes = await store.get(ref.key, at);
  return bytes === undefined ? undefined : ref.codec.decode(bytes);
}

/** The records of a collection whose id begins with `id`, in key order. */
export async function* list<T>(
  store: Store,
  records: Collection<T>,
  id: readonly KeyPart[] = [],
  options: ListOptions = {},
  at?: Snapshot,
): AsyncGenerator<T> {
  for await (const [, bytes] of store.range(records.under(id, options), at)) yield records.codec.decode(bytes);
}

/** What the part of an id after `id` can be, in order: one look at each value, not at its records. */
export async function* parts(
  store: Store,
  records: Pick<Collection<unknown>, "under">,
  id: readonly KeyPart[] = [],
  at?: Snapshot,
): AsyncGenerator<string> {
  const all = records.under(id);
  const depth = all.from.split("/").length - 1;
  for (let from = all.from; ; ) {
    let key: string | undefined;
    for await (const [next] of store.range({ from, to: all.to, limit: 1 }, at)) key = next;
    if (key === undefined) return;
    const part = decodeURIComponent(key.split("/")[depth] ?? "");
    yield part;
    from = records.under([...id, part]).to;
  }
}

/** A page for lists of the public interface: at most `limit` records. */
export async function page<T>(
  store: Store,
  records: Collection<T>,
  id: readonly KeyPart[],
  options: ListOptions,
): Promise<T[]> {
  const found: T[] = [];
  for await (const record of list(store, records, id, options)) found.push(record);
  return found;
}

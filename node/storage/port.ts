/**
 * The storage port: an ordered key–value store with one atomic `commit`. Keys are well-formed strings, ordered by
 * their UTF-8 bytes. Values are bytes; implementations seal them with a checksum and check it on every read.
 */
export type Key = string;

export type KeyRange = {
  /** Inclusive. */
  readonly from: Key;
  /** Exclusive. */
  readonly to: Key;
  /** Highest key first. */
  readonly reverse?: boolean;
  readonly limit?: number;
};

/** A state of the whole store that later commits do not change. Close it, or it holds space. */
export interface Snapshot {
  close(): Promise<void>;
}

/** The values of exactly the keys a commit asked for, as the commits before it left them. */
export interface Found {
  get(key: Key): Uint8Array | undefined;
}

export type Decision<T> = {
  readonly put: ReadonlyMap<Key, Uint8Array>;
  readonly remove: ReadonlySet<Key>;
  readonly result: T;
};

export type Entry = readonly [Key, Uint8Array];

export type Unsubscribe = () => void;

export interface Store {
  get(key: Key, at?: Snapshot): Promise<Uint8Array | undefined>;
  /** Byte order, both directions, strictly within the range. Without `at` it reads one implicit snapshot. */
  range(range: KeyRange, at?: Snapshot): AsyncIterable<Entry>;
  /** The same, some hundreds at a time: for who reads millions, a step of an asynchronous iterator for each costs as much again. */
  pages(range: KeyRange, at?: Snapshot): AsyncIterable<readonly Entry[]>;
  snapshot(): Promise<Snapshot>;
  /**
   * Reads `keys` in commit order, lets `decide` (pure, synchronous, may be run again) answer with the writes, resolves
   * when they are durable. Deciders of one group see each other's writes; one that throws writes nothing and
   * disturbs no neighbour. An empty decision costs no disk write.
   *
   * @throws StoreFault `STORE_CLOSED`, `STORE_FAILED` (a disk error: no write is taken until the store is reopened),
   *   `STORE_CORRUPT` (a checksum does not hold).
   */
  commit<T>(keys: readonly Key[], decide: (found: Found) => Decision<T>): Promise<T>;
  /** `onChange` runs after commits that touched the prefix; several commits may be one call. Never before they are durable. */
  watch(prefix: Key, onChange: () => void): Unsubscribe;
  close(): Promise<void>;
}

export type StoreFaultCode = "STORE_CLOSED" | "STORE_FAILED" | "STORE_CORRUPT" | "STORE_LOCKED";

/** Not an `ExchangeError`: nothing a caller did. The node stops taking writes and says so. */
export class StoreFault extends Error {
  readonly code: StoreFaultCode;
  constructor(code: StoreFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreFault";
    this.code = code;
  }
}

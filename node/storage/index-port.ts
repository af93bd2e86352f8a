/**
 * What the index asks of its embedded store: ordered text keys, bytes, atomic but not durable writes. The index is
 * derived; what a power cut takes is fed again from the change logs.
 */
export interface IndexStore {
  get(key: string): Promise<Uint8Array | undefined>;
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  /** Keys from `from` (inclusive) to `to` (exclusive), in byte order. */
  range(from: string, to: string, limit?: number): Promise<(readonly [string, Uint8Array])[]>;
  /** All or nothing. */
  write(put: ReadonlyMap<string, Uint8Array>, remove: readonly string[]): Promise<void>;
  /** Keys from `from` (inclusive) to `to` (exclusive). */
  clear(from: string, to: string): Promise<void>;
  close(): Promise<void>;
}

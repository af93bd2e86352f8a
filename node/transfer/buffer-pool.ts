/**
 * Batch-sized buffers used again: at several hundred MB/s fresh ones would make the garbage collector run all the time,
 * over a heap that also holds the search index.
 */
export class BufferPool {
  readonly #free: Uint8Array[] = [];
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  /** At least `size` bytes, with anything in them. */
  take(size: number): Uint8Array {
    const at = this.#free.findIndex((buffer) => buffer.length >= size);
    return at < 0 ? Buffer.allocUnsafeSlow(size) : (this.#free.splice(at, 1)[0] ?? Buffer.allocUnsafeSlow(size));
  }

  /** Only when nobody reads it any more. */
  give(buffer: Uint8Array): void {
    if (this.#free.length < this.#most) this.#free.push(buffer);
  }
}

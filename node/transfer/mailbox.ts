/**
 * Values handed from one task to another, in order. `room` resolves when everything given so far was taken, so that a
 * producer stays at most one value ahead; `close` lets the reader finish what is there.
 */
export class Mailbox<T> implements AsyncIterable<T> {
  #values: T[] = [];
  #isClosed = false;
  #waiting: (() => void)[] = [];

  put(value: T): void {
    if (this.#isClosed) return;
    this.#values.push(value);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** Also drops what nobody took yet. */
  abort(): void {
    this.#values = [];
    this.close();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  async room(): Promise<void> {
    while (this.#values.length > 0 && !this.#isClosed) await this.#changed();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const value = this.#values.shift();
      if (value !== undefined) {
        this.#wake();
        yield value;
      } else if (this.#isClosed) {
        return;
      } else {
        await this.#changed();
      }
    }
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

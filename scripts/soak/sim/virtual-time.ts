import type { Scheduler } from "../../../node/kernel/scheduler.ts";

type Event = { readonly atMs: number; readonly number: number; readonly run: () => void };

/**
 * A clock that stands still while anything runs, and jumps to the next event when nothing does. Everything simulated is
 * promises and these events, so the same seed takes the same course.
 */
export class VirtualTime {
  nowMs: number;
  events = 0;
  readonly #waiting: Event[] = [];
  #number = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  readonly after: Scheduler["after"] = (ms, run) => {
    const event = { atMs: this.nowMs + Math.max(0, ms), number: this.#number++, run };
    this.#waiting.splice(this.#placeOf(event), 0, event);
    return () => {
      const at = this.#waiting.indexOf(event);
      if (at !== -1) this.#waiting.splice(at, 1);
    };
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(ms, resolve);
    });
  }

  /** Lets everything happen up to that moment. */
  async advanceTo(untilMs: number): Promise<void> {
    await drained();
    for (;;) {
      const next = this.#waiting.at(-1);
      if (next === undefined || next.atMs > untilMs) break;
      this.#waiting.pop();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      this.events += 1;
      next.run();
      await drained();
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Latest first, so that the next event is the last of the array. */
  #placeOf(event: Event): number {
    let low = 0;
    let high = this.#waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.#waiting[middle];
      if (
        other !== undefined &&
        (other.atMs > event.atMs || (other.atMs === event.atMs && other.number > event.number))
      )
        low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** A promise's reactions all run before the next immediate. */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

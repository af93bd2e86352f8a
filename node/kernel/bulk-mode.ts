import { setFlagsFromString } from "node:v8";

/** One stream's hold on the mode: `enter` and `leave` count once each, however often they are called. */
export type BulkMode = { readonly enter: () => void; readonly leave: () => void };

/** Below this a batch makes too few buffers to matter. */
export const BULK_BYTES = 4 * 1024 * 1024;

let streams = 0;

/**
 * While a stream of large buffers runs, V8 collects whole instead of step by step. Every 64 MiB of buffers that come and go
 * make it begin to mark the heap, and until that is finished each further buffer pays 5 to 10 ms of marking: at hundreds
 * of MB/s that cost two thirds of the processor. A whole collection costs some 40 ms for each 64 MiB instead.
 */
export function bulkMode(): BulkMode {
  let isIn = false;
  return {
    enter: () => {
      if (isIn) return;
      isIn = true;
      streams += 1;
      if (streams === 1) setFlagsFromString("--no-incremental-marking");
    },
    leave: () => {
      if (!isIn) return;
      isIn = false;
      streams -= 1;
      if (streams === 0) setFlagsFromString("--incremental-marking");
    },
  };
}

import type { Runtime } from "../kernel/runtime.ts";

const FIRST_MS = 100;
const CAP_MS = 30_000;

/**
 * How long to wait after the n-th failure in a row (n ≥ 1): 100 ms doubled up to 30 s, of which half is drawn by lot, so
 * that all the lanes and regions which lost the same peer do not come back in the same instant.
 */
export function backoffMs(failures: number, runtime: Runtime): number {
  const whole = Math.min(CAP_MS, FIRST_MS * 2 ** Math.min(failures - 1, 20));
  const [byte = 0] = runtime.randomBytes(1);
  return Math.round(whole / 2 + (whole / 2) * (byte / 255));
}

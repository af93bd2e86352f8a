import type { Runtime } from "./runtime.ts";

/** A trace id of W3C Trace Context: 32 hex digits, carried through both regions' logs. */
export function newTraceId(runtime: Runtime): string {
  return Buffer.from(runtime.randomBytes(16)).toString("hex");
}

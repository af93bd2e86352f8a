import { AsyncLocalStorage } from "node:async_hooks";
import type { Runtime } from "./runtime.ts";

/** Version 00 of W3C Trace Context: version, trace id, parent id, flags. A trace id of zeros is none. */
const TRACE_PARENT = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** Which request the code that runs now belongs to. Only edges open a scope; nothing is ever decided by it. */
const scope = new AsyncLocalStorage<string | undefined>();

/** A trace id of W3C Trace Context, 32 hex digits, carried through both regions' logs: the scope's, or a new one. */
export function newTraceId(runtime: Runtime): string {
  return scope.getStore() ?? Buffer.from(runtime.randomBytes(16)).toString("hex");
}

export function currentTraceId(): string | undefined {
  return scope.getStore();
}

/** Everything that `run` does, and what it awaits, belongs to this trace. */
export function withTraceId<T>(traceId: string, run: () => T): T {
  return scope.run(traceId, run);
}

/** For what a request merely wakes: workers that would otherwise carry its id for ever. */
export function outsideTrace<T>(run: () => T): T {
  return scope.run(undefined, run);
}

/** Undefined where there is no readable one; a caller cannot write anything else into our logs. */
export function traceIdOfParent(traceparent: string | undefined): string | undefined {
  return traceparent === undefined ? undefined : TRACE_PARENT.exec(traceparent)?.[1];
}

export function traceParentOf(traceId: string, runtime: Runtime): string {
  return `00-${traceId}-${Buffer.from(runtime.randomBytes(8)).toString("hex")}-01`;
}

import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { Logger } from "../node/kernel/logger.ts";
import type { Metrics } from "../node/kernel/metrics.ts";
import type { Runtime } from "../node/kernel/runtime.ts";
import { newTraceId, traceIdOfParent, withTraceId } from "../node/kernel/trace.ts";

type Deps = { readonly runtime: Runtime; readonly logger: Logger; readonly metrics: Metrics };

/** Asked every few seconds by machines; a line each would hide the others. */
const QUIET = new Set(["/healthz", "/readyz", "/metrics"]);

/**
 * Opens a request's trace, the caller's (`traceparent`) or a new one, and writes down how the request went: one line and
 * one measurement. Paths are measured by their route, never as they came, or a scanner could grow the metrics.
 */
export function traceRequests({ runtime, logger, metrics }: Deps): MiddlewareHandler {
  return (c, next) => {
    const traceId = traceIdOfParent(c.req.header("traceparent")) ?? newTraceId(runtime);
    return withTraceId(traceId, async () => {
      const startedMs = runtime.nowMs();
      c.header("x-trace-id", traceId);
      await next();
      const { method } = c.req;
      const { status } = c.res;
      const seconds = (runtime.nowMs() - startedMs) / 1_000;
      const route = routePath(c, -1);
      metrics.observe("http_request_seconds", seconds, { method: known(method), route, status: String(status) });
      const fields = { method, path: c.req.path, route, status, ms: seconds * 1_000, traceId };
      if (status >= 500) logger.warn(fields, "request failed");
      else if (method === "GET" || method === "HEAD" || QUIET.has(c.req.path)) logger.debug(fields, "request");
      else logger.info(fields, "request");
    });
  };
}

function known(method: string): string {
  return ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"].includes(method) ? method : "other";
}

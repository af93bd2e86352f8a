import { appendLeaf, appendLeafRefs } from "./audit/store.ts";
import { digestOf } from "./kernel/canonical-json.ts";
import { ok } from "./kernel/exchange-error.ts";
import type { Logger } from "./kernel/logger.ts";
import type { Metrics } from "./kernel/metrics.ts";
import type { Runtime } from "./kernel/runtime.ts";
import type { RefusedConnection } from "./rpc/tls-front.ts";
import type { Store } from "./storage/port.ts";
import { transact } from "./storage/transact.ts";

const MINUTE_MS = 60_000;

/**
 * Where refused connections go: always to log and metrics, to the audit log only when the region was proved (else anyone who
 * reaches the port could grow it), and there once per region, code and minute. Source: trust.md §3.
 */
export function recordRefusals(deps: {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly region: string;
}): (refused: RefusedConnection) => void {
  const { store, runtime, logger, metrics, region } = deps;
  const counted = new Map<string, number>();
  return (refused) => {
    const { code, remote, verified, reason } = refused;
    logger.warn({ code, remote, peer: refused.region, verified, reason }, "connection refused");
    metrics.count("tls_refused_total", { code });
    if (refused.region === undefined || !verified) return;
    const minute = Math.floor(runtime.nowMs() / MINUTE_MS);
    const key = `${refused.region} ${code}`;
    if (counted.get(key) === minute) return;
    counted.set(key, minute);
    const atMs = runtime.nowMs();
    const detail = { code, peer: refused.region };
    transact(store, appendLeafRefs(), (tx) => {
      appendLeaf(tx, region, {
        kind: "identity.refused",
        atMs,
        subject: `peer/${detail.peer}`,
        actor: `peer:${detail.peer}`,
        digest: digestOf(detail),
        detail,
      });
      return ok(true);
    }).catch((fault: unknown) => logger.error({ err: fault, code }, "a refused connection could not be recorded"));
  };
}

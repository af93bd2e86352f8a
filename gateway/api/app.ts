import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { newTraceId } from "../../node/kernel/trace.ts";
import { StoreFault } from "../../node/storage/port.ts";
import type { GatewayDeps } from "../deps.ts";
import { agreementRoutes } from "./agreements.ts";
import { auditRoutes } from "./audit.ts";
import { backupRoutes } from "./backup.ts";
import { catalogRoutes } from "./catalog.ts";
import { eventRoutes } from "./events.ts";
import { idempotency } from "./idempotency.ts";
import { identityRoutes } from "./identity.ts";
import { insightRoutes } from "./insight.ts";
import { ledgerRoutes } from "./ledger.ts";
import { negotiationRoutes } from "./negotiations.ts";
import { objectionRoutes } from "./objections.ts";
import { PAYMENT_IMPORT_PATH, paymentRoutes } from "./payments.ts";
import { peerRoutes } from "./peers.ts";
import { problem } from "./problem.ts";
import { type Api, newApi, refuseRequest } from "./route.ts";
import { ruleRoutes } from "./rules.ts";
import { searchRoutes } from "./search.ts";
import { settlementRoutes } from "./settlements.ts";
import { sourceRoutes } from "./sources.ts";
import { storeError } from "./store-error.ts";
import { transferRoutes } from "./transfers.ts";
import { trustRoutes } from "./trust.ts";
import { usageRoutes } from "./usage.ts";

const IMPORT_PATHS = ["/api/v1/catalog/import", "/api/v1/catalog/validate", PAYMENT_IMPORT_PATH];

/** `/api/v1`: every route of the public interface, its OpenAPI document and the page that shows it. */
export function createApi(deps: GatewayDeps): Api {
  const api = newApi();
  api.use("*", secureHeaders());
  api.use("*", async (c, next) => {
    // The request's own, which `traceRequests` opened.
    c.set("traceId", newTraceId(deps.runtime));
    await next();
  });
  const tooLarge = (limit: number) => (c: Context) =>
    problem(
      c,
      refuseRequest(
        "BODY_TOO_LARGE",
        {
          zh: `请求内容超过上限 ${limit} 字节;请拆分后再提交,或由管理员调整 limits 设置。`,
          en: `The request is larger than ${limit} bytes; split it, or have an administrator raise the setting under limits.`,
        },
        { limit: String(limit) },
      ).error,
    );
  const { bodyBytes, importBytes } = deps.config.limits;
  const small = bodyLimit({ maxSize: bodyBytes, onError: tooLarge(bodyBytes) });
  const large = bodyLimit({ maxSize: importBytes, onError: tooLarge(importBytes) });
  api.use("*", (c, next) => (IMPORT_PATHS.includes(c.req.path) ? large(c, next) : small(c, next)));
  api.use("*", async (c, next) => {
    const bearer = /^Bearer (\S+)$/.exec(c.req.header("authorization") ?? "")?.[1];
    if (bearer !== undefined) {
      const principal = await deps.identity.authenticate(bearer);
      if (!principal.ok) return problem(c, principal.error);
      c.set("principal", principal.value);
    }
    return next();
  });
  api.use(
    "*",
    idempotency(deps.store, () => new Date(deps.runtime.nowMs()).toISOString()),
  );
  for (const routes of [
    identityRoutes,
    catalogRoutes,
    sourceRoutes,
    searchRoutes,
    negotiationRoutes,
    agreementRoutes,
    transferRoutes,
    usageRoutes,
    insightRoutes,
    settlementRoutes,
    paymentRoutes,
    ledgerRoutes,
    auditRoutes,
    backupRoutes,
    eventRoutes,
    objectionRoutes,
    ruleRoutes,
    peerRoutes,
    trustRoutes,
  ]) {
    routes(api, deps);
  }
  documentApi(api);
  api.notFound((c) => problem(c, unknownRoute(`${c.req.method} ${c.req.path}`)));
  api.onError((fault, c) => {
    if (fault instanceof StoreFault) {
      deps.logger.error({ code: fault.code, path: c.req.path, traceId: c.get("traceId") }, fault.message);
      return problem(c, storeError(fault));
    }
    deps.logger.error({ err: fault, path: c.req.path, traceId: c.get("traceId") }, "unexpected fault");
    return problem(c, internalFault(), { status: 500 });
  });
  return api;
}

function documentApi(api: Api): void {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  api.doc31("/api/v1/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "Heliu 合流",
      version: "1",
      description:
        "The HTTP interface of one region's node. Amounts are decimal strings of fen, times RFC 3339, errors RFC 9457 problems with a stable `code`.",
    },
  });
}

function unknownRoute(path: string) {
  return refuseRequest("ROUTE_UNKNOWN", {
    zh: `没有 ${path} 这个接口;可用接口见 /api/docs。`,
    en: `There is no ${path} here; /api/docs lists what there is.`,
  }).error;
}

function internalFault() {
  return refuseRequest("INTERNAL", {
    zh: "节点内部出错,已记入日志;请凭 traceId 联系管理员。没有任何数据因此改变到一半。",
    en: "Something went wrong inside the node and was logged; give the traceId to the administrator. Nothing was left half done.",
  }).error;
}

import { Hono } from "hono";
import { createApi } from "./api/app.ts";
import { problem } from "./api/problem.ts";
import { type ApiEnvironment, refuseRequest } from "./api/route.ts";
import type { GatewayDeps } from "./deps.ts";
import { docsRoutes } from "./docs.ts";
import { traceRequests } from "./requests.ts";

/** The whole HTTP face on base+0. The Dataspace Protocol is served on base+2 only and answers 404 here. */
export function createGateway(deps: GatewayDeps, console: Hono): Hono<ApiEnvironment> {
  const app = new Hono<ApiEnvironment>();
  app.use("*", traceRequests(deps));
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", async (c) => {
    const { ready, reasons } = await deps.isReady();
    return c.json({ ready, reasons }, ready ? 200 : 503);
  });
  app.get("/metrics", async (c) => c.text(await deps.renderMetrics()));
  app.get("/", (c) => c.redirect("/console/"));
  docsRoutes(app);
  app.route("/", console);
  app.route("/", createApi(deps));
  app.notFound((c) =>
    problem(
      c,
      refuseRequest("ROUTE_UNKNOWN", {
        zh: `没有 ${c.req.path};控制台在 /console/,接口说明在 /api/docs。`,
        en: `There is no ${c.req.path}; the console is at /console/, the interface at /api/docs.`,
      }).error,
    ),
  );
  return app;
}

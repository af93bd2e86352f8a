import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { GatewayDeps } from "../deps.ts";
import { assetRoutes } from "./assets.ts";
import { refuseConsole, refuseOpenly } from "./refusal.tsx";
import { adminRoutes } from "./routes/admin.tsx";
import { agreementUsageRoutes } from "./routes/agreement-usage.tsx";
import { agreementRoutes } from "./routes/agreements.tsx";
import { auditRoutes } from "./routes/audit.tsx";
import { catalogRoutes } from "./routes/catalog.tsx";
import { entryRoutes } from "./routes/entry.tsx";
import { evidenceRoutes } from "./routes/evidence.tsx";
import { insightRoutes } from "./routes/insight.tsx";
import { negotiationRoutes } from "./routes/negotiations.tsx";
import { objectionRoutes } from "./routes/objections.tsx";
import { overviewRoute } from "./routes/overview.tsx";
import { paymentRoutes } from "./routes/payments.tsx";
import { peerRoutes } from "./routes/peers.tsx";
import { receiptRoutes } from "./routes/receipts.tsx";
import { compareRoute, searchRoute } from "./routes/search.tsx";
import { settlementRoutes } from "./routes/settlements.tsx";
import { openRoutes, signOutRoute } from "./routes/sign-in.tsx";
import { supplierRoutes } from "./routes/supplier.tsx";
import { transferRoutes } from "./routes/transfers.tsx";
import { whatIfRoutes } from "./routes/what-if.tsx";
import { languageFor, requireSession } from "./session.ts";
import { type ConsoleEnvironment, openView } from "./view.ts";

/** Nothing inline, nothing from outside; forms go to this node only and no page may frame the console. */
const POLICY = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  scriptSrc: ["'self'"],
  imgSrc: ["'self'", "data:"],
  connectSrc: ["'self'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  baseUri: ["'none'"],
};

/** The console of a node: server-rendered pages over the services the API calls. */
export function createConsole(deps: GatewayDeps): Hono {
  const app = new Hono<ConsoleEnvironment>();
  // With `no-referrer` browsers send `Origin: null` along with forms, and the check of the origin refuses its own pages.
  const headers = secureHeaders({ contentSecurityPolicy: POLICY, referrerPolicy: "same-origin" });
  const limit = bodyLimit({
    maxSize: deps.config.limits.importBytes,
    onError: (c) => refuseOpenly(c, openView(deps, c, languageFor(c)), "FORM_TOO_LARGE"),
  });
  for (const path of ["/console", "/console/*"]) {
    app.use(path, headers);
    app.use(path, async (c, next) => {
      c.header("cache-control", "no-store");
      await next();
    });
    app.use(path, limit);
    app.use(path, csrf());
  }
  openRoutes(app, deps);
  app.use("/console", requireSession(deps));
  app.use("/console/*", requireSession(deps));
  for (const routes of [
    signOutRoute,
    overviewRoute,
    searchRoute,
    entryRoutes,
    negotiationRoutes,
    agreementRoutes,
    agreementUsageRoutes,
    transferRoutes,
    settlementRoutes,
    paymentRoutes,
    auditRoutes,
    peerRoutes,
    catalogRoutes,
    compareRoute,
    receiptRoutes,
    whatIfRoutes,
    supplierRoutes,
    insightRoutes,
    evidenceRoutes,
    objectionRoutes,
    adminRoutes,
  ])
    routes(app, deps);
  app.all("/console/*", (c) => refuseConsole(c, "PAGE_UNKNOWN"));
  app.onError((fault, c) => {
    const openly = (code: "FOREIGN_FORM" | "INTERNAL") => refuseOpenly(c, openView(deps, c, languageFor(c)), code);
    // Thrown by the check of the origin, before anybody is known.
    if (fault instanceof HTTPException) return openly("FOREIGN_FORM");
    deps.logger.error({ err: fault, path: c.req.path }, "unexpected fault in the console");
    return c.get("view") === undefined ? openly("INTERNAL") : refuseConsole(c, "INTERNAL");
  });
  return new Hono().route("/", assetRoutes()).route("/", app);
}

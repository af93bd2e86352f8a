import type { Hono } from "hono";
import type { GatewayDeps } from "../../deps.ts";
import { type PeersModel, PeersPage } from "../pages/peers.tsx";
import { RulesPage } from "../pages/rules.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleEnvironment, holds } from "../view.ts";

export function peerRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/peers", async (c) =>
    page(c, <PeersPage view={c.get("view")} model={await peersModel(deps, undefined)} />),
  );

  app.post("/console/peers/:region/check", async (c) => {
    const view = c.get("view");
    if (!holds(view, "admin", "auditor")) return refuseConsole(c, "AUDITOR_ONLY");
    const region = c.req.param("region");
    const steps = await deps.checkPeer(region);
    if (!steps.ok) return refused(c, steps.error);
    const walk = { name: view.nameOf(region), steps: steps.value };
    return page(c, <PeersPage view={view} model={await peersModel(deps, walk)} />);
  });

  app.get("/console/rules", (c) => page(c, <RulesPage view={c.get("view")} rules={deps.rules.list()} />));
}

async function peersModel(deps: GatewayDeps, walk: PeersModel["walk"]): Promise<PeersModel> {
  const [freshness, pending] = await Promise.all([deps.federation.freshness(), deps.outbox.pending()]);
  const current = deps.trust.current();
  const peers = deps.trust.peers().map((region) => ({
    region,
    freshness: freshness.find((one) => one.region === region.id),
    undelivered: pending.filter((message) => message.peer === region.id).length,
  }));
  return {
    ...{ peers, pending, walk },
    trust: {
      state: deps.trust.state(),
      version: current?.list.version ?? null,
      digest: current?.digest ?? null,
      expiresAt: current?.list.expiresAt ?? null,
    },
  };
}

import type { Hono } from "hono";
import type { GatewayDeps } from "../../deps.ts";
import { dayOf } from "../format.ts";
import { type Event, OverviewPage, type Trouble } from "../pages/overview.tsx";
import { page } from "../parts/document.tsx";
import { titled } from "../punctuation.ts";
import { type ConsoleEnvironment, say, type View } from "../view.ts";

const SHOWN_TODAY = 12;

export function overviewRoute(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console", (c) => c.redirect("/console/", 301));
  app.get("/console/", async (c) => {
    const view = c.get("view");
    const [troubles, today] = await Promise.all([troublesOf(deps, view), todayOf(deps, view)]);
    return page(c, <OverviewPage view={view} model={{ troubles, today }} />);
  });
}

async function troublesOf(deps: GatewayDeps, view: View): Promise<Trouble[]> {
  const t = view.t.overview;
  const [freshness, pending, ready] = await Promise.all([
    deps.federation.freshness(),
    deps.outbox.pending(),
    deps.isReady(),
  ]);
  const troubles: Trouble[] = [];
  const state = deps.trust.state();
  if (state !== "ok") {
    const title = state === "warn" ? t.trustWarn : t.trustExpired;
    troubles.push({ title, detail: deps.trust.current()?.list.expiresAt ?? "", href: "/console/peers" });
  }
  if (!ready.ready) troubles.push({ title: t.notReady, detail: ready.reasons.join("; "), href: "/console/peers" });
  for (const peer of freshness) {
    if (peer.state === "live") continue;
    const detail = peer.reason === null ? view.t.freshness[peer.state] : say(view, peer.reason.text);
    troubles.push({ title: t.peerStale(peer.name), detail, href: "/console/peers" });
  }
  const failed = pending.filter(({ attempts }) => attempts > 0);
  for (const peer of new Set(failed.map((message) => message.peer))) {
    const stuck = failed.filter((message) => message.peer === peer);
    const error = stuck[0]?.lastError ?? null;
    const detail = error === null ? "" : say(view, error.text);
    troubles.push({ title: t.undelivered(stuck.length, view.nameOf(peer)), detail, href: "/console/peers" });
  }
  return troubles;
}

async function todayOf(deps: GatewayDeps, view: View): Promise<Event[]> {
  const today = dayOf(new Date(view.nowMs).toISOString());
  const limit = 50;
  const [negotiations, transfers] = await Promise.all([
    deps.negotiations.list({ limit }),
    deps.transfers.list({ limit }),
  ]);
  const events = [
    ...negotiations.items.map(({ id, entry, state, updatedAt }) => ({
      at: updatedAt,
      title: titled(view, view.t.nav.negotiations, entry.name),
      state: view.t.negotiationStates[state],
      href: `/console/negotiations/${encodeURIComponent(id)}`,
    })),
    ...transfers.items.map(({ id, entry, state, updatedAt }) => ({
      at: updatedAt,
      title: titled(view, view.t.nav.transfers, entry.name),
      state: view.t.transferStates[state],
      href: `/console/transfers/${encodeURIComponent(id)}`,
    })),
  ];
  return events
    .filter(({ at }) => dayOf(at) === today)
    .sort((a, b) => b.at.localeCompare(a.at))
    .slice(0, SHOWN_TODAY);
}

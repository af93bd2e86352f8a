import type { Hono } from "hono";
import { facetNames } from "../../../node/search/model.ts";
import type { GatewayDeps } from "../../deps.ts";
import { ComparePage } from "../pages/compare.tsx";
import { type Asked, SearchPage } from "../pages/search.tsx";
import { page } from "../parts/document.tsx";
import type { ConsoleContext, ConsoleEnvironment } from "../view.ts";
import { findEntry } from "./entry.tsx";

const HITS = 10;
const MOST_COMPARED = 4;

export function searchRoute(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/search", async (c) => {
    const asked = askedOf(c);
    const [answer, freshness] = await Promise.all([
      deps.search.query({ ...asked, limit: HITS }),
      deps.federation.freshness(),
    ]);
    return page(c, <SearchPage view={c.get("view")} asked={asked} answer={answer} freshness={freshness} />);
  });
}

export function compareRoute(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/compare", async (c) => {
    const chosen = (c.req.queries("entry") ?? []).slice(0, MOST_COMPARED);
    const found = await Promise.all(
      chosen.map(async (one) => {
        const region = one.slice(0, one.indexOf("/"));
        return { region, entry: await findEntry(deps, region, one.slice(region.length + 1)) };
      }),
    );
    const entries = found.flatMap(({ region, entry }) => (entry.ok ? [{ region, entry: entry.value }] : []));
    return page(c, <ComparePage view={c.get("view")} entries={entries} />);
  });
}

function askedOf(c: ConsoleContext): Asked {
  const given = (name: string) => {
    const value = c.req.query(name)?.slice(0, 512);
    return value === undefined || value === "" ? undefined : value;
  };
  const filters = Object.fromEntries(facetNames.map((name) => [name, given(name)]));
  return { ...filters, q: (given("q") ?? "").slice(0, 200), cursor: given("cursor") };
}

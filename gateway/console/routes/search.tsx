import type { Hono } from "hono";
import { facetNames } from "../../../node/search/model.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type Asked, SearchPage } from "../pages/search.tsx";
import { page } from "../parts/document.tsx";
import type { ConsoleContext, ConsoleEnvironment } from "../view.ts";

const HITS = 10;

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

function askedOf(c: ConsoleContext): Asked {
  const given = (name: string) => {
    const value = c.req.query(name)?.slice(0, 512);
    return value === undefined || value === "" ? undefined : value;
  };
  const filters = Object.fromEntries(facetNames.map((name) => [name, given(name)]));
  return { ...filters, q: (given("q") ?? "").slice(0, 200), cursor: given("cursor") };
}

import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { reasonSchema } from "../../node/kernel/reason.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const facet = z.array(z.object({ code: z.string(), count: z.number() }));
const answer = z
  .object({
    total: z.number(),
    items: z.array(z.unknown()),
    facets: z.record(z.string(), facet),
    freshness: z.array(z.unknown()),
    next: z.string().nullable(),
    tookMs: z.number(),
    reason: reasonSchema.nullable(),
  })
  .openapi("SearchAnswer");

export function searchRoutes(api: Api, deps: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/search",
      tag: "search",
      summary: "Search this region and every mirrored one; local, so a peer that is down changes only freshness",
      access: "any",
      query: z.object({
        q: z.string().max(200).default(""),
        region: z.string().optional(),
        theme: z.string().optional(),
        sharing: z.string().optional(),
        format: z.string().optional(),
        kind: z.string().optional(),
        limit: z.coerce.number().int().min(1).max(100).default(20),
        cursor: z.string().max(512).optional(),
      }),
      answer,
    },
    async ({ query }) => {
      const [found, freshness] = await Promise.all([deps.search.query(query), deps.federation.freshness()]);
      return ok({ ...found, freshness });
    },
  );
}

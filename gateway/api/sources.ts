import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { sourceSchema } from "../../node/transfer/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const source = sourceSchema;
const tag = "sources";

/** What entries are made of. Secrets are references; they are never answered. */
export function sourceRoutes(api: Api, { sources }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/sources",
      tag,
      summary: "What this region's entries are made of",
      access: ["publisher", "admin", "auditor"],
      answer: z.object({ items: z.array(source), next: z.null() }),
    },
    async () => ok({ items: await sources.list(), next: null }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/sources",
      tag,
      summary: "Bind a source to an entry; it is checked first",
      access: ["publisher"],
      body: source,
      answer: source,
      status: 201,
    },
    async ({ body, principal }) => sources.add(principal, body),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/sources/{id}/check",
      tag,
      summary: "Open the source and compare it with the entry's fields",
      access: ["publisher", "admin"],
      params: id,
      answer: z.unknown(),
    },
    async ({ params }) => sources.check(params.id),
  );
  route(
    api,
    {
      method: "delete",
      path: "/api/v1/sources/{id}",
      tag,
      summary: "Unbind a source; running transfers of it stop",
      access: ["publisher"],
      params: id,
      answer: z.unknown(),
    },
    async ({ params, principal }) => sources.remove(principal, params.id),
  );
}

import { z } from "@hono/zod-openapi";
import { signedTrustListSchema } from "../../node/identity/model.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

export function trustRoutes(api: Api, { trust }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/trust",
      tag: "peers",
      summary: "The trust list in force",
      access: "any",
      answer: z.unknown(),
    },
    async () => {
      const current = trust.current();
      return ok({
        version: current?.list.version ?? null,
        digest: current?.digest ?? null,
        state: trust.state(),
        expiresAt: current?.list.expiresAt ?? null,
        regions: (current?.list.regions ?? []).map(({ id, name, status, endpoints }) => ({
          id,
          name,
          status,
          endpoints,
        })),
      });
    },
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/trust",
      tag: "peers",
      summary: "Adopt a newer list; it counts only with enough founders' signatures",
      access: ["admin"],
      body: signedTrustListSchema,
      answer: z.object({ version: z.string(), digest: z.string(), diff: z.array(z.string()) }),
    },
    async ({ body }) => trust.accept(body),
  );
}

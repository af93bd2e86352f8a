import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { explainRequest } from "../../node/policy/explain.ts";
import { purposeSchema } from "../../node/policy/model.ts";
import { transferSelectionSchema } from "../../node/transfer/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

export function ruleRoutes(api: Api, deps: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/rules",
      tag: "rules",
      summary: "Rules in force with pack, citation and whether the number was officially verified",
      access: "any",
      answer: z.object({ packs: z.array(z.unknown()), items: z.array(z.unknown()) }),
    },
    async () => ok({ packs: deps.rules.packs(), items: deps.rules.list() }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/policy/explain",
      tag: "rules",
      summary: "Would this request be allowed under an agreement, and if not, by which rule",
      access: "any",
      body: z.object({
        agreementId: z.string().max(128),
        purpose: purposeSchema.optional(),
        selection: transferSelectionSchema.default({}),
      }),
      answer: z.object({ allowed: z.boolean(), code: z.string().nullable(), rule: z.string().nullable() }).loose(),
    },
    async ({ body }) => {
      const agreement = await deps.negotiations.agreement(body.agreementId);
      if (!agreement.ok) return agreement;
      const totals = await deps.metering.totals(body.agreementId);
      return ok(explainRequest({ agreement: agreement.value, ...body, totals, nowMs: deps.runtime.nowMs() }));
    },
  );
}

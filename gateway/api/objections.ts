import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { outcomes, raiseSchema } from "../../node/objections/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { type Api, route } from "./route.ts";

const tag = "objections";
const READERS = ["requester", "publisher", "approver", "finance", "auditor", "admin"] as const;
const id = z.string().max(128);
/** Steps of either side; which one is due, and for whom, is in the objection's `reason`. */
const event = z.enum(["accept", "refuse", "verify", "approve", "return", "confirm", "reopen", "withdraw"]);

export function objectionRoutes(api: Api, { objections }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/objections",
      tag,
      summary: "Objections and quality reports of this region, raised or received",
      access: READERS,
      query: pageQuery.extend({ agreement: id.optional() }),
      answer: pageOf(z.unknown()),
    },
    async ({ query }) => ok(await objections.list(query)),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/objections",
      tag,
      summary:
        "Raise one about an agreement's entry, a transfer, or receipts by number; it goes to the provider region",
      access: ["requester", "finance"],
      body: raiseSchema,
      answer: z.unknown(),
      status: 201,
    },
    ({ body, principal }) => objections.raise(principal, body),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/objections/{id}",
      tag,
      summary: "One, with the receipts and transfers that it concerns",
      access: READERS,
      params: z.object({ id }),
      answer: z.unknown(),
    },
    ({ params }) => objections.get(params.id),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/objections/{id}/{event}",
      tag,
      summary:
        "Take it up, refuse, verify with an outcome, approve or return (another person), confirm, reopen, withdraw",
      access: ["requester", "publisher", "approver", "finance"],
      params: z.object({ id, event }),
      body: z.object({
        comment: z.string().trim().max(4_000).nullable().default(null),
        outcome: z.enum(outcomes).optional(),
      }),
      answer: z.unknown(),
    },
    ({ params, body, principal }) => objections.act(principal, params.id, { event: params.event, ...body }),
  );
}

import { z } from "@hono/zod-openapi";
import { leafKinds } from "../../node/audit/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageQuery } from "./paging.ts";
import { type Api, route } from "./route.ts";

const index = z.string().regex(/^(0|[1-9][0-9]*)$/);

const item = z.object({
  index,
  leafHash: z.string(),
  leaf: z.unknown(),
  document: z.unknown(),
});

export function eventRoutes(api: Api, { events }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/events",
      tag: "events",
      summary:
        "One ordered, resumable feed: each leaf of the audit log with the document it names. Ask again with the answer's `after` and `log`; each event comes exactly once, in order",
      access: ["auditor", "admin", "finance", "approver", "requester", "publisher"],
      query: pageQuery.omit({ cursor: true }).extend({
        after: index.optional(),
        log: z.string().max(300).optional(),
        agreement: z.string().max(128).optional(),
        kind: z.enum(leafKinds).optional(),
        wait: z.coerce.number().int().min(0).max(30).optional(),
      }),
      answer: z.object({
        log: z.string(),
        items: z.array(item),
        next: z.string().nullable(),
        after: z.string().nullable(),
      }),
    },
    ({ query: { agreement, wait, ...query }, principal }) =>
      events.read(principal.roles, { ...query, agreementId: agreement, waitMs: (wait ?? 0) * 1_000 }),
  );
}

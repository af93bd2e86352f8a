import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { RECEIPT_READERS } from "../readers.ts";
import { disputeRoutes } from "./disputes.ts";
import { pageQuery } from "./paging.ts";
import { reportRoutes } from "./reports.ts";
import { type Api, route } from "./route.ts";

const period = z.object({ period: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/) });
const tag = "settlements";

export function settlementRoutes(api: Api, deps: GatewayDeps): void {
  periodRoutes(api, deps);
  bundleRoute(api, deps);
  reportRoutes(api, deps);
  disputeRoutes(api, deps);
  bookRoutes(api, deps);
}

/** For `heliu settle recompute`, on a machine that trusts neither node. */
function bundleRoute(api: Api, { settlements }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/{period}/bundle",
      tag,
      summary:
        "A statement with agreement, declaration, receipts, carry and signatures: all it takes to compute it again",
      access: ["finance", "auditor"],
      params: period,
      query: z.object({ agreement: z.string().max(128) }),
      answer: z.looseObject({ type: z.literal("heliu.settlement-bundle.v1") }),
    },
    async ({ params, query, c }) => {
      const bundle = await settlements.bundle(query.agreement, params.period);
      if (!bundle.ok) return bundle;
      c.header("content-disposition", `attachment; filename="settlement-${params.period}.json"`);
      return bundle;
    },
  );
}

function bookRoutes(api: Api, { metering }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/receipts",
      tag,
      summary: "Receipts signed by both regions, in number order",
      access: RECEIPT_READERS,
      query: pageQuery.extend({ agreement: z.string().max(128).optional(), period: z.string().optional() }),
      answer: z.object({ items: z.array(z.unknown()), next: z.string().nullable() }),
    },
    async ({ query }) => ok(await metering.receipts(query)),
  );
}

function periodRoutes(api: Api, deps: GatewayDeps): void {
  const { settlements } = deps;
  route(
    api,
    {
      method: "post",
      path: "/api/v1/settlements/{period}/close",
      tag,
      summary: "Close a period: declare, compute, compare and sign with each region",
      access: ["finance"],
      params: period,
      body: z.object({
        early: z.boolean().default(false),
        reason: z.string().max(500).optional(),
        /** Figures that are in no receipt, by agreement (settlement.md §10). */
        declarations: z.record(z.string(), z.record(z.string(), z.unknown())).optional(),
      }),
      answer: z.unknown(),
      status: 202,
    },
    async ({ params, body, principal }) => settlements.close(principal, params.period, body),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/{period}",
      tag,
      summary: "Where a period stands: statements, digests of both regions, what blocks closing",
      access: STATEMENT_READERS,
      params: period,
      query: z.object({ agreement: z.string().max(128).optional() }),
      answer: z.unknown(),
    },
    async ({ params, query }) => {
      const view = await settlements.get(params.period, query.agreement);
      return view.ok
        ? ok({ ...view.value, equations: await deps.insight.equations(params.period, query.agreement) })
        : view;
    },
  );
}

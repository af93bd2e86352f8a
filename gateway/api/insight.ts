import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { bins, exceptionKinds } from "../../node/settlement/insight/equation.ts";
import { termsChangeSchema } from "../../node/settlement/insight/what-if.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { INSIGHT_READERS, RECEIPT_READERS } from "../readers.ts";
import { type Api, route } from "./route.ts";

const periodText = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/);
const period = z.object({ period: periodText });
const year = z.string().regex(/^[0-9]{4}$/);
const agreementId = z.string().min(1).max(128);
const partyId = z.string().min(1).max(128);
const tag = "settlements";

/** Figures that people decide by: nothing here changes a settlement. */
export function insightRoutes(api: Api, deps: GatewayDeps): void {
  tryingRoutes(api, deps);
  explainingRoutes(api, deps);
}

function tryingRoutes(api: Api, { insight }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/settlements/what-if",
      tag,
      summary: "Past periods under other terms: each party's fen before and after; nothing is stored or signed",
      access: INSIGHT_READERS.whatIf,
      body: z.object({
        agreement: agreementId,
        /** The last quarter that was computed, when absent. */
        periods: z.array(periodText).min(1).max(36).optional(),
        change: termsChangeSchema,
      }),
      answer: z.unknown(),
    },
    async ({ body }) => insight.whatIf(body.agreement, body.periods, body.change),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/settlements/what-if/supplier",
      tag,
      summary: "What a unit would have received in a year under each registered scheme, and if it contributed more",
      access: INSIGHT_READERS.supplier,
      body: z.object({
        party: partyId,
        year,
        adds: z
          .object({
            metered: z
              .array(z.object({ metric: z.string().max(128), addBp: z.string().regex(/^(0|[1-9][0-9]{0,6})$/) }))
              .max(100)
              .default([]),
            covers: z.array(z.number().int().min(0)).max(10_000).default([]),
          })
          .optional(),
      }),
      answer: z.unknown(),
    },
    async ({ body }) => insight.supplier(body.party, body.year, body.adds ?? null),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/forecast",
      tag,
      summary:
        "Where the running month of an agreement is heading: method named, with its range; by party for finance, auditors and approvers",
      access: INSIGHT_READERS.forecast,
      query: z.object({ agreement: agreementId }),
      answer: z.unknown(),
    },
    async ({ query, principal }) => insight.forecast(principal, query.agreement),
  );
}

function explainingRoutes(api: Api, deps: GatewayDeps): void {
  const { insight } = deps;
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/{period}/derivation",
      tag,
      summary: "From a party's fen back to lines, prices and quantities, in words and as data",
      access: STATEMENT_READERS,
      params: period,
      query: z.object({ agreement: agreementId, party: partyId.optional() }),
      answer: z.unknown(),
    },
    async ({ params, query }) => {
      const derived = await insight.derivation(params.period, query.agreement, query.party);
      return derived.ok ? ok({ items: derived.value }) : derived;
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/settlements/{period}/receipts",
      tag,
      summary: "Receipts behind a line or a term of the equation, each with where it stands",
      access: RECEIPT_READERS,
      params: period,
      query: z.object({
        agreement: agreementId,
        bin: z.enum([...bins, ...exceptionKinds]).optional(),
        line: z.string().max(400).optional(),
        limit: z.coerce.number().int().min(1).max(1_000).default(100),
        cursor: z.string().max(64).optional(),
      }),
      answer: z.object({ items: z.array(z.unknown()), next: z.string().nullable() }),
    },
    async ({ params, query }) => insight.receipts(params.period, query.agreement, query),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/receipts/{id}/calls",
      tag,
      summary: "The single calls of a window's receipt, and whether their digests give what both signed",
      access: RECEIPT_READERS,
      params: z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) }),
      answer: z.unknown(),
    },
    async ({ params }) => deps.callsOfReceipt(params.id),
  );
}

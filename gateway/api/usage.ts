import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { purposeSchema, rowConditionSchema } from "../../node/policy/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const periodText = z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/);
const usageTag = "agreements";
const usageReaders = ["finance", "auditor", "approver", "requester", "publisher"] as const;
const id = z.object({ id: z.string().min(1).max(128) });
const natural = z.string().regex(/^(0|[1-9][0-9]{0,30})$/);

/** Under `/agreements/{id}`: usage while it happens, quotes, budget, alerts. */
export function usageRoutes(api: Api, deps: GatewayDeps): void {
  quoteRoutes(api, deps);
  budgetRoutes(api, deps);
  partyRoutes(api, deps);
}

function partyRoutes(api: Api, { settlements }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/parties/{party}/leave",
      tag: usageTag,
      summary: "A party of this region leaves after a day; the other regions are told under its signature",
      access: ["finance"],
      params: id.extend({ party: z.string().min(1).max(128) }),
      body: z.object({ lastDay: z.iso.date() }),
      answer: z.unknown(),
    },
    async ({ params, body, principal }) =>
      settlements.announceLeave(principal, params.id, { partyId: params.party, lastDay: body.lastDay }),
  );
}

function quoteRoutes(api: Api, { insight }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements/{id}/usage",
      tag: usageTag,
      summary: "Usage of a month while it happens, with what is delivered and not yet signed for",
      access: [...usageReaders],
      params: id,
      query: z.object({ period: periodText.optional() }),
      answer: z.unknown(),
    },
    async ({ params, query }) => insight.usage(params.id, query.period),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/quote",
      tag: usageTag,
      summary: "What a use would cost at most, by the prices and quotas of now; kept, and compared afterwards",
      access: ["requester", "finance", "publisher"],
      params: id,
      body: z.object({
        calls: natural.optional(),
        rows: natural.optional(),
        bytes: natural.optional(),
        purpose: purposeSchema.optional(),
        selection: z
          .object({
            fields: z.array(z.string().max(64)).min(1).max(500).optional(),
            rows: z.array(rowConditionSchema).max(50).optional(),
          })
          .optional(),
      }),
      answer: z.unknown(),
      status: 201,
    },
    async ({ params, body, principal }) => insight.quote(principal, params.id, body),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements/{id}/quotes",
      tag: usageTag,
      summary: "Quotes, each with what was charged for what followed it",
      access: [...usageReaders],
      params: id,
      query: z.object({ period: periodText.optional(), transfer: z.string().max(128).optional() }),
      answer: z.object({ items: z.array(z.unknown()) }),
    },
    async ({ params, query }) => {
      const quotes = await insight.quotes(params.id, { periodId: query.period, transferId: query.transfer });
      return quotes.ok ? ok({ items: quotes.value }) : quotes;
    },
  );
  route(
    api,
    {
      method: "put",
      path: "/api/v1/agreements/{id}/quotes/{quote}",
      tag: usageTag,
      summary: "Say for which transfer a quote was used, so that it is compared with that one",
      access: ["requester", "finance", "publisher"],
      params: id.extend({ quote: z.string().max(64) }),
      body: z.object({ transferId: z.string().min(1).max(128) }),
      answer: z.unknown(),
    },
    async ({ params, body, principal }) => insight.useQuote(principal, params.id, params.quote, body.transferId),
  );
}

function budgetRoutes(api: Api, { insight }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements/{id}/budget",
      tag: usageTag,
      summary: "The consumer's budget for each month, and the alerts that were raised",
      access: [...usageReaders],
      params: id,
      answer: z.object({ budget: z.unknown(), alerts: z.array(z.unknown()) }),
    },
    async ({ params }) => {
      const budget = await insight.budget(params.id);
      return budget.ok ? ok({ budget: budget.value, alerts: await insight.alerts(params.id) }) : budget;
    },
  );
  route(
    api,
    {
      method: "put",
      path: "/api/v1/agreements/{id}/budget",
      tag: usageTag,
      summary: "Set the month's budget; with `hardStop` charged use is refused once it is spent",
      access: ["finance"],
      params: id,
      body: z.object({ fen: natural.nullable(), hardStop: z.boolean().default(false) }),
      answer: z.unknown(),
    },
    async ({ params, body, principal }) => insight.setBudget(principal, params.id, body),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/alerts/{alert}/acknowledge",
      tag: usageTag,
      summary: "Take note of an alert; it then waits for nobody",
      access: ["finance", "requester", "publisher"],
      params: id.extend({ alert: z.string().max(64) }),
      answer: z.unknown(),
    },
    async ({ params, principal }) => insight.acknowledge(principal, params.id, params.alert),
  );
}

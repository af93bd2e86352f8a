import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { STATEMENT_READERS } from "../../node/settlement/period-view.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageOf } from "./paging.ts";
import { type Api, route } from "./route.ts";

const period = z.object({ period: z.string().regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/) });
const one = period.extend({ id: z.string().max(64) });
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const tag = "settlements";

const evidence = z.object({ name: z.string().min(1).max(200), sha256: hash });
const dispute = z.looseObject({
  id: z.string(),
  agreementId: z.string(),
  periodId: z.string(),
  receiptIds: z.array(z.string()),
  reason: z.string(),
  state: z.enum(["open", "upheld", "rejected", "withdrawn"]),
  openedBy: z.string(),
  parked: z.boolean(),
  settled: z.boolean(),
  overdue: z.boolean(),
  /** Whose turn it is, by when, under which rule; null once it is settled. */
  standing: z.unknown(),
});

/** Receipts in dispute: opened before a statement is signed, resolved by both regions, parked in between. */
export function disputeRoutes(api: Api, { settlements }: GatewayDeps): void {
  const path = "/api/v1/settlements/{period}/disputes";
  route(
    api,
    {
      ...{ method: "get", path, tag, access: STATEMENT_READERS, params: period },
      summary: "Disputes of a period: about which receipts, whose turn it is, until when",
      answer: pageOf(dispute),
    },
    async ({ params }) => ok({ items: await settlements.disputes(params.period), next: null }),
  );
  route(
    api,
    {
      ...{ method: "post", path, tag, access: ["finance"], params: period },
      summary: "Dispute receipts: both statements leave them out and the rest settles on time",
      body: z.object({
        agreementId: z.string().max(128),
        receiptIds: z.array(hash).min(1).max(10_000),
        reason: z.string().min(1).max(2_000),
        evidence: z.array(evidence).max(20).default([]),
      }),
      answer: dispute,
      status: 201,
    },
    async ({ params, body, principal }) => {
      const opened = await settlements.openDispute(principal, { ...body, periodId: params.period });
      return opened.ok ? settlements.dispute(params.period, opened.value.id) : opened;
    },
  );
  route(
    api,
    {
      ...{ method: "get", path: `${path}/{id}`, tag, access: STATEMENT_READERS, params: one },
      summary: "One dispute with its deadline and whose turn it is",
      answer: dispute,
    },
    async ({ params }) => settlements.dispute(params.period, params.id),
  );
  route(
    api,
    {
      ...{ method: "post", path: `${path}/{id}/resolve`, tag, access: ["finance"], params: one },
      summary: "Say how a dispute ends; it takes effect in the next statement in which the other region says the same",
      body: z.object({
        outcome: z.enum(["upheld", "rejected", "withdrawn"]),
        comment: z.string().max(2_000).optional(),
      }),
      answer: dispute,
    },
    async ({ params, body, principal }) => {
      const found = await settlements.dispute(params.period, params.id);
      if (!found.ok) return found;
      const resolved = await settlements.resolveDispute(principal, params.id, body.outcome, body.comment);
      return resolved.ok ? settlements.dispute(params.period, params.id) : resolved;
    },
  );
}

import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { negotiationSchema, negotiationStates } from "../../node/negotiation/model.ts";
import { partialTermsSchema, purposeSchema } from "../../node/policy/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { type Api, revisionOf, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const negotiation = negotiationSchema;
const comment = z.string().max(2_000).optional();
const tag = "negotiations";

export function negotiationRoutes(api: Api, deps: GatewayDeps): void {
  const { negotiations } = deps;
  route(
    api,
    {
      method: "get",
      path: "/api/v1/negotiations",
      tag,
      summary: "Agreements in the making, newest first",
      access: "any",
      query: pageQuery.extend({
        state: z.enum(negotiationStates).optional(),
        role: z.enum(["consumer", "provider"]).optional(),
      }),
      answer: pageOf(negotiation),
    },
    async ({ query, principal }) => ok(await negotiations.list(query, principal)),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/negotiations",
      tag,
      summary: "Ask another region for an entry",
      access: ["requester"],
      body: z.object({
        region: z.string().regex(/^[0-9]{6}$/),
        entryId: z.string().max(128),
        purposes: z.array(purposeSchema).min(1),
        legalBasis: z.string().max(500).optional(),
        comment,
        /** What differs from the published offer; the rest is taken from it. */
        terms: partialTermsSchema.optional(),
      }),
      answer: negotiation,
      status: 201,
    },
    async ({ body, principal }) => negotiations.request(principal, body),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/negotiations/{id}",
      tag,
      summary: "One negotiation",
      access: "any",
      params: id,
      answer: negotiation,
    },
    async ({ params, principal }) => negotiations.get(principal, params.id),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/negotiations/{id}/timeline",
      tag,
      summary: "What happened in it, oldest first",
      access: "any",
      params: id,
      answer: z.object({ items: z.array(z.unknown()) }),
    },
    async ({ params, principal }) => {
      const found = await negotiations.get(principal, params.id);
      return found.ok ? ok({ items: found.value.timeline }) : found;
    },
  );
  decisions(api, deps);
}

function decisions(api: Api, { negotiations }: GatewayDeps): void {
  const post = (
    action: string,
    summary: string,
    access: ("requester" | "approver" | "publisher")[],
    body: z.ZodObject,
  ) => ({
    method: "post" as const,
    path: `/api/v1/negotiations/{id}/${action}`,
    tag,
    summary,
    access,
    params: id,
    body,
    answer: negotiation,
  });
  const said = z.object({ comment });
  const refusal = z.object({ code: z.string().max(64).optional(), comment: z.string().min(1).max(2_000) });
  const counterOffer = z.object({ terms: partialTermsSchema, comment });

  route(
    api,
    post("approve", "Approve; never by who asked", ["approver"], said),
    async ({ params, body, principal, c }) =>
      negotiations.approve(principal, params.id, said.parse(body).comment, revisionOf(c)),
  );
  route(
    api,
    post("counter", "Answer with other terms", ["approver", "publisher", "requester"], counterOffer),
    async ({ params, body, principal, c }) => {
      const { terms, comment: why } = counterOffer.parse(body);
      return negotiations.counter(principal, params.id, terms, why, revisionOf(c));
    },
  );
  route(
    api,
    post("accept", "Accept the provider's offer", ["requester"], said),
    async ({ params, body, principal, c }) =>
      negotiations.accept(principal, params.id, said.parse(body).comment, revisionOf(c)),
  );
  route(api, post("reject", "Refuse, naming the rule", ["approver"], refusal), async ({ params, body, principal, c }) =>
    negotiations.reject(principal, params.id, refusal.parse(body), revisionOf(c)),
  );
  route(
    api,
    post("terminate", "End the negotiation", ["requester", "approver"], refusal),
    async ({ params, body, principal, c }) =>
      negotiations.terminate(principal, params.id, refusal.parse(body), revisionOf(c)),
  );
}

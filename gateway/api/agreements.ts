import { z } from "@hono/zod-openapi";
import { ok } from "../../node/kernel/exchange-error.ts";
import { agreementFile } from "../../node/negotiation/agreement-file.ts";
import { agreementSchema } from "../../node/negotiation/model.ts";
import { purposeSchema } from "../../node/policy/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const agreement = agreementSchema;
const tag = "agreements";
/** Signed by the party's region over `heliu.party-notice.v1`. */
const partyEnd = z.object({ partyId: z.string(), lastDay: z.string(), keyId: z.string(), signature: z.string() });
const cells = z.record(z.string(), z.string().max(1_000));

export function agreementRoutes(api: Api, deps: GatewayDeps): void {
  const { negotiations, settlements } = deps;
  witnessRoutes(api, deps);
  callRoute(api, deps);
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements",
      tag,
      summary: "Agreements this region is a side of, or whose terms pay its parties",
      access: "any",
      query: pageQuery.extend({ status: z.string().optional() }),
      answer: pageOf(agreement),
    },
    async ({ query }) => ok(await negotiations.agreements(query)),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements/{id}",
      tag,
      summary: "One agreement, with the parties that have said to leave it",
      access: "any",
      params: id,
      answer: agreement.extend({ left: z.array(partyEnd) }),
    },
    async ({ params }) => {
      const found = await negotiations.agreement(params.id);
      return found.ok ? ok({ ...found.value, left: [...(await settlements.leaves(params.id))] }) : found;
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/agreements/{id}/document",
      tag,
      summary:
        "The signed document: canonical text and every signature, verifiable offline; and the notice of each party that leaves",
      access: "any",
      params: id,
      answer: z.unknown(),
    },
    async ({ params }) => {
      const found = await negotiations.agreement(params.id);
      if (!found.ok) return found;
      const left = await settlements.leaves(params.id);
      return ok(left.length === 0 ? agreementFile(found.value) : { ...agreementFile(found.value), left });
    },
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/terminate",
      tag,
      summary: "End an agreement; live transfers under it stop",
      access: ["approver"],
      params: id,
      body: z.object({ comment: z.string().min(1).max(2_000) }),
      answer: agreement,
    },
    async ({ params, body, principal }) => negotiations.terminateAgreement(principal, params.id, body.comment),
  );
}

function callRoute(api: Api, { transfers }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/calls",
      tag,
      summary: "Call the product of an agreement, one or many inputs",
      access: ["requester"],
      params: id,
      body: z.object({
        inputs: z.array(cells).min(1).max(1_000),
        purpose: purposeSchema,
        /** One for each input: after a lost answer the same calls under the same ids are not metered again. */
        callIds: z.array(z.string().max(64)).optional(),
      }),
      answer: z.object({
        answered: z.number(),
        refused: z.number(),
        answers: z.array(z.unknown()),
      }),
    },
    async ({ params, body, principal }) =>
      transfers.call(principal, params.id, body.inputs, { purpose: body.purpose, callIds: body.callIds }),
  );
}

/** For a region that is no side of it, but whose parties the terms pay. */
function witnessRoutes(api: Api, { negotiations }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/sign",
      tag,
      summary: "Sign an agreement of other regions that pays parties of this one",
      access: ["approver"],
      params: id,
      answer: agreement,
    },
    async ({ params, principal }) => negotiations.signAgreement(principal, params.id),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/refuse",
      tag,
      summary: "Refuse to sign it, with the rule and the reason; the negotiation ends for everybody",
      access: ["approver"],
      params: id,
      body: z.object({ code: z.string().max(100).optional(), comment: z.string().min(1).max(2_000) }),
      answer: agreement,
    },
    async ({ params, body, principal }) => negotiations.refuseAgreement(principal, params.id, body),
  );
}

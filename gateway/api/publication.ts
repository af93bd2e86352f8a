import { z } from "@hono/zod-openapi";
import { catalogEntrySchema } from "../../node/catalog/model.ts";
import type { Catalog } from "../../node/catalog/service.ts";
import type { Principal } from "../../node/identity/model.ts";
import type { Result } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const entry = catalogEntrySchema;
const why = z.object({ reason: z.string().trim().min(1).max(500) });
const tag = "catalog";

export const importReport = z
  .object({
    importId: z.string().nullable(),
    imported: z.array(z.string()),
    unchanged: z.array(z.string()),
    refused: z.array(z.object({ row: z.number(), id: z.string(), code: z.string() })),
    faults: z.array(
      z.object({
        row: z.number(),
        column: z.string(),
        value: z.string(),
        rule: z.string(),
        level: z.enum(["error", "warning", "info"]),
        text: z.object({ zh: z.string(), en: z.string() }),
      }),
    ),
    notes: z.array(z.object({ zh: z.string(), en: z.string() })),
  })
  .openapi("ImportReport");

/** The steps of domain.md §6.1 that persons take on an entry; who may take which is the procedure's to say again. */
export function publicationRoutes(api: Api, { catalog }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/catalog/imports/{id}/confirm",
      tag,
      summary: "Confirm an import that carries its own published status; never by who imported it",
      access: ["approver"],
      params: id,
      answer: importReport,
    },
    async ({ params, principal }) => catalog.confirmImport(principal, params.id),
  );
  stepRoute(api, "submit", "Submit a draft for review", "publisher", catalog.submit);
  stepRoute(api, "publish", "Publish an entry under review; never by who submitted it", "approver", catalog.publish);
  stepRoute(api, "resume", "Show a suspended entry again", "approver", catalog.resume);
  reasonRoute(api, "return", "Give an entry under review back to its provider", (actor, of, reason) =>
    catalog.review(actor, of, "return", reason),
  );
  reasonRoute(api, "refuse", "Refuse an entry under review for good", (actor, of, reason) =>
    catalog.review(actor, of, "refuse", reason),
  );
  reasonRoute(api, "suspend", "Suspend a published entry; peers see it at once", catalog.suspend);
  reasonRoute(api, "withdraw", "Withdraw an entry; its id is never used again", catalog.withdraw);
  qualityRoute(api, catalog);
}

type Taken = ReturnType<Catalog["publish"]>;

function stepRoute(
  api: Api,
  step: string,
  summary: string,
  role: "publisher" | "approver",
  take: (actor: Principal, id: string) => Taken,
): void {
  const path = `/api/v1/catalog/entries/{id}/${step}`;
  route(
    api,
    { method: "post", path, tag, summary, access: [role], params: id, answer: entry },
    async ({ params, principal }): Promise<Result<unknown>> => take(principal, params.id),
  );
}

function reasonRoute(
  api: Api,
  step: string,
  summary: string,
  take: (actor: Principal, id: string, reason: string) => Taken,
): void {
  const path = `/api/v1/catalog/entries/{id}/${step}`;
  route(
    api,
    { method: "post", path, tag, summary, access: ["approver"], params: id, body: why, answer: entry },
    async ({ params, body, principal }): Promise<Result<unknown>> => take(principal, params.id, body.reason),
  );
}

function qualityRoute(api: Api, catalog: Catalog): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/catalog/entries/{id}/quality",
      tag,
      summary: "How complete an entry's description is, and what would raise it",
      access: "any",
      params: id,
      answer: z.object({ score: z.string(), filled: z.number(), of: z.number(), missing: z.array(z.string()) }),
    },
    async ({ params }) => catalog.quality(params.id),
  );
}

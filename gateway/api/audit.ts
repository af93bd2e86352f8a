import { z } from "@hono/zod-openapi";
import { MAX_SAMPLE } from "../../node/audit/sample.ts";
import { ok, refusals } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { problem } from "./problem.ts";
import { type Api, route } from "./route.ts";

const tag = "audit";
const refuse = refusals({ TILE_UNKNOWN: "not-found", TILE_RESTRICTED: "forbidden" });
const index = z.string().regex(/^(0|[1-9][0-9]*)$/);

export function auditRoutes(api: Api, deps: GatewayDeps): void {
  const { audit } = deps;
  route(
    api,
    {
      method: "get",
      path: "/api/v1/audit/checkpoint",
      tag,
      summary: "Head of this region's log, with the witnesses that cosigned it",
      access: "any",
      answer: z.unknown(),
    },
    async () => ok(await audit.head()),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/audit/proof",
      tag,
      summary: "Offline proof (c2sp.org/tlog-proof@v1) that a leaf is in the log, with the leaf itself",
      access: ["auditor", "finance", "approver", "admin"],
      query: z.object({ leaf: index }),
      answer: z.object({ leaf: z.string(), proof: z.string() }),
    },
    async ({ query }) => {
      const leaf = await audit.leaf(query.leaf);
      if (!leaf.ok) return leaf;
      const proof = await audit.proof(query.leaf);
      if (!proof.ok) return proof;
      return ok({ leaf: Buffer.from(leaf.value.bytes).toString("utf8"), proof: proof.value });
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/audit/findings",
      tag,
      summary:
        "Evidence held against other regions' logs: two histories, or one that went back; both checkpoints are signed by that log",
      access: ["auditor", "admin"],
      answer: z.object({ items: z.array(z.unknown()), next: z.null() }),
    },
    async () => ok({ items: await audit.findings(), next: null }),
  );
  bundleRoutes(api, deps);
  tileRoutes(api, { audit });
}

/** What an auditor takes away and checks without this node. */
function bundleRoutes(api: Api, { audit, evidence, negotiations }: GatewayDeps): void {
  route(
    api,
    {
      method: "post",
      path: "/api/v1/agreements/{id}/head",
      tag,
      summary: "Fix how many entries of the log concern this agreement, so that they can be proved to be all",
      access: ["auditor", "finance", "approver", "admin"],
      params: z.object({ id: z.string().max(128) }),
      answer: z.object({ index: z.string(), leafHash: z.string(), agreementSeq: z.string() }),
      status: 201,
    },
    async ({ params, principal }) => {
      const found = await negotiations.agreement(params.id);
      return found.ok ? audit.fixAgreement(params.id, principal.roles[0] ?? "node") : found;
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/audit/bundle",
      tag,
      summary: "Everything that proves an agreement's history, in one canonical file for `heliu audit verify --bundle`",
      access: ["auditor", "finance", "approver", "admin"],
      query: z.object({
        agreement: z.string().max(128),
        period: z
          .string()
          .regex(/^[0-9]{4}-(0[1-9]|1[0-2])$/)
          .optional(),
        through: index.max(19).optional(),
        since: index.max(19).optional(),
      }),
      answer: z.unknown(),
    },
    async ({ query: { agreement, period, through, since }, c }) => {
      const bundle = await evidence.bundle({ agreementId: agreement, periodId: period, through, since });
      // The very bytes: the canonical form is part of what is checked.
      return bundle.ok ? ok(c.body(bundle.value, 200, { "content-type": "application/json" })) : bundle;
    },
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/audit/sample",
      tag,
      summary: "Entries drawn at random by a checkpoint's hash, each with its proof; the auditor draws the same",
      access: ["auditor"],
      query: z.object({
        checkpoint: index.max(19).optional(),
        n: z.coerce.number().int().min(1).max(MAX_SAMPLE).default(20),
        salt: z
          .string()
          .max(200)
          .regex(/^[^\n]*$/)
          .optional(),
      }),
      answer: z.unknown(),
    },
    async ({ query }) => audit.sample(query),
  );
}

/** The log itself in C2SP form, readable by tools that are not ours; entries hold leaves and need `auditor`. */
function tileRoutes(api: Api, { audit }: Pick<GatewayDeps, "audit">): void {
  api.get("/audit/checkpoint", async (c) => c.text((await audit.head()).note));
  api.get("/audit/tile/*", async (c) => {
    const path = c.req.path.slice("/audit/".length);
    if (path.startsWith("tile/entries/") && !c.get("principal")?.roles.includes("auditor")) {
      const restricted = refuse("TILE_RESTRICTED", {
        zh: "日志条目只对审计角色开放;请使用带 auditor 角色的令牌。",
        en: "Log entries are open to the auditor role only; use a token that holds it.",
      });
      return problem(c, restricted.error);
    }
    const tile = await audit.tile(path);
    if (tile === undefined) return problem(c, unknownTile(path));
    return c.body(tile as Uint8Array<ArrayBuffer>, 200, { "content-type": "application/octet-stream" });
  });
}

function unknownTile(path: string) {
  return refuse("TILE_UNKNOWN", {
    zh: `日志中还没有 ${path};请按检查点的大小取用(c2sp.org/tlog-tiles)。`,
    en: `The log has no ${path} yet; ask for tiles up to the checkpoint's size (c2sp.org/tlog-tiles).`,
  }).error;
}

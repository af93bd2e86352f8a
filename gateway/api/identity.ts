import { z } from "@hono/zod-openapi";
import { roleSchema } from "../../node/identity/model.ts";
import { ok } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { waitingFor } from "../tasks.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const user = z
  .object({
    id: z.string(),
    name: z.string(),
    roles: z.array(roleSchema),
    disabled: z.boolean(),
    createdAt: z.string(),
  })
  .openapi("User");

export function identityRoutes(api: Api, deps: GatewayDeps): void {
  const { identity } = deps;
  route(
    api,
    {
      method: "post",
      path: "/api/v1/session",
      tag: "session",
      summary: "Sign in by name and password; the answer is a bearer for this node",
      access: "open",
      body: z.object({ name: z.string().max(64), password: z.string().max(1_024) }),
      answer: z.object({ session: z.string(), expiresAt: z.string() }),
      status: 201,
    },
    async ({ body }) => identity.sessions.createWithPassword(body.name, body.password),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/me",
      tag: "session",
      summary: "Who this token is",
      access: "any",
      answer: z.object({ userId: z.string(), name: z.string(), roles: z.array(roleSchema), region: z.string() }),
    },
    async ({ principal }) => ok(principal),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/tasks",
      tag: "session",
      summary: "What waits for me, with whose turn it is and until when",
      access: "any",
      answer: z.object({ items: z.array(z.unknown()), next: z.null() }),
    },
    async ({ principal }) => ok({ items: await waitingFor(deps, principal), next: null }),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/users",
      tag: "users",
      summary: "People and programs of this node",
      access: ["admin", "auditor"],
      answer: z.object({ items: z.array(user), next: z.null() }),
    },
    async () => ok({ items: await identity.users.list(), next: null }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/users",
      tag: "users",
      summary: "Add a person or program",
      access: ["admin"],
      body: z.object({
        name: z.string().min(1).max(64),
        roles: z.array(roleSchema).min(1),
        password: z.string().min(12).max(1_024).optional(),
      }),
      answer: user,
      status: 201,
    },
    async ({ body, principal }) => identity.users.add(principal, body),
  );
  stepRoute(api, "disable", "Disable a user; sessions and tokens end at once", identity.users.disable);
  const enable = "Enable a disabled user again; earlier sessions and tokens stay ended";
  stepRoute(api, "enable", enable, identity.users.enable);
  tokenRoutes(api, deps);
}

function stepRoute(api: Api, step: string, summary: string, take: GatewayDeps["identity"]["users"]["disable"]): void {
  const path = `/api/v1/users/{id}/${step}`;
  route(
    api,
    { method: "post", path, tag: "users", summary, access: ["admin"], params: id, answer: user },
    async ({ params, principal }) => take(principal, params.id),
  );
}

function tokenRoutes(api: Api, { identity }: GatewayDeps): void {
  const token = z
    .object({
      id: z.string(),
      userId: z.string(),
      name: z.string(),
      createdAt: z.string(),
      expiresAt: z.string().nullable(),
    })
    .loose();
  route(
    api,
    {
      method: "get",
      path: "/api/v1/tokens",
      tag: "users",
      summary: "API tokens; their secrets are stored as digests only",
      access: ["admin"],
      answer: z.object({ items: z.array(token), next: z.null() }),
    },
    async () => ok({ items: await identity.tokens.list(), next: null }),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/tokens",
      tag: "users",
      summary: "Create a token for a user; shown this once",
      access: ["admin"],
      body: z.object({
        userId: z.string().max(128),
        name: z.string().min(1).max(64),
        expiresAt: z.iso.datetime({ offset: true }).optional(),
      }),
      answer: z.object({ id: z.string(), token: z.string() }),
      status: 201,
    },
    async ({ body, principal }) => identity.tokens.create(principal, body.userId, body),
  );
  route(
    api,
    {
      method: "delete",
      path: "/api/v1/tokens/{id}",
      tag: "users",
      summary: "Revoke a token",
      access: ["admin"],
      params: id,
      answer: z.unknown(),
    },
    async ({ params, principal }) => identity.tokens.revoke(principal, params.id),
  );
}

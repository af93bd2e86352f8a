import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Principal, Role } from "../../node/identity/model.ts";
import { type ExchangeError, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { problem, problemResponses } from "./problem.ts";

export type ApiEnvironment = { Variables: { principal: Principal; traceId: string } };
export type Api = OpenAPIHono<ApiEnvironment>;

/** `open`: no sign-in. `any`: any signed-in person or program. Otherwise one of the roles. */
export type Access = "open" | "any" | readonly Role[];

type Shape = z.ZodType;

type Spec<P extends Shape, Q extends Shape, B extends Shape> = {
  readonly method: "get" | "post" | "put" | "delete";
  /** Hono/OpenAPI form, `/negotiations/{id}`. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: Shape;
  readonly status?: 200 | 201 | 202;
};

type Input<P extends Shape, Q extends Shape, B extends Shape> = {
  readonly params: z.infer<P>;
  readonly query: z.infer<Q>;
  readonly body: z.infer<B>;
  readonly principal: Principal;
  readonly c: Context<ApiEnvironment>;
};

export const refuseRequest = refusals({
  REQUEST_INVALID: "invalid-input",
  ROLE_REQUIRED: "forbidden",
  SIGN_IN_REQUIRED: "unauthenticated",
  ROUTE_UNKNOWN: "not-found",
  BODY_TOO_LARGE: "too-large",
  INTERNAL: "integrity",
});

export function newApi(): Api {
  return new OpenAPIHono<ApiEnvironment>({
    defaultHook: (parsed, c) => (parsed.success ? undefined : problem(c, invalidInput(parsed.error as z.ZodError))),
  });
}

/**
 * One line of the public interface: documents itself, parses, checks the role, calls one service function, maps the
 * answer. Handlers hold no logic of their own.
 */
export function route<P extends Shape, Q extends Shape, B extends Shape>(
  api: Api,
  spec: Spec<P, Q, B>,
  handle: (input: Input<P, Q, B>) => Promise<Result<unknown>>,
): void {
  const status = spec.status ?? 200;
  const definition = createRoute({
    method: spec.method,
    path: spec.path,
    tags: [spec.tag],
    summary: spec.summary,
    ...(spec.access === "open" ? {} : { security: [{ bearer: [] }] }),
    ...(Array.isArray(spec.access) ? { description: `Role: ${spec.access.join(" or ")}` } : {}),
    request: requestOf(spec) as object,
    responses: {
      [status]: { description: spec.summary, content: { "application/json": { schema: spec.answer } } },
      ...problemResponses,
    },
  });
  api.openapi(definition, async (c) => {
    const context = c as unknown as Context<ApiEnvironment>;
    const principal = context.get("principal");
    const denied = deny(spec.access, principal);
    if (denied !== undefined) return problem(context, denied) as never;
    const valid = c.req.valid.bind(c.req) as (target: string) => never;
    const input = { params: valid("param"), query: valid("query"), body: valid("json"), principal, c: context };
    const result = await handle(input);
    if (!result.ok) return problem(context, result.error) as never;
    return respond(context, result.value, status as ContentfulStatusCode) as never;
  });
}

/** A record with a `revision` answers it as its ETag, so that two people editing notice each other. */
function respond(c: Context, value: unknown, status: ContentfulStatusCode): Response {
  if (value instanceof Response) return value;
  if (typeof value === "object" && value !== null && "revision" in value) c.header("ETag", `"${value.revision}"`);
  return c.json(value as object, status);
}

function requestOf<P extends Shape, Q extends Shape, B extends Shape>(spec: Spec<P, Q, B>): object {
  return {
    ...(spec.params === undefined ? {} : { params: spec.params }),
    ...(spec.query === undefined ? {} : { query: spec.query }),
    ...(spec.body === undefined
      ? {}
      : { body: { required: true, content: { "application/json": { schema: spec.body } } } }),
  };
}

function deny(access: Access, principal: Principal | undefined): ExchangeError | undefined {
  if (access === "open") return undefined;
  if (principal === undefined) return signInRequired();
  if (access === "any" || access.some((role) => principal.roles.includes(role))) return undefined;
  const needed = access.join(" / ");
  return refuseRequest(
    "ROLE_REQUIRED",
    {
      zh: `此操作需要角色 ${needed};当前账号的角色是 ${principal.roles.join("、") || "无"}。请由具备该角色的人员操作。`,
      en: `This needs the role ${needed}; this account has ${principal.roles.join(", ") || "none"}. Ask someone who holds it.`,
    },
    { needed: [...access], held: [...principal.roles] },
  ).error;
}

export function signInRequired(): ExchangeError {
  return refuseRequest("SIGN_IN_REQUIRED", {
    zh: "请求没有有效的令牌;请在 Authorization 头中提供 Bearer 令牌(heliu tokens create)。",
    en: "The request carries no valid token; send one as Authorization: Bearer … (heliu tokens create).",
  }).error;
}

export function invalidInput(error: z.ZodError): ExchangeError {
  const issues = error.issues.map((issue) => `${issue.path.join(".") || "(body)"}: ${issue.message}`);
  return refuseRequest(
    "REQUEST_INVALID",
    { zh: `请求不正确:${issues.join(";")}。`, en: `The request is not valid: ${issues.join("; ")}.` },
    { issues },
  ).error;
}

/** The revision a writer saw, from `If-Match: "7"`; undefined when the header is absent. */
export function revisionOf(c: Context): number | undefined {
  const match = /^"?([0-9]+)"?$/.exec(c.req.header("if-match") ?? "");
  return match === null ? undefined : Number(match[1]);
}

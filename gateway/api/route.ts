import { createRoute, OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { Principal, Role } from "../../node/identity/model.ts";
import { type ExchangeError, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { issueText } from "../../node/kernel/issue-text.ts";
import { strictBody, unknownKeys } from "./body.ts";
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
  IF_MATCH_INVALID: "invalid-input",
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
    // Before anything is parsed: whoever may not act learns nothing about what the request should look like.
    middleware: [gate(spec.access), ...(spec.body === undefined ? [] : [strictBody])],
    request: requestOf(spec) as object,
    responses: {
      [status]: { description: spec.summary, content: { "application/json": { schema: spec.answer } } },
      ...problemResponses,
    },
  });
  api.openapi(definition, async (c) => {
    const context = c as unknown as Context<ApiEnvironment>;
    const principal = context.get("principal");
    const valid = c.req.valid.bind(c.req) as (target: string) => never;
    const surplus = [
      ...(spec.query === undefined ? [] : unknownKeys(c.req.query(), valid("query"))),
      ...(spec.body === undefined ? [] : unknownKeys(await c.req.json(), valid("json"))),
    ];
    if (surplus.length > 0) return problem(context, unknownInput(surplus)) as never;
    const input = { params: valid("param"), query: valid("query"), body: valid("json"), principal, c: context };
    const result = await handle(input);
    if (!result.ok) return problem(context, result.error) as never;
    return respond(context, result.value, status as ContentfulStatusCode) as never;
  });
}

/** Who may come in, and with an `If-Match` that can be understood: one that cannot must not count as absent. */
function gate(access: Access): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const denied = deny(access, c.get("principal"));
    if (denied !== undefined) return problem(c, denied);
    const ifMatch = c.req.header("if-match");
    if (ifMatch !== undefined && !IF_MATCH.test(ifMatch)) return problem(c, badIfMatch());
    return next();
  };
}

const IF_MATCH = /^(?:\*|"?([0-9]{1,15})"?)$/;

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
  const texts = error.issues.map(issueText);
  return invalidRequest(
    texts.map(({ zh }) => zh),
    texts.map(({ en }) => en),
  );
}

/** A misspelt limit or filter that is silently dropped is no limit and no filter. */
function unknownInput(keys: readonly string[]): ExchangeError {
  return invalidRequest(
    keys.map((key) => `不认识的字段 ${key}`),
    keys.map((key) => `unknown field ${key}`),
  );
}

function invalidRequest(zh: readonly string[], en: readonly string[]): ExchangeError {
  return refuseRequest(
    "REQUEST_INVALID",
    {
      zh: `请求不正确:${zh.join(";")}。请改正后重试。`,
      en: `The request is not valid: ${en.join("; ")}. Correct it and try again.`,
    },
    { issues: [...en] },
  ).error;
}

function badIfMatch(): ExchangeError {
  return refuseRequest("IF_MATCH_INVALID", {
    zh: 'If-Match 头应为一个修订号,如 "7";请填写读取时 ETag 给出的值。',
    en: 'If-Match must be one revision, such as "7"; send the ETag that reading the record gave.',
  }).error;
}

/** The revision a writer saw, from `If-Match: "7"`; undefined when the header is absent. */
export function revisionOf(c: Context): number | undefined {
  const revision = IF_MATCH.exec(c.req.header("if-match") ?? "")?.[1];
  return revision === undefined ? undefined : Number(revision);
}

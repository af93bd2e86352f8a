import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { ErrorKind, ExchangeError } from "../../node/kernel/exchange-error.ts";
import type { Language } from "../../node/kernel/text.ts";

/** HTTP status and title of every kind of refusal; a new kind does not compile until it stands here. */
export const PROBLEM = {
  "invalid-input": { status: 400, title: { zh: "请求不正确", en: "The request is not valid" } },
  "too-large": { status: 413, title: { zh: "内容过大", en: "Too large" } },
  unauthenticated: { status: 401, title: { zh: "需要登录", en: "Sign-in required" } },
  forbidden: { status: 403, title: { zh: "没有权限", en: "Not permitted" } },
  "not-found": { status: 404, title: { zh: "未找到", en: "Not found" } },
  conflict: { status: 409, title: { zh: "与现有记录冲突", en: "Conflict" } },
  "illegal-transition": { status: 409, title: { zh: "当前状态不允许", en: "Not allowed in this state" } },
  "policy-denied": { status: 403, title: { zh: "规则不允许", en: "Denied by policy" } },
  "limit-exceeded": { status: 429, title: { zh: "超出限额", en: "Limit exceeded" } },
  "not-yet": { status: 503, title: { zh: "尚未就绪", en: "Not yet" } },
  unavailable: { status: 503, title: { zh: "暂不可用", en: "Unavailable" } },
  integrity: { status: 500, title: { zh: "完整性校验失败", en: "Integrity check failed" } },
} as const satisfies Record<ErrorKind, { status: number; title: { zh: string; en: string } }>;

/** RFC 9457, with `code` as the stable name for programs. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string(),
    code: z.string(),
    traceId: z.string(),
    details: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  })
  .openapi("Problem");

const response = (description: string) => ({
  description,
  content: { "application/problem+json": { schema: problemSchema } },
});

/** Every route spreads these, so the OpenAPI document lists all that `problem` can answer. */
export const problemResponses = {
  400: response("The request is not valid"),
  401: response("Sign-in required"),
  403: response("Not permitted, or denied by policy"),
  404: response("Not found"),
  409: response("Conflict, or not allowed in this state"),
  413: response("Too large"),
  415: response("The body is of a type that is not taken"),
  416: response("The range lies outside the content"),
  429: response("Limit exceeded"),
  500: response("Internal error"),
  503: response("Unavailable, or not yet"),
} as const;

/** Where HTTP has a status of its own for what the domain knows as invalid input. */
const TITLES = {
  415: { zh: "内容类型不受理", en: "Unsupported media type" },
  416: { zh: "范围无效", en: "Range not satisfiable" },
  500: { zh: "内部错误", en: "Internal error" },
} as const;

export function problem(c: Context, error: ExchangeError, as?: { readonly status: keyof typeof TITLES }): Response {
  const { status, title } = as === undefined ? PROBLEM[error.kind] : { ...as, title: TITLES[as.status] };
  const language = languageOf(c);
  const retryAfter = error.details?.retryAfterSeconds;
  if (typeof retryAfter === "string") c.header("Retry-After", retryAfter);
  if (status === 401) c.header("WWW-Authenticate", 'Bearer realm="heliu"');
  return c.body(
    JSON.stringify({
      type: `urn:heliu:problem:${error.code}`,
      title: title[language],
      status,
      detail: error.text[language],
      code: error.code,
      traceId: c.get("traceId") ?? "",
      ...(error.details === undefined ? {} : { details: error.details }),
    }),
    status,
    { "content-type": "application/problem+json", "content-language": language === "zh" ? "zh-CN" : "en" },
  );
}

/** Chinese first: English only where the client prefers it over Chinese. */
export function languageOf(c: Context): Language {
  const wanted = c.req.header("accept-language") ?? "";
  const en = wanted.search(/\ben\b/i);
  const zh = wanted.search(/\bzh\b/i);
  return en !== -1 && (zh === -1 || en < zh) ? "en" : "zh";
}

import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { err, ok, type Result, refusals } from "../../node/kernel/exchange-error.ts";
import { transferSchema, transferSelectionSchema } from "../../node/transfer/model.ts";
import type { GatewayDeps } from "../deps.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { problem } from "./problem.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const transfer = transferSchema;
const said = z.object({ comment: z.string().max(2_000).optional() });
const tag = "transfers";
const refuse = refusals({ RANGE_INVALID: "invalid-input" });

export function transferRoutes(api: Api, deps: GatewayDeps): void {
  const { transfers } = deps;
  route(
    api,
    {
      method: "get",
      path: "/api/v1/transfers",
      tag,
      summary: "Transfers of this node, newest first",
      access: "any",
      query: pageQuery.extend({ agreement: z.string().optional(), state: z.string().optional() }),
      answer: pageOf(transfer),
    },
    async ({ query }) => ok(await transfers.list(query)),
  );
  route(
    api,
    {
      method: "post",
      path: "/api/v1/transfers",
      tag,
      summary: "Start a transfer under an agreement",
      access: ["requester"],
      body: z.object({ agreementId: z.string().max(128), selection: transferSelectionSchema.default({}) }),
      answer: transfer,
      status: 201,
    },
    async ({ body, principal }) => transfers.start(principal, body),
  );
  route(
    api,
    {
      method: "get",
      path: "/api/v1/transfers/{id}",
      tag,
      summary: "One transfer",
      access: "any",
      params: id,
      answer: transfer,
    },
    async ({ params }) => transfers.get(params.id),
  );
  for (const action of ["suspend", "resume", "terminate"] as const) {
    route(
      api,
      {
        method: "post",
        path: `/api/v1/transfers/{id}/${action}`,
        tag,
        summary: `${action} a transfer; what arrived is not sent again`,
        access: ["requester", "publisher", "approver"],
        params: id,
        body: said,
        answer: transfer,
      },
      async ({ params, body, principal }) => transfers[action](principal, params.id, body.comment),
    );
  }
  route(
    api,
    {
      method: "get",
      path: "/api/v1/transfers/{id}/content",
      tag,
      summary: "What was received (Range supported)",
      access: ["requester"],
      params: id,
      answer: z.unknown(),
    },
    async ({ params, c }) => {
      const found = await transfers.content(params.id);
      return found.ok ? serveFile(c, found.value) : err(found.error);
    },
  );
}

type Content = { readonly path: string; readonly bytes: number; readonly sha256: string | null };

/** RFC 9110 §14: one byte range or the whole; several ranges are answered with the whole. */
function serveFile(c: Context, { path, bytes, sha256 }: Content): Result<Response> {
  const headers = {
    "accept-ranges": "bytes",
    "content-type": "application/octet-stream",
    ...(sha256 === null ? {} : { etag: `"sha256:${sha256}"` }),
  };
  const wanted = /^bytes=([0-9]*)-([0-9]*)$/.exec(c.req.header("range") ?? "");
  const [, first = "", last = ""] = wanted ?? [];
  if (wanted === null || (first === "" && last === "")) {
    return ok(c.body(stream(path, 0, bytes - 1), 200, { ...headers, "content-length": String(bytes) }));
  }
  const from = first === "" ? Math.max(0, bytes - Number(last)) : Number(first);
  const to = first === "" || last === "" ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (from > to) {
    c.header("content-range", `bytes */${bytes}`);
    const outside = refuse("RANGE_INVALID", {
      zh: `请求的字节范围超出内容(共 ${bytes} 字节);请改正 Range 头。`,
      en: `The requested range lies outside the content (${bytes} bytes); correct the Range header.`,
    });
    return ok(problem(c, outside.error, { status: 416 }));
  }
  const partial = {
    ...headers,
    "content-range": `bytes ${from}-${to}/${bytes}`,
    "content-length": String(to - from + 1),
  };
  return ok(c.body(stream(path, from, to), 206, partial));
}

function stream(path: string, start: number, end: number): ReadableStream {
  if (end < start) return new Blob([]).stream();
  return Readable.toWeb(createReadStream(path, { start, end })) as ReadableStream;
}

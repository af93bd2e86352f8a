import type { MiddlewareHandler } from "hono";
import { sha256Hex } from "../../node/kernel/digest.ts";
import { ok, refusals } from "../../node/kernel/exchange-error.ts";
import { collection } from "../../node/storage/collection.ts";
import type { Store } from "../../node/storage/port.ts";
import { transact } from "../../node/storage/transact.ts";
import { problem } from "./problem.ts";
import type { ApiEnvironment } from "./route.ts";

type Claim = {
  readonly request: string;
  readonly claimedAt: string;
  readonly answer: { readonly status: number; readonly contentType: string; readonly body: string } | null;
};

const claims = collection<Claim>("idempotency");

const refuse = refusals({ IDEMPOTENCY_CONFLICT: "conflict", IDEMPOTENCY_UNDECIDED: "conflict" });

/**
 * `Idempotency-Key` on writes: the same key and request answer the first answer; the same key with another request is
 * refused. The claim is durable before the write runs, so a retry after a crash never acts twice: where the outcome of the
 * first attempt is unknown it says so instead of guessing. Keys belong to one user.
 */
export function idempotency(store: Store, now: () => string): MiddlewareHandler<ApiEnvironment> {
  return async (c, next) => {
    const key = c.req.header("idempotency-key");
    const principal = c.get("principal");
    if (key === undefined || principal === undefined || c.req.method === "GET") return next();
    const body = new Uint8Array(await c.req.arrayBuffer());
    const request = sha256Hex(`${c.req.method} ${c.req.path}\n${sha256Hex(body)}`);
    const ref = claims.at(principal.userId, sha256Hex(key));
    const claimed = await transact(store, [ref], (tx) => {
      const earlier = tx.get(ref);
      if (earlier !== undefined) return ok(earlier);
      tx.put(ref, { request, claimedAt: now(), answer: null });
      return ok(undefined);
    });
    if (!claimed.ok) return problem(c, claimed.error);
    if (claimed.value !== undefined) return replay(claimed.value, request, c);
    await next();
    // A fault of ours leaves the claim undecided on purpose; a refusal wrote nothing, so its key may be used again.
    if (c.res.status >= 500) return;
    const answer = await c.res.clone().text();
    const contentType = c.res.headers.get("content-type") ?? "application/json";
    await transact(store, [ref], (tx) => {
      if (c.res.status >= 400) tx.remove(ref);
      else tx.put(ref, { request, claimedAt: now(), answer: { status: c.res.status, contentType, body: answer } });
      return ok(true);
    });
  };

  async function replay(earlier: Claim, request: string, c: Parameters<MiddlewareHandler<ApiEnvironment>>[0]) {
    if (earlier.request !== request) {
      return problem(
        c,
        refuse("IDEMPOTENCY_CONFLICT", {
          zh: "同一 Idempotency-Key 已用于另一请求;请为新请求换一个键。",
          en: "This Idempotency-Key was used for another request; use a new key for a new request.",
        }).error,
      );
    }
    if (earlier.answer === null) {
      return problem(
        c,
        refuse("IDEMPOTENCY_UNDECIDED", {
          zh: "同一请求的上一次执行没有留下结果(可能仍在进行,或中途停止);请先查询对象的状态,再决定是否用新键重试。",
          en: "The first attempt of this request left no answer (still running, or stopped midway); look at the object's state before retrying with a new key.",
        }).error,
      );
    }
    return new Response(earlier.answer.body, {
      status: earlier.answer.status,
      headers: { "content-type": earlier.answer.contentType, "idempotency-replayed": "true" },
    });
  }
}

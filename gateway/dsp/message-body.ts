import type { Context } from "hono";
import { type Canonical, canonicalize } from "../../node/kernel/canonical-json.ts";
import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { CONTEXT, refuse } from "./error.ts";
import { malformed, parseStrictJson } from "./strict-json.ts";

const MAX_BYTES = 64 * 1024;
/** Never fetched: a context is a name that is either known here or refused. EDC adds its own. */
const KNOWN_CONTEXTS: readonly unknown[] = [CONTEXT, "https://w3id.org/edc/dspace/v0.0.1"];

export type DspBody = { readonly [key: string]: Canonical };

/** A protocol message: size, media type, JSON, context, type; then without the freedoms that JSON-LD leaves to writers. */
export async function readMessage(c: Context, type: string): Promise<Result<DspBody>> {
  const media = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (media !== "application/json" && media !== "application/ld+json") return wrongMediaType();
  const text = await limitedText(c.req.raw);
  if (!text.ok) return text;
  const parsed = parseStrictJson(text.value);
  if (!parsed.ok) return parsed;
  const { value } = parsed;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return malformed("it is not an object");
  const body = value as { readonly [key: string]: unknown };
  const context = body["@context"];
  if (!Array.isArray(context) || !context.includes(CONTEXT)) return wrongContext();
  if (!context.every((one) => KNOWN_CONTEXTS.includes(one))) return wrongContext();
  if (body["@type"] !== type) return malformed(`its @type is not ${type}`);
  const plain = plainOf(body, "");
  if (!plain.ok) return plain;
  const canonical = canonicalize(plain.value);
  return canonical.ok ? ok(plain.value as DspBody) : canonical;
}

/** The body as far as the limit; a stated length is not believed, and nothing beyond the limit is kept. */
async function limitedText(request: Request): Promise<Result<string>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) return tooLarge();
    chunks.push(chunk);
  }
  try {
    return ok(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks)));
  } catch {
    return malformed("it is not UTF-8");
  }
}

/** Values that the context types as `@id` may be written `{"@id": x}`; single values may come as an array of one. Source: dsp.md §5.7. */
const IDS = new Set([
  "providerPid",
  "consumerPid",
  "callbackAddress",
  "target",
  "assigner",
  "assignee",
  "leftOperand",
  "operator",
  "action",
  "eventType",
]);
const LISTS = new Set(["permission", "prohibition", "obligation", "constraint", "duty", "reason"]);

/** In policies a bare number is refused, as the protocol's schema does; elsewhere it is only somebody's own remark. */
function plainOf(value: unknown, key: string, inPolicy = false): Result<unknown> {
  if (typeof value === "number") return inPolicy ? malformed("a policy holds a bare number") : ok(String(value));
  if (Array.isArray(value)) {
    const [only] = value;
    if (IDS.has(key) && value.length === 1) return plainOf(only, key, inPolicy);
    return collect(value.map((item) => plainOf(item, "", inPolicy)));
  }
  if (typeof value !== "object" || value === null) return LISTS.has(key) ? ok([value]) : ok(value);
  const record = value as { readonly [key: string]: unknown };
  if (IDS.has(key) && typeof record["@id"] === "string" && Object.keys(record).length === 1) return ok(record["@id"]);
  const within = inPolicy || key === "offer" || key === "agreement";
  const entries: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(record)) {
    const plain = plainOf(inner, name, within);
    if (!plain.ok) return plain;
    entries.push([name, plain.value]);
  }
  const plain = Object.fromEntries(entries);
  return ok(LISTS.has(key) ? [plain] : plain);
}

function collect(results: readonly Result<unknown>[]): Result<unknown> {
  const values: unknown[] = [];
  for (const result of results) {
    if (!result.ok) return result;
    values.push(result.value);
  }
  return ok(values);
}

function wrongMediaType(): Result<never> {
  return refuse("DSP_MEDIA_TYPE", {
    zh: "消息体的类型必须是 application/json。",
    en: "The body must be application/json.",
  });
}

function wrongContext(): Result<never> {
  return refuse("DSP_CONTEXT", {
    zh: `@context 须为数组,含 ${CONTEXT},且不得含未知的上下文;本节点不取回任何远程上下文。`,
    en: `@context must be an array with ${CONTEXT} and no unknown context; no remote context is ever fetched.`,
  });
}

function tooLarge(): Result<never> {
  return refuse("DSP_BODY_TOO_LARGE", {
    zh: `消息体超过 ${MAX_BYTES} 字节。`,
    en: `The body is larger than ${MAX_BYTES} bytes.`,
  });
}

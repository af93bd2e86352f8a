import type { MiddlewareHandler } from "hono";
import { refusals } from "../../node/kernel/exchange-error.ts";
import { readStrictJson } from "../strict-json.ts";
import { problem } from "./problem.ts";

const refuse = refusals({
  MEDIA_TYPE: "invalid-input",
  BODY_ENCODING: "invalid-input",
  BODY_MALFORMED: "invalid-input",
});

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** A JSON body is UTF-8 JSON, said to be so, without a key twice or a name that reaches a prototype. */
export const strictBody: MiddlewareHandler = async (c, next) => {
  const type = c.req.header("content-type") ?? "";
  if (!JSON_TYPE.test(type)) {
    const wrong = refuse("MEDIA_TYPE", {
      zh: `请求内容的类型 ${type || "(未注明)"} 不受理;请以 Content-Type: application/json(UTF-8)发送。`,
      en: `A body of type ${type || "(none given)"} is not taken; send it as Content-Type: application/json in UTF-8.`,
    });
    return problem(c, wrong.error, { status: 415 });
  }
  const bytes = await c.req.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const undecoded = refuse("BODY_ENCODING", {
      zh: "请求内容不是合法的 UTF-8;请转换编码后再提交。",
      en: "The body is not valid UTF-8; convert it and send it again.",
    });
    return problem(c, undecoded.error);
  }
  const read = readStrictJson(text);
  if ("value" in read) return next();
  const malformed = refuse("BODY_MALFORMED", {
    zh: `请求内容不能受理:${read.fault.zh};请改正后重试。`,
    en: `The body is not taken: ${read.fault.en}; correct it and try again.`,
  });
  return problem(c, malformed.error);
};

/** Keys of the input that the schema dropped, as paths: whatever is not understood must not be acted upon. */
export function unknownKeys(given: unknown, parsed: unknown, path = ""): string[] {
  if (typeof given !== "object" || given === null || typeof parsed !== "object" || parsed === null) return [];
  return Object.entries(given).flatMap(([key, value]) => {
    const at = path === "" ? key : `${path}.${key}`;
    if (!Object.hasOwn(parsed, key)) return [at];
    return unknownKeys(value, (parsed as { [key: string]: unknown })[key], at);
  });
}

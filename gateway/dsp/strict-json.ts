import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { readStrictJson } from "../strict-json.ts";
import { refuse } from "./error.ts";

/** JSON from a foreign connector, read as strictly as our own interface reads it. */
export function parseStrictJson(text: string): Result<unknown> {
  const read = readStrictJson(text);
  return "fault" in read ? malformed(read.fault.en) : ok(read.value);
}

export function malformed(why: string): Result<never> {
  return refuse("DSP_BODY_MALFORMED", {
    zh: `消息体不能受理(${why});请按数据空间协议 2025-1 的消息格式重新发送。`,
    en: `The body is not taken: ${why}. Send it as the Dataspace Protocol 2025-1 says.`,
  });
}

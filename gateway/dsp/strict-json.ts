import { ok, type Result } from "../../node/kernel/exchange-error.ts";
import { refuse } from "./error.ts";

const MAX_DEPTH = 32;
/** Names that would reach an object's prototype in code less careful than ours. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

type Level = { readonly keys: Set<string> | undefined; expectsKey: boolean };

/** JSON from a stranger: bounded depth, no key twice (a parser keeps the last, a checker may have seen the first), no prototype names. */
export function parseStrictJson(text: string): Result<unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed("it is not JSON");
  }
  // The text is known to be JSON here, so the walk need not mind its grammar.
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    const level = levels.at(-1);
    if (letter === "{" || letter === "[") {
      levels.push({ keys: letter === "{" ? new Set() : undefined, expectsKey: letter === "{" });
      if (levels.length > MAX_DEPTH) return malformed(`it is nested deeper than ${MAX_DEPTH}`);
    } else if (letter === "}" || letter === "]") levels.pop();
    else if (letter === "," && level !== undefined) level.expectsKey = level.keys !== undefined;
    else if (letter === '"') {
      const end = endOfString(text, at);
      if (level?.expectsKey) {
        const key: string = JSON.parse(text.slice(at, end + 1));
        if (FORBIDDEN.has(key)) return malformed("it uses a forbidden key");
        if (level.keys?.has(key)) return malformed("a key stands twice in one object");
        level.keys?.add(key);
        level.expectsKey = false;
      }
      at = end;
    }
  }
  return ok(value);
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

export function malformed(why: string): Result<never> {
  return refuse("DSP_BODY_MALFORMED", {
    zh: `消息体不能受理(${why});请按数据空间协议 2025-1 的消息格式重新发送。`,
    en: `The body is not taken: ${why}. Send it as the Dataspace Protocol 2025-1 says.`,
  });
}

import type { Text } from "../node/kernel/text.ts";

const MAX_DEPTH = 32;
/** Names that would reach an object's prototype in code less careful than ours. */
const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

type Level = { readonly keys: Set<string> | undefined; expectsKey: boolean };

/** JSON from a stranger: bounded depth, no key twice (a parser keeps the last, a checker may have seen the first), no prototype names. */
export function readStrictJson(text: string): { readonly value: unknown } | { readonly fault: Text } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: { zh: "不是 JSON", en: "it is not JSON" } };
  }
  const fault = faultOf(text);
  return fault === undefined ? { value } : { fault };
}

/** The text is known to be JSON here, so the walk need not mind its grammar. */
function faultOf(text: string): Text | undefined {
  const levels: Level[] = [];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    const level = levels.at(-1);
    if (letter === "{" || letter === "[") {
      levels.push({ keys: letter === "{" ? new Set() : undefined, expectsKey: letter === "{" });
      if (levels.length > MAX_DEPTH)
        return { zh: `嵌套超过 ${MAX_DEPTH} 层`, en: `it is nested deeper than ${MAX_DEPTH}` };
    } else if (letter === "}" || letter === "]") levels.pop();
    else if (letter === "," && level !== undefined) level.expectsKey = level.keys !== undefined;
    else if (letter === '"') {
      const end = endOfString(text, at);
      const written = text.slice(at, end + 1);
      // The text came as UTF-8, so only an escape can leave half a character behind; it has no place in any record.
      if (written.includes("\\u") && !(JSON.parse(written) as string).isWellFormed()) {
        return { zh: "含有不成对的代理字符", en: "it holds an unpaired surrogate" };
      }
      if (level?.expectsKey) {
        const key: string = JSON.parse(written);
        if (FORBIDDEN.has(key)) return { zh: "含有不允许的键名", en: "it uses a forbidden key" };
        if (level.keys?.has(key)) return { zh: "同一对象中键名重复", en: "a key stands twice in one object" };
        level.keys?.add(key);
        level.expectsKey = false;
      }
      at = end;
    }
  }
  return undefined;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

import { describe, expect, it } from "vitest";
import { readStrictJson } from "./strict-json.ts";

describe("JSON from a stranger", () => {
  it("is read when it is plain", () => {
    expect(readStrictJson('{"a":["\\u4e2d",{"b":"\\ud83d\\ude00"}]}')).toEqual({ value: { a: ["中", { b: "😀" }] } });
  });

  it.each([
    ["half a character in a value", '{"userId":"\\ud800"}', "surrogate"],
    ["half a character in a key", '{"\\udc00":1}', "surrogate"],
    ["a key twice", '{"a":1,"a":2}', "twice"],
    ["a prototype's name", '{"__proto__":{}}', "forbidden"],
    ["nesting without end", `${"[".repeat(40)}${"]".repeat(40)}`, "deeper"],
    ["what is no JSON", "{a:1}", "not JSON"],
  ])("is refused for %s", (_what, text, why) => {
    expect(readStrictJson(text)).toMatchObject({ fault: { en: expect.stringContaining(why) } });
  });
});

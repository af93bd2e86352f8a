import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { assetPath, assetRoutes } from "./assets.ts";
import { Marked } from "./parts/marked.tsx";
import { safeNext } from "./session.ts";

const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(tsx|mjs|css)$/.test(name) && !/\.test\./.test(name))
  .map((name) => [name, readFileSync(join(import.meta.dirname, name), "utf8")] as const);

describe("the markup", () => {
  it("holds nothing that a strict policy would drop or that would compile code in the browser", () => {
    const forbidden =
      /\sstyle=|\shx-on|\son(?!e=)[a-z]+=["{]|["']js:|hx-trigger="[^"]*\[|<style|eval\(|https?:\/\/(?!www\.w3\.org)/;
    expect(sources.filter(([, text]) => forbidden.test(text)).map(([name]) => name)).toEqual([]);
  });

  it("puts the form token into every form that posts", () => {
    const posting = sources.filter(([, text]) => text.includes('method="post"'));
    const open = posting.filter(([, text]) => !text.includes("<FormToken"));
    // Before signing in there is no session to derive a token from; there the origin alone is checked.
    expect(open.map(([name]) => name)).toEqual(["pages/sign-in.tsx"]);
    expect(posting.length).toBeGreaterThan(5);
  });

  it("gives every column head a scope and every button a type", () => {
    const text = sources.map(([, source]) => source).join("\n");
    expect(text.match(/<th(?![a-z])(?![^>]*scope=)[^>]*>/g) ?? []).toEqual([]);
    expect(text.match(/<button(?![^>]*type=)[^>]*>/g) ?? []).toEqual([]);
  });

  it("escapes what it marks", () => {
    const name = "<script>alert(1)</script>电梯";
    const marked = (<Marked text={name} ranges={[[name.length - 2, name.length]]} />).toString();
    expect(marked).toBe("&lt;script&gt;alert(1)&lt;/script&gt;<mark>电梯</mark>");
  });

  it("follows only addresses of its own console after signing in", () => {
    for (const foreign of [
      "//evil.example",
      "https://evil.example/console/",
      "/console//evil.example",
      "/api/v1",
      "/console/\\evil",
    ]) {
      expect(safeNext(foreign)).toBe("/console/");
    }
    expect(safeNext("/console/search?q=电梯")).toBe("/console/search?q=电梯");
  });
});

describe("assets", () => {
  const app = assetRoutes();
  const get = (path: string, encoding: string) => app.request(path, { headers: { "accept-encoding": encoding } });

  it("are named after their content and may be kept for ever", async () => {
    const answer = await get(assetPath("console.css"), "identity");
    expect(answer.status).toBe(200);
    expect(assetPath("console.css")).toMatch(/^\/assets\/console\.[0-9a-f]{12}\.css$/);
    expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect((await get("/assets/console.000000000000.css", "identity")).status).toBe(404);
  });

  it("come compressed to whoever takes it, and the same either way", async () => {
    const plain = await (await get(assetPath("htmx.js"), "identity")).arrayBuffer();
    const packed = await get(assetPath("htmx.js"), "gzip");
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    expect(packed.headers.get("vary")).toBe("accept-encoding");
    const unpacked = new Response(packed.body?.pipeThrough(new DecompressionStream("gzip")));
    expect(Buffer.from(await unpacked.arrayBuffer()).equals(Buffer.from(plain))).toBe(true);
  });
});

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Hono } from "hono";
import { html } from "hono/html";
import { NONCE, secureHeaders } from "hono/secure-headers";
import type { ApiEnvironment } from "./api/route.ts";

const CONTENT_TYPES = { "swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript" } as const;

/** `/api/docs`: the OpenAPI document for people, from this node's own files; nothing comes from outside. */
export function docsRoutes(app: Hono<ApiEnvironment>): void {
  const folder = dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
  app.get(
    "/api/docs",
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'", NONCE],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
      },
    }),
    (c) =>
      c.html(html`<!doctype html>
        <html lang="zh-CN">
          <head>
            <meta charset="utf-8" />
            <title>Heliu 合流 API</title>
            <link rel="stylesheet" href="/api/docs/swagger-ui.css" />
          </head>
          <body>
            <div id="docs"></div>
            <script src="/api/docs/swagger-ui-bundle.js"></script>
            <script nonce="${c.get("secureHeadersNonce" as never)}">
              SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#docs", validatorUrl: null });
            </script>
          </body>
        </html>`),
  );
  for (const [name, type] of Object.entries(CONTENT_TYPES)) {
    // Read when first asked for: most nodes never show this page.
    app.get(`/api/docs/${name}`, (c) =>
      c.body(readFileSync(join(folder, name), "utf8"), 200, {
        "content-type": `${type}; charset=utf-8`,
        "cache-control": "public, max-age=86400",
      }),
    );
  }
}

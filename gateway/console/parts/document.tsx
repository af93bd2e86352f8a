import type { Context } from "hono";
import { html } from "hono/html";
import type { Child } from "hono/jsx";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { assetPath } from "../assets.ts";
import type { OpenView } from "../view.ts";

/** The page around every page: nothing inline, nothing from outside. */
export function Document({ view, title, children }: { view: OpenView; title: string; children?: Child }) {
  return (
    <html lang={view.language === "zh" ? "zh-CN" : "en"}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{`${title} · ${view.region.name} · 合流 Heliu`}</title>
        <link rel="icon" type="image/svg+xml" href={assetPath("mark.svg")} />
        <link rel="stylesheet" href={assetPath("tabler.css")} />
        <link rel="stylesheet" href={assetPath("console.css")} />
        <script src={assetPath("htmx.js")} defer></script>
        <script src={assetPath("console.js")} defer></script>
      </head>
      <body>{children}</body>
    </html>
  );
}

type Markup = Parameters<typeof html>[1];

export function page(c: Context, markup: Markup, status: ContentfulStatusCode = 200): Response | Promise<Response> {
  return c.html(html`<!doctype html>${markup}`, status);
}

import { z } from "@hono/zod-openapi";
import { catalogEntrySchema } from "../../node/catalog/model.ts";
import { err, ok } from "../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../deps.ts";
import { exportCatalog } from "../formats/export-catalog.ts";
import { readCatalog } from "../formats/read-catalog.ts";
import { pageOf, pageQuery } from "./paging.ts";
import { importReport, publicationRoutes } from "./publication.ts";
import { type Api, route } from "./route.ts";

const id = z.object({ id: z.string().max(128) });
const entry = catalogEntrySchema;
const flag = z.enum(["true", "false"]).default("false");
const importQuery = z.object({
  filename: z.string().max(255).default("catalog.json"),
  partial: flag,
  asPublished: flag,
});

const tag = "catalog";

export function catalogRoutes(api: Api, deps: GatewayDeps): void {
  entryRoutes(api, deps);
  importRoutes(api, deps);
  exportRoutes(api, deps);
  publicationRoutes(api, deps);
}

function entryRoutes(api: Api, { catalog, config, federation }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/catalog/entries",
      tag,
      summary: "This region's entries, by id",
      access: "any",
      query: pageQuery.extend({ status: z.string().optional() }),
      answer: pageOf(entry),
    },
    async ({ query }) => ok(await catalog.list(query)),
  );

  route(
    api,
    {
      method: "get",
      path: "/api/v1/catalog/entries/{id}",
      tag,
      summary: "One entry of this region",
      access: "any",
      params: id,
      answer: entry,
    },
    async ({ params }) => catalog.get(params.id),
  );

  route(
    api,
    {
      method: "get",
      path: "/api/v1/federated/entries/{region}/{id}",
      tag,
      summary: "An entry of any region, as mirrored here",
      access: "any",
      params: id.extend({ region: z.string().regex(/^[0-9]{6}$/) }),
      answer: entry,
    },
    async ({ params }) =>
      params.region === config.region.id ? catalog.get(params.id) : federation.entry(params.region, params.id),
  );
}

function importRoutes(api: Api, { catalog }: GatewayDeps): void {
  // Files are sent as they are, so that faults can name the row, column and value of the file itself.
  route(
    api,
    {
      method: "post",
      path: "/api/v1/catalog/import",
      tag,
      summary: "Import a file: CSV, XLSX, JSON or DCAT JSON-LD as the request body",
      access: ["publisher"],
      query: importQuery,
      answer: importReport,
    },
    async ({ query, principal, c }) => {
      const file = await readCatalog(new Uint8Array(await c.req.arrayBuffer()), query.filename);
      if (!file.ok) return file;
      return catalog.importEntries(principal, file.value, {
        partial: query.partial === "true",
        asPublished: query.asPublished === "true",
      });
    },
  );

  route(
    api,
    {
      method: "post",
      path: "/api/v1/catalog/validate",
      tag,
      summary: "Every fault an import of this file would report; changes nothing",
      access: ["publisher"],
      query: z.object({ filename: z.string().max(255).default("catalog.json") }),
      answer: importReport,
    },
    async ({ query, c }) => {
      const file = await readCatalog(new Uint8Array(await c.req.arrayBuffer()), query.filename);
      return file.ok ? ok(await catalog.validate(file.value)) : err(file.error);
    },
  );
}

function exportRoutes(api: Api, { catalog, config }: GatewayDeps): void {
  route(
    api,
    {
      method: "get",
      path: "/api/v1/catalog/export",
      tag,
      summary: "The published catalogue as a file",
      access: "any",
      query: z.object({ format: z.enum(["json", "csv", "xlsx", "dcat"]).default("json") }),
      answer: z.unknown(),
    },
    async ({ query, c }) => {
      const { items } = await catalog.list({ limit: 1_000_000, status: "published" });
      const file = await exportCatalog(query.format, config.region, items);
      return ok(
        c.body(file.bytes as Uint8Array<ArrayBuffer>, 200, {
          "content-type": file.contentType,
          "content-disposition": `attachment; filename="${file.filename}"`,
        }),
      );
    },
  );
}

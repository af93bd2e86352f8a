import type { Hono } from "hono";
import { catalogEntrySchema, type ImportReport } from "../../../node/catalog/model.ts";
import { ok, type Result } from "../../../node/kernel/exchange-error.ts";
import type { GatewayDeps } from "../../deps.ts";
import { type CatalogFormat, exportCatalog } from "../../formats/export-catalog.ts";
import { readCatalog } from "../../formats/read-catalog.ts";
import { quantity } from "../../reports/money.ts";
import { missing, readForm } from "../form.ts";
import { CatalogPage } from "../pages/catalog.tsx";
import { OwnEntryPage } from "../pages/own-entry.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds } from "../view.ts";

const PAGE = 30;
const ALL = 1_000_000;
/** Beyond it the page says "more than": counting a large catalogue would read all of it. */
const COUNTED = 2_000;
const EXPORTS: readonly CatalogFormat[] = ["json", "csv", "xlsx", "dcat"];

export function catalogRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  const { catalog, config } = deps;
  app.get("/console/catalog", (c) => catalogPage(c, deps));

  app.get("/console/catalog/export", async (c) => {
    const format = EXPORTS.find((one) => one === c.req.query("format")) ?? "json";
    const { items } = await catalog.list({ limit: ALL, status: "published" });
    const file = await exportCatalog(format, config.region, items);
    return c.body(file.bytes as Uint8Array<ArrayBuffer>, 200, {
      "content-type": file.contentType,
      "content-disposition": `attachment; filename="${file.filename}"`,
    });
  });

  app.post("/console/catalog/import", async (c) => {
    if (!holds(c.get("view"), "publisher")) return refuseConsole(c, "PUBLISHER_ONLY");
    const report = await importFile(c, deps);
    return report.ok ? catalogPage(c, deps, report.value) : refused(c, report.error);
  });

  app.post("/console/catalog/imports/:id/confirm", async (c) => {
    const report = await catalog.confirmImport(c.get("view").principal, c.req.param("id"));
    return report.ok ? c.redirect("/console/catalog?done=confirmed", 303) : refused(c, report.error);
  });

  entryRoutes(app, deps);
}

function entryRoutes(app: Hono<ConsoleEnvironment>, { catalog }: GatewayDeps): void {
  app.get("/console/catalog/:id", async (c) => {
    const view = c.get("view");
    const { id } = c.req.param();
    const entry = await catalog.get(id);
    if (!entry.ok) return refused(c, entry.error);
    const [steps, quality] = await Promise.all([catalog.steps(id), catalog.quality(id)]);
    const done = doneText(view, c.req.query("done"));
    const model = { entry: entry.value, steps, quality: quality.ok ? quality.value : undefined, done };
    return page(c, <OwnEntryPage view={view} model={model} />);
  });

  app.post("/console/catalog/:id/publish", async (c) => {
    const { id } = c.req.param();
    const moved = await catalog.publish(c.get("view").principal, id);
    if (!moved.ok) return refused(c, moved.error);
    return c.redirect(`/console/catalog/${encodeURIComponent(id)}?done=published`, 303);
  });

  app.post("/console/catalog/:id/withdraw", async (c) => {
    const form = await readForm(c);
    const moved = await catalog.withdraw(c.get("view").principal, c.req.param("id"), form.text("reason") ?? "");
    return moved.ok ? c.redirect("/console/catalog?done=withdrawn", 303) : refused(c, moved.error);
  });
}

async function catalogPage(c: ConsoleContext, { catalog }: GatewayDeps, report?: ImportReport) {
  const view = c.get("view");
  const status = catalogEntrySchema.shape.status.options.find((one) => one === c.req.query("status"));
  const [entries, published, reviewing, waiting] = await Promise.all([
    catalog.list({ limit: PAGE, status, after: c.req.query("after") }),
    catalog.list({ limit: COUNTED, status: "published" }),
    catalog.list({ limit: COUNTED, status: "reviewing" }),
    catalog.waiting(view.principal),
  ]);
  const model = {
    ...{ items: entries.items, next: entries.next, status, waiting, report },
    counts: { published: countOf(published), reviewing: countOf(reviewing) },
    done: doneText(view, c.req.query("done")),
  };
  return page(c, <CatalogPage view={view} model={model} />);
}

function countOf({ items, next }: Awaited<ReturnType<GatewayDeps["catalog"]["list"]>>): string {
  return `${quantity(String(items.length))}${next === null ? "" : "+"}`;
}

async function importFile(c: ConsoleContext, { catalog }: GatewayDeps): Promise<Result<ImportReport>> {
  const body = await c.req.parseBody({ all: true });
  const form = await readForm(c);
  const uploaded = [body.file].flat()[0];
  if (!(uploaded instanceof File) || uploaded.size === 0) {
    return missing({
      zh: "没有选择文件;请选择要导入的目录文件。",
      en: "No file was chosen; choose the catalogue file.",
    });
  }
  const file = await readCatalog(new Uint8Array(await uploaded.arrayBuffer()), uploaded.name);
  if (!file.ok) return file;
  if (form.text("action") === "validate") return ok(await catalog.validate(file.value));
  return catalog.importEntries(c.get("view").principal, file.value, {
    partial: form.text("partial") === "true",
    asPublished: form.text("asPublished") === "true",
  });
}

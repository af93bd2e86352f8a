import type { Hono } from "hono";
import { roles } from "../../../node/identity/model.ts";
import type { GatewayDeps } from "../../deps.ts";
import { endOfDay, missing, readForm } from "../form.ts";
import { SourcesPage } from "../pages/sources.tsx";
import { UsersPage } from "../pages/users.tsx";
import { page } from "../parts/document.tsx";
import { refuseConsole, refused } from "../refusal.tsx";
import { type ConsoleContext, type ConsoleEnvironment, doneText, holds } from "../view.ts";

export function adminRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  userRoutes(app, deps);
  sourceRoutes(app, deps);
}

function userRoutes(app: Hono<ConsoleEnvironment>, { identity }: GatewayDeps): void {
  app.use("/console/users/*", async (c, next) =>
    holds(c.get("view"), "admin", "auditor") ? next() : refuseConsole(c, "ADMIN_ONLY"),
  );
  const show = async (c: ConsoleContext, issued?: string) => {
    const view = c.get("view");
    const users = await identity.users.list();
    const tokens = holds(view, "admin") ? await identity.tokens.list() : null;
    const done = issued === undefined ? doneText(view, c.req.query("done")) : undefined;
    return page(c, <UsersPage view={view} model={{ users, tokens, issued, done }} />);
  };
  app.get("/console/users", (c) => show(c));

  app.post("/console/users", async (c) => {
    const form = await readForm(c);
    const [name, chosen] = [form.text("name"), form.all("roles")];
    const held = roles.filter((role) => chosen.includes(role));
    if (name === undefined || held.length === 0) return refused(c, incomplete().error);
    // Not trimmed as other fields are: a space may be meant.
    const password = form.all("password")[0];
    const added = await identity.users.add(c.get("view").principal, { name, roles: held, password });
    return added.ok ? c.redirect("/console/users?done=recorded", 303) : refused(c, added.error);
  });

  app.post("/console/users/:id/disable", async (c) => {
    const disabled = await identity.users.disable(c.get("view").principal, c.req.param("id"));
    return disabled.ok ? c.redirect("/console/users?done=recorded", 303) : refused(c, disabled.error);
  });

  app.post("/console/users/:id/enable", async (c) => {
    const enabled = await identity.users.enable(c.get("view").principal, c.req.param("id"));
    return enabled.ok ? c.redirect("/console/users?done=recorded", 303) : refused(c, enabled.error);
  });

  app.post("/console/users/:id/tokens", async (c) => {
    const form = await readForm(c);
    const [name, until] = [form.text("name"), form.text("expires")];
    if (name === undefined) return refused(c, incomplete().error);
    const expiresAt = endOfDay(until);
    if (until !== undefined && expiresAt === undefined) return refused(c, noDay(until).error);
    const issued = await identity.tokens.create(c.get("view").principal, c.req.param("id"), { name, expiresAt });
    // Not redirected: the answer to this form is the one place where the token stands.
    return issued.ok ? show(c, issued.value.token) : refused(c, issued.error);
  });

  app.post("/console/users/tokens/:id/revoke", async (c) => {
    const revoked = await identity.tokens.revoke(c.get("view").principal, c.req.param("id"));
    return revoked.ok ? c.redirect("/console/users?done=recorded", 303) : refused(c, revoked.error);
  });
}

function sourceRoutes(app: Hono<ConsoleEnvironment>, { sources }: GatewayDeps): void {
  app.use("/console/sources/*", async (c, next) =>
    holds(c.get("view"), "publisher", "admin", "auditor") ? next() : refuseConsole(c, "PUBLISHER_ONLY"),
  );
  app.get("/console/sources", async (c) => {
    const view = c.get("view");
    const model = { sources: await sources.list(), done: doneText(view, c.req.query("done")) };
    return page(c, <SourcesPage view={view} model={model} />);
  });
  app.post("/console/sources/:id/check", async (c) => {
    const view = c.get("view");
    if (!holds(view, "publisher", "admin")) return refuseConsole(c, "PUBLISHER_ONLY");
    const report = await sources.check(c.req.param("id"));
    if (!report.ok) return refused(c, report.error);
    return page(c, <SourcesPage view={view} model={{ sources: await sources.list(), report: report.value }} />);
  });
  app.post("/console/sources/:id/remove", async (c) => {
    const removed = await sources.remove(c.get("view").principal, c.req.param("id"));
    return removed.ok ? c.redirect("/console/sources?done=recorded", 303) : refused(c, removed.error);
  });
}

function incomplete() {
  return missing({
    zh: "请填写名称,新用户还须至少选一个角色;没有更改。",
    en: "Give a name and, for a new user, at least one role; nothing was changed.",
  });
}

/** A token without an end would be the opposite of what was asked for. */
function noDay(written: string) {
  return missing({
    zh: `有效期至应为日期,如 2027-06-30,而不是 ${written};没有签发令牌。`,
    en: `Valid until must be a day such as 2027-06-30, not ${written}; no token was issued.`,
  });
}

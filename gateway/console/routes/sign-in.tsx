import type { Context, Hono } from "hono";
import type { GatewayDeps } from "../../deps.ts";
import { SignInPage } from "../pages/sign-in.tsx";
import { page } from "../parts/document.tsx";
import { endSession, keepLanguage, keepSession, languageFor, safeNext } from "../session.ts";
import { type ConsoleEnvironment, openView } from "../view.ts";

/** Before anybody is known: signing in, and the language. */
export function openRoutes(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.get("/console/sign-in", (c) => {
    const next = safeNext(c.req.query("next"));
    return page(c, <SignInPage view={openView(deps, c, languageFor(c))} next={next} />);
  });

  app.post("/console/sign-in", async (c) => {
    const form = await c.req.parseBody();
    const text = (key: string) => (typeof form[key] === "string" ? form[key] : "");
    const name = text("name");
    const session =
      name === ""
        ? await openWithToken(deps, text("secret").trim())
        : await deps.identity.sessions.createWithPassword(name, text("password"));
    const next = safeNext(text("next"));
    if (session.ok) {
      keepSession(deps, c, session.value.session, session.value.expiresAt);
      return c.redirect(next, 303);
    }
    const view = openView(deps, c, languageFor(c));
    const given = name === "" ? undefined : name;
    return page(c, <SignInPage view={view} next={next} error={session.error} name={given} />, 401);
  });

  app.get("/console/language/:language", (c: Context) => {
    const wanted = c.req.param("language");
    if (wanted === "zh" || wanted === "en") keepLanguage(c, wanted);
    return c.redirect(safeNext(c.req.query("next")), 303);
  });
}

/** Anything that is no token is refused by the token room itself, also what looks like a user's id. */
async function openWithToken({ identity }: GatewayDeps, token: string) {
  const known = await identity.authenticate(token);
  return known.ok ? identity.sessions.create(token) : known;
}

export function signOutRoute(app: Hono<ConsoleEnvironment>, deps: GatewayDeps): void {
  app.post("/console/sign-out", async (c) => {
    await endSession(deps, c);
    return c.redirect("/console/sign-in", 303);
  });
}

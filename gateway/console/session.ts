import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";
import { hmacSha256Hex } from "../../node/kernel/digest.ts";
import type { Language } from "../../node/kernel/text.ts";
import { languageOf } from "../api/problem.ts";
import type { GatewayDeps } from "../deps.ts";
import { waitingFor } from "../tasks.ts";
import { refuseConsole } from "./refusal.tsx";
import { type ConsoleEnvironment, openView } from "./view.ts";

const LANGUAGE_COOKIE = "heliu-language";
const YEAR_S = 365 * 86_400;

/**
 * Cookies know no ports, so two nodes on one machine would overwrite each other's: the region is part of the name.
 * `__Host-` needs TLS: Chromium takes such a cookie on plain loopback, too, but not every browser does, and there nobody
 * could sign in.
 */
function cookieOf({ config }: GatewayDeps): string {
  const name = `heliu-${config.region.id}`;
  return config.http.tls === undefined ? name : `__Host-${name}`;
}

function attributes({ config }: GatewayDeps) {
  return { path: "/", httpOnly: true, sameSite: "Strict", secure: config.http.tls !== undefined } as const;
}

export function keepSession(deps: GatewayDeps, c: Context, session: string, expiresAt: string): void {
  setCookie(c, cookieOf(deps), session, { ...attributes(deps), expires: new Date(expiresAt) });
}

export async function endSession(deps: GatewayDeps, c: Context): Promise<void> {
  const session = getCookie(c, cookieOf(deps));
  if (session !== undefined) await deps.identity.sessions.end(session);
  setCookie(c, cookieOf(deps), "", { ...attributes(deps), maxAge: 0 });
}

export function keepLanguage(c: Context, language: Language): void {
  setCookie(c, LANGUAGE_COOKIE, language, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: YEAR_S });
}

export function languageFor(c: Context): Language {
  const kept = getCookie(c, LANGUAGE_COOKIE);
  return kept === "zh" || kept === "en" ? kept : languageOf(c);
}

/** Follows from the session and tells nothing about it; a page of another site can know neither. */
function formTokenOf(session: string): string {
  return hmacSha256Hex(Buffer.from(session), "heliu.console.form").slice(0, 32);
}

/** Lets in whoever has a session, and writes only with the token of its forms. */
export function requireSession(deps: GatewayDeps): MiddlewareHandler<ConsoleEnvironment> {
  return async (c, next) => {
    const session = getCookie(c, cookieOf(deps));
    const principal = session === undefined ? undefined : await deps.identity.authenticateSession(session);
    if (session === undefined || principal === undefined || !principal.ok) return toSignIn(c);
    const formToken = formTokenOf(session);
    const open = openView(deps, c, languageFor(c));
    const waiting = await waitingFor(deps, principal.value);
    c.set("view", { ...open, principal: principal.value, formToken, waiting });
    if (c.req.method !== "GET" && c.req.method !== "HEAD") {
      // Read once for all: a body parsed without `all` would keep only the last of several values.
      const form = await c.req.parseBody({ all: true });
      if (form.token !== formToken) return refuseConsole(c, "FORM_TOKEN_INVALID");
    }
    return next();
  };
}

function toSignIn(c: Context): Response {
  const { pathname, search } = new URL(c.req.url);
  const wanted = c.req.method === "GET" ? pathname + search : "/console/";
  const target = `/console/sign-in?next=${encodeURIComponent(wanted)}`;
  if (c.req.header("hx-request") === "true") return c.body(null, 401, { "HX-Redirect": target });
  return c.redirect(target, 303);
}

/** Only a page of this console; anything else would make the node a signpost for strangers. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/console\/[^\\]*$/.test(next) && !next.includes("//") ? next : "/console/";
}

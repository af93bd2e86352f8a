import type { Context } from "hono";
import type { Principal, Role } from "../../node/identity/model.ts";
import type { Language, Text } from "../../node/kernel/text.ts";
import type { GatewayDeps } from "../deps.ts";
import type { Task } from "../tasks.ts";
import { en } from "./messages/en.ts";
import { type Messages, zh } from "./messages/zh.ts";

/** What every page knows: who looks, in which language, at which node. */
export type View = {
  readonly language: Language;
  readonly t: Messages;
  readonly principal: Principal;
  /** Goes into every form of this session. */
  readonly formToken: string;
  readonly region: { readonly id: string; readonly name: string };
  /** The address asked for, with its query. */
  readonly address: string;
  /** What waits for this person. */
  readonly waiting: readonly Task[];
  readonly nowMs: number;
  readonly nameOf: (region: string) => string;
};

/** A view with somebody who may not be signed in yet. */
export type OpenView = Omit<View, "principal" | "formToken" | "waiting">;

export type ConsoleEnvironment = { Variables: { view: View } };
export type ConsoleContext = Context<ConsoleEnvironment>;

export const messagesIn: Readonly<Record<Language, Messages>> = { zh, en };

export function openView(deps: GatewayDeps, c: Context, language: Language): OpenView {
  const url = new URL(c.req.url);
  const own = deps.config.region;
  return {
    language,
    t: messagesIn[language],
    region: own,
    // A page that answers a form has no address of its own to come back to.
    address: c.req.method === "GET" ? url.pathname + url.search : "/console/",
    nowMs: deps.runtime.nowMs(),
    nameOf: (region) => (region === own.id ? own.name : (deps.trust.region(region)?.name ?? region)),
  };
}

export function holds(view: View, ...roles: readonly Role[]): boolean {
  return roles.some((role) => view.principal.roles.includes(role));
}

export function say(view: OpenView, text: Text): string {
  return text[view.language];
}

/** What a write answered, after its redirect; only sentences of the catalogue can be shown. */
export function doneText({ t }: View, done: string | undefined): string | undefined {
  const texts: { readonly [done: string]: string } = t.done;
  return done !== undefined && Object.hasOwn(texts, done) ? texts[done] : undefined;
}

export function leafKindName({ t }: OpenView, kind: string): string {
  const names: { readonly [kind: string]: string } = t.leafKinds;
  return names[kind] ?? kind;
}

/** Who did it: a role of this region, another region, or the node itself. */
export function actorName(view: View, actor: string): string {
  const roles: { readonly [role: string]: string } = view.t.roles;
  if (actor.startsWith("peer:")) return view.nameOf(actor.slice("peer:".length));
  return roles[actor] ?? (actor === "node" ? view.t.negotiation.node : actor);
}

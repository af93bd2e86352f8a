import { createConsole } from "../../gateway/console/app.tsx";
import type { Role } from "../../node/identity/model.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import type { OneNode } from "./one-node.ts";

const ORIGIN = "http://127.0.0.1";

export type Desk = {
  readonly page: (path: string) => Promise<{ readonly status: number; readonly text: string }>;
  readonly send: (
    path: string,
    form: Record<string, string>,
  ) => Promise<{ readonly status: number; readonly text: string }>;
};

/** Before a node's console as somebody of a role, without a browser: what a page says, and what a form of it is answered. */
export async function deskOf({ node, tokens }: OneNode, role: Role): Promise<Desk> {
  const app = createConsole({ ...node, logger: silentLogger });
  const ask = async (path: string, init: RequestInit) => {
    const answer = await app.request(`${ORIGIN}/console${path}`, init);
    return { status: answer.status, text: await answer.text(), cookie: answer.headers.get("set-cookie") };
  };
  const post = (path: string, form: Record<string, string>, cookie = "") =>
    ask(path, { method: "POST", headers: { origin: ORIGIN, cookie }, body: new URLSearchParams(form) });
  const signedIn = await post("/sign-in", { secret: tokens[role] });
  const cookie = signedIn.cookie?.split(";")[0] ?? "";
  const page = (path: string) => ask(path, { headers: { cookie } });
  const token = /name="token" value="([0-9a-f]+)"/.exec((await page("/")).text)?.[1] ?? "";
  return { page, send: (path, form) => post(path, { ...form, token }, cookie) };
}

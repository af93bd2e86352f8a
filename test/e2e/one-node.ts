import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { createGateway } from "../../gateway/app.ts";
import { composeNode, type HeliuNode } from "../../node/compose.ts";
import { loadConfig } from "../../node/config.ts";
import { type Role, roles } from "../../node/identity/model.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { type Logger, silentLogger } from "../../node/kernel/logger.ts";
import { initialiseNode } from "../../scripts/cli/initialise.ts";

export type OneNode = {
  readonly dir: string;
  readonly node: HeliuNode;
  readonly tokens: { readonly [R in Role]: string };
  /** A person with these roles, as a bearer token. */
  readonly tokenOf: (name: string, held: readonly Role[]) => Promise<string>;
  readonly request: (path: string, init?: RequestInit) => Promise<Response>;
  /** What the node logged as errors: bugs show up here even where the answer hides them. */
  readonly errors: () => readonly string[];
  readonly stop: () => Promise<void>;
};

/** One whole node with its HTTP face, in process and without a port: no peer, no trust list, one token per role. */
export async function startOneNode(
  settings: { readonly [section: string]: object } = {},
  /** Done to the folder before the node opens it. */
  before: (dir: string, token: string) => Promise<void> = async () => {},
): Promise<OneNode> {
  const dir = mkdtempSync(join(tmpdir(), "heliu-one-"));
  const made = await initialiseNode({
    dir,
    region: { id: "510100", name: "成都市" },
    nodeName: "main",
    ports: { http: 0, rpc: 0, dsp: 0 },
  });
  await before(dir, made.token);
  const config = mustSucceed(loadConfig({ dir, flags: settings }));
  const errors: string[] = [];
  const logger: Logger = {
    ...silentLogger,
    error: (fields, message) => errors.push(`${message} ${describe(fields)}`),
    child: () => logger,
  };
  const node = await composeNode(config, { logger });
  const gateway = createGateway({ ...node, logger }, new Hono());
  const admin = mustSucceed(await node.identity.authenticate(made.token));
  const tokenOf = async (name: string, held: readonly Role[]) => {
    const user = mustSucceed(await node.identity.users.add(admin, { name, roles: [...held] }));
    return mustSucceed(await node.identity.tokens.create(admin, user.id, { name: "test" })).token;
  };
  const tokens: Partial<Record<Role, string>> = {};
  for (const role of roles) tokens[role] = await tokenOf(`one ${role}`, [role]);
  return {
    ...{ dir, node, tokens: tokens as Record<Role, string>, tokenOf },
    request: async (path, init) => gateway.request(path, init),
    errors: () => errors,
    async stop() {
      await node.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function describe(fields: object): string {
  const { err, ...rest } = fields as { err?: Error };
  return `${JSON.stringify(rest)} ${err?.stack ?? ""}`;
}

import { type ChildProcess, spawn } from "node:child_process";
import { openSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Role } from "../../node/identity/model.ts";
import { type Connection, callJson } from "../cli/client.ts";
import { initialiseNode } from "../cli/initialise.ts";
import { StepFailed } from "./narrate.ts";

export type DemoRegion = {
  readonly id: string;
  readonly name: string;
  readonly dir: string;
  readonly base: number;
  readonly api: string;
  readonly rpc: string;
  /** One token per role, each of its own person. */
  readonly tokens: { [role in Role]?: string };
  process: ChildProcess | undefined;
};

const AUTHORISATIONS = fileURLToPath(new URL("../../data/authorisations.json", import.meta.url));
const HELIU = fileURLToPath(new URL("../cli/main.js", import.meta.url));

export async function makeRegion(root: string, id: string, name: string, base: number): Promise<DemoRegion> {
  const dir = join(root, id);
  for (const port of [base, base + 1, base + 2]) await assertFree(port);
  const made = await initialiseNode({
    dir,
    region: { id, name },
    nodeName: "main",
    ports: { http: base, rpc: base + 1, dsp: base + 2 },
    settings: {
      catalog: { authorisations: AUTHORISATIONS },
      audit: { checkpointMs: 1_000 },
      transfer: { batchRows: 1_000 },
      log: { level: "info" },
    },
  });
  return {
    id,
    name,
    dir,
    base,
    api: `http://127.0.0.1:${base}`,
    rpc: `127.0.0.1:${base + 1}`,
    tokens: { admin: made.token },
    process: undefined,
  };
}

/** Who signs in for one role. */
export function as(region: DemoRegion, role: Role): Connection {
  const token = region.tokens[role];
  if (token === undefined) throw new StepFailed(`${region.id} has no token for ${role}`);
  return { server: region.api, token };
}

/** Starts `heliu serve` as its own process and resolves when it is ready. */
export async function startRegion(region: DemoRegion): Promise<number> {
  const began = performance.now();
  const log = openSync(join(region.dir, "node.log"), "a");
  const child = spawn(process.execPath, [HELIU, "serve", "--dir", region.dir], { stdio: ["ignore", "ignore", log] });
  region.process = child;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new StepFailed(`heliu serve of ${region.id} ended at once; see ${join(region.dir, "node.log")}`);
    }
    const ready = await fetch(`${region.api}/readyz`).catch(() => undefined);
    if (ready?.ok === true) return performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function stopRegion(region: DemoRegion, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  const child = region.process;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill(signal);
  const force = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await ended;
  clearTimeout(force);
  region.process = undefined;
}

const PEOPLE: readonly (readonly [Role, string, string])[] = [
  ["publisher", "发布员", "publisher"],
  ["requester", "申请人", "requester"],
  ["approver", "审批人", "approver"],
  ["finance", "财务", "finance"],
  ["auditor", "审计员", "auditor"],
];

/** One person per role: nobody in the story approves what they asked for. */
export async function addPeople(region: DemoRegion): Promise<void> {
  for (const [role, name, tokenName] of PEOPLE) {
    const user = await callJson<{ id: string }>(as(region, "admin"), "/users", {
      body: { name: `${region.name}${name}`, roles: [role] },
    });
    const created = await callJson<{ token: string }>(as(region, "admin"), "/tokens", {
      body: { userId: user.id, name: tokenName },
    });
    region.tokens[role] = created.token;
  }
}

async function assertFree(port: number): Promise<void> {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (taken) {
    throw new StepFailed(
      `端口 ${port} 已被占用;请用 --port-base 换一组端口。Port ${port} is in use; choose others with --port-base.`,
    );
  }
}

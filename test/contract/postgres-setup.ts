import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { loadPostgres } from "../../scripts/bench/reachable-postgres.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A database of the run's own PostgreSQL; each test takes a schema of its own in it. */
    postgresUrl: string;
  }
}

const PREFIX = "heliu-postgres-";
const STALE_MS = 3_600_000;

/** A real PostgreSQL for the test run. If it cannot start, the run fails: half a promise is not proven by the other half. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweep();
  const folder = await mkdtemp(join(tmpdir(), PREFIX));
  // The server runs as another user when the tests run as root, and must be able to reach its data.
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const Postgres = await loadPostgres(folder);
  const server = new Postgres({
    databaseDir: join(folder, "data"),
    port,
    user: "heliu",
    password: "heliu",
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // A locale other than C, so that an order by collation would show as a fault.
    initdbFlags: ["--encoding=UTF8", "--locale-provider=icu", "--icu-locale=zh-Hans-CN", "--locale=C"],
    postgresFlags: ["-c", "fsync=off", "-c", "max_connections=200", "-c", `unix_socket_directories=`],
    onLog: (line) => log.push(String(line)),
    onError: (fault) => log.push(String(fault)),
  });
  const guard = startGuard(folder);
  try {
    await server.initialise();
    await server.start();
  } catch (fault) {
    guard.stdin.end();
    throw new Error(`PostgreSQL for the tests did not start:\n${log.join("")}`, { cause: fault });
  }
  project.provide("postgresUrl", `postgres://heliu:heliu@127.0.0.1:${port}/postgres`);
  return async () => {
    await server.stop();
    guard.stdin.end();
  };
}

function startGuard(folder: string) {
  const program = ["--import", "tsx", join(import.meta.dirname, "postgres-guard.ts"), folder];
  const guard = spawn(process.execPath, program, { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  guard.unref();
  return guard;
}

/** What runs killed together with their guard have left. */
async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const folder = join(tmpdir(), name);
    if (!name.startsWith(PREFIX)) continue;
    const age = Date.now() - (await stat(folder).then(({ mtimeMs }) => mtimeMs, Date.now));
    if (age > STALE_MS) await rm(folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "@hono/node-server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { composeNode } from "../../node/compose.ts";
import { loadConfig } from "../../node/config.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { checkBackup, layBackup, takeBackup } from "../../scripts/cli/backup.ts";
import { type OneNode, startOneNode } from "./one-node.ts";

let one: OneNode;
let work: string;
let server: ReturnType<typeof serve>;
let at: { server: string; token: string };
beforeEach(async () => {
  one = await startOneNode();
  work = mkdtempSync(join(tmpdir(), "heliu-backup-"));
  server = serve({ fetch: (request) => one.request(request.url, request), port: 0, hostname: "127.0.0.1" });
  await new Promise((resolve) => server.once("listening", resolve));
  at = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: one.tokens.admin };
});
afterEach(async () => {
  server.close();
  await one.stop();
  rmSync(work, { recursive: true, force: true });
});

const quiet = () => {};
const configIn = (dir: string) => mustSucceed(loadConfig({ dir, flags: { http: { port: 0 }, rpc: { port: 0 } } }));

describe("a backup of a node that serves", () => {
  it("is of one moment, and a node laid from it is that node", async () => {
    const out = join(work, "backup");
    const busy = Promise.all(Array.from({ length: 20 }, (_, i) => one.tokenOf(`extra ${i}`, ["requester"])));
    const manifest = await takeBackup(one.node.config, out, at, quiet);
    await busy;
    expect(manifest.files.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["store.gz", "heliu.yaml", "keys/log.pem", "certs/ca.key"]),
    );
    expect(statSync(join(out, "keys/log.pem")).mode & 0o077).toBe(0);

    const dir = join(work, "again");
    const checked = await checkBackup(out, quiet);
    expect(await layBackup(checked, out, dir, () => configIn(dir), quiet)).toBeGreaterThan(10);
    const node = await composeNode(configIn(dir), { logger: silentLogger });
    const leaves = await node.audit.leaves({ limit: 1_000 });
    const original = await one.node.audit.leaves({ limit: 1_000 });
    expect(original.items.slice(0, leaves.items.length)).toEqual(leaves.items);
    expect(leaves.items.some(({ leaf }) => leaf.kind === "backup.taken")).toBe(true);
    expect(mustSucceed(await node.identity.authenticate(one.tokens.finance)).roles).toEqual(["finance"]);
    await node.stop();
  });

  it("is refused when a file of it was changed or is missing, and goes into no folder that holds a node", async () => {
    const out = join(work, "backup");
    const manifest = await takeBackup(one.node.config, out, at, quiet);
    await expect(takeBackup(one.node.config, out, at, quiet)).rejects.toMatchObject({ code: "BACKUP_EXISTS" });
    const { dir } = one;
    await expect(layBackup(manifest, out, dir, () => configIn(dir), quiet)).rejects.toMatchObject({
      code: "RESTORE_OCCUPIED",
    });
    for (const { path } of manifest.files) {
      const whole = readFileSync(join(out, path));
      appendFileSync(join(out, path), "x");
      await expect(checkBackup(out, quiet)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
      rmSync(join(out, path));
      await expect(checkBackup(out, quiet)).rejects.toMatchObject({ code: "BACKUP_DAMAGED" });
      writeFileSync(join(out, path), whole);
    }
    expect((await checkBackup(out, quiet)).files).toEqual(manifest.files);
    expect(readdirSync(out)).toContain("manifest.json");
  });

  it("may be laid again wherever that was broken off, and starts no node before it is whole", async () => {
    const out = join(work, "backup");
    const manifest = await takeBackup(one.node.config, out, at, quiet);
    const refused = { error: { code: "RESTORE_UNLAID" } };
    const steps: string[] = [];
    const [dir, whole] = [join(work, "again"), join(work, "whole")];
    await layBackup(
      manifest,
      out,
      whole,
      () => configIn(whole),
      (what) => steps.push(what),
    );
    expect(steps.length).toBeGreaterThan(10);
    for (let last = 1; last <= steps.length; last++) {
      let left = last;
      const breakOff = () => {
        left -= 1;
        if (left === 0) throw new Error("power cut");
      };
      await expect(layBackup(manifest, out, dir, () => configIn(dir), breakOff)).rejects.toThrow("power cut");
      if (existsSync(join(dir, "heliu.yaml"))) {
        await expect(composeNode(configIn(dir), { logger: silentLogger })).rejects.toMatchObject(refused);
      }
    }
    expect(await layBackup(manifest, out, dir, () => configIn(dir), quiet)).toBeGreaterThan(10);
    const [node, calm] = [configIn(dir), configIn(whole)].map((config) =>
      composeNode(config, { logger: silentLogger }),
    );
    const leavesOf = async (opened: typeof node) => (await (await opened)?.audit.leaves({ limit: 1_000 }))?.items;
    expect(await leavesOf(node)).toEqual(await leavesOf(calm));
    for (const opened of [node, calm]) await (await opened)?.stop();
    await expect(layBackup(manifest, out, dir, () => configIn(dir), quiet)).rejects.toMatchObject({
      code: "RESTORE_OCCUPIED",
    });
  });

  it("is for administrators only", async () => {
    const { server: url } = at;
    for (const role of ["auditor", "finance", "publisher"] as const) {
      const connection = { server: url, token: one.tokens[role] };
      const out = join(work, role);
      await expect(takeBackup(one.node.config, out, connection, quiet)).rejects.toMatchObject({
        code: "ROLE_REQUIRED",
      });
      expect(readdirSync(work)).toEqual([]);
    }
  });
});

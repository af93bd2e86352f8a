import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { initialiseWitness, openWitnessFolder, type WitnessFolder } from "../../gateway/witness/folder.ts";
import { serveWitness } from "../../gateway/witness/main.ts";
import { checkpointText } from "../../node/audit/checkpoint.ts";
import { logNoteSigner, signNote, writeNote } from "../../node/audit/note.ts";
import { signerFromSeed } from "../../node/kernel/ed25519.ts";
import { mustSucceed } from "../../node/kernel/exchange-error.ts";
import { silentLogger } from "../../node/kernel/logger.ts";
import { until } from "../federation/harness.ts";
import { startOneNode } from "./one-node.ts";

const run = promisify(execFile);
let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), "heliu-witness-"));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const made = async (logs: string[]): Promise<WitnessFolder> => {
  const dir = join(work, "witness");
  return mustSucceed(
    await initialiseWitness(dir, { name: "witness.example/heliu", http: { host: "127.0.0.1", port: 0 }, logs }),
  );
};

describe("an independent witness", () => {
  it("cosigns a node's checkpoints, and what it signed verifies with no part of Heliu", async () => {
    const witnesses: { url: string; vkey: string }[] = [];
    let running: Awaited<ReturnType<typeof serveWitness>> | undefined;
    let logKey = "";
    const one = await startOneNode({ audit: { checkpointMs: 200, witnesses } }, async (dir) => {
      logKey = JSON.parse(readFileSync(join(dir, "trust", "region.json"), "utf8")).logKey;
      const folder = await made([logKey]);
      running = await serveWitness(folder, silentLogger);
      witnesses.push({ url: running.url, vkey: folder.signer.vkey });
    });
    const { audit } = one.node;
    audit.start();
    await one.tokenOf("somebody", ["auditor"]);
    const head = await until(async () => {
      const now = await audit.head();
      return now.witnessedBy.includes("witness.example/heliu") && Number(now.size) > 2 ? now : undefined;
    });
    expect(head.note).toContain("\u2014 witness.example/heliu ");

    const [proof, leaf] = [join(work, "proof"), join(work, "leaf")];
    writeFileSync(proof, mustSucceed(await audit.proof("1")));
    writeFileSync(leaf, mustSucceed(await audit.leaf("1")).bytes);
    const keys = ["--log", logKey, "--witness", witnesses[0]?.vkey ?? ""];
    const { stdout } = await run(process.execPath, [
      "scripts/verify-checkpoint.mjs",
      ...["--proof", proof, "--leaf", leaf],
      ...keys,
    ]);
    expect(stdout).toContain("witness.example/heliu");

    // Without it there is no proof yet: what the settings require is not optional.
    await running?.stop();
    const [, next] = [await one.tokenOf("another", ["auditor"]), Number((await audit.head()).size)];
    await audit.sequenceNow();
    expect(await audit.proof(String(next))).toMatchObject({ error: { code: "AUDIT_NOT_YET" } });
    await audit.stop();
    await one.stop();
  });

  it("answers as C2SP tlog-witness says, and remembers over a restart what it has signed", async () => {
    const vectors = JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8"));
    const { name, seedHex } = vectors.keys[0];
    const logSigner = logNoteSigner(name, signerFromSeed(Buffer.from(seedHex, "hex")));
    const log = logSigner.vkey;
    const first = checkpointText({ origin: name, size: 5n, root: Buffer.alloc(32, 1) });
    const body = `old 0\n\n${writeNote(first, [signNote(first, logSigner)])}`;
    const folder = await made([log]);
    const post = async (url: string, body: string) => {
      const answer = await fetch(`${url}/add-checkpoint`, { method: "POST", body });
      return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.text() };
    };
    let running = await serveWitness(folder, silentLogger);
    expect((await post(running.url, body)).status).toBe(200);
    await running.stop();

    running = await serveWitness(mustSucceed(await openWitnessFolder(folder.dir)), silentLogger);
    const again = await post(running.url, body);
    expect(again).toMatchObject({ status: 409, type: "text/x.tlog.size" });
    expect(again.body).toMatch(/^[1-9][0-9]*\n$/);
    const { signer } = folder;
    const text = checkpointText({ origin: name, size: 9n, root: Buffer.alloc(32) });
    expect((await post(running.url, `old 0\n\n${writeNote(text, [signNote(text, signer)])}`)).status).toBe(403);
    const stranger = checkpointText({ origin: "nobody/log", size: 9n, root: Buffer.alloc(32) });
    expect((await post(running.url, `old 0\n\n${writeNote(stranger, [signNote(stranger, signer)])}`)).status).toBe(404);
    expect((await post(running.url, "old one\n")).status).toBe(400);
    expect((await fetch(`${running.url}/add-checkpoint`)).status).toBe(404);
    await running.stop();
  });

  it("makes no second key in a folder, and names what is wrong in its settings", async () => {
    const folder = await made([JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8")).keys[0].vkey]);
    const again = { name: "other", http: { port: 0 }, logs: folder.logs };
    expect(await initialiseWitness(folder.dir, again)).toMatchObject({ error: { code: "WITNESS_EXISTS" } });
    expect(await initialiseWitness(join(work, "x"), { ...again, logs: ["no vkey"] })).toMatchObject({
      error: { code: "WITNESS_CONFIG" },
    });
    expect(await openWitnessFolder(join(work, "nowhere"))).toMatchObject({ error: { code: "WITNESS_CONFIG" } });
  });
});

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

const { keys, valid } = JSON.parse(readFileSync("test/vectors/signed-note.json", "utf8"));
const [log, otherLog, witness, otherWitness] = keys.map(({ vkey }: { vkey: string }) => vkey);
const vector = valid.at(-1);
const folder = mkdtempSync(join(tmpdir(), "heliu-verify-checkpoint-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/verify-checkpoint.mjs", ...args], {
    encoding: "utf8",
  });
  return { status, stderr, answer: status === 0 ? JSON.parse(stdout) : undefined };
}

const checkpoint = file("checkpoint", vector.note);
const proof = file("proof", vector.proof.text);
const leaf = file("leaf", Buffer.from(vector.proof.leafHex, "hex"));

describe("the independent verifier", () => {
  it("confirms a cosigned checkpoint and a leaf's proof", () => {
    const witnesses = ["--witness", witness, "--witness", otherWitness];
    expect(run("--checkpoint", checkpoint, "--log", log, ...witnesses).answer).toMatchObject({
      ok: true,
      size: vector.size,
      witnesses: ["witness.example/500000", "witness.example/520100"],
    });
    expect(run("--proof", proof, "--leaf", leaf, "--log", log, "--witness", witness).answer).toMatchObject({
      index: vector.proof.index,
    });
  });

  it.each([
    ["another leaf", ["--proof", proof, "--leaf", file("other-leaf", "x"), "--log", log]],
    ["another log's key", ["--checkpoint", checkpoint, "--log", otherLog]],
    [
      "an altered size",
      ["--checkpoint", file("altered", vector.note.replace(`\n${vector.size}\n`, "\n1\n")), "--log", log],
    ],
    ["a witness that did not sign", ["--checkpoint", checkpoint, "--log", log, "--witness", keys[4].vkey]],
    [
      "a longer proof",
      [
        "--proof",
        file("long", vector.proof.text.replace("\n\n", `\n${"A".repeat(43)}=\n\n`)),
        "--leaf",
        leaf,
        "--log",
        log,
      ],
    ],
  ])("refuses %s", (_what, args) => {
    expect(run(...args)).toMatchObject({ status: 1 });
  });
});

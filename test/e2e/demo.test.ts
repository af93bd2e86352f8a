import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { freePortBase } from "../../scripts/bench/ports.ts";
import { runBuilt } from "./built-program.ts";

const SHA256 = expect.stringMatching(/^[0-9a-f]{64}$/);
const DIGEST = expect.stringMatching(/^sha256:[0-9a-f]{64}$/);

it("the demo plays its whole story, says so in one JSON object, and leaves nothing running", {
  timeout: 300_000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), "heliu-demo-test-"));
  try {
    const base = await freePortBase();
    const args = ["--once", "--json", "--dir", dir, "--port-base", String(base)];
    const { code, out, told } = await runBuilt("demo/main.js", args);
    expect(code, told).toBe(0);
    const lines = out.trim().split("\n");
    expect(lines).toHaveLength(1);
    const result = JSON.parse(lines[0] ?? "");
    expectStory(result);
    expectReports(result.reports);
    expect(await Promise.all([base, base + 1, base + 10, base + 11].map(isListening))).toEqual(Array(4).fill(false));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});

function expectStory(result: { settlement: { digests: { [region: string]: string } } }): void {
  expect(result).toMatchObject({
    ok: true,
    regions: [
      { id: "510100", entries: 48 },
      { id: "500000", entries: 46 },
    ],
    search: { query: "电梯", hits: expect.any(Number) },
    negotiations: [
      { mode: "auto", state: "FINALIZED", agreementDigest: DIGEST },
      { mode: "approved", state: "FINALIZED", agreementDigest: DIGEST },
      { mode: "countered", state: "FINALIZED", agreementDigest: DIGEST },
      { mode: "refused", state: "TERMINATED", agreementDigest: null },
    ],
    transfers: [
      { rows: expect.any(Number), sha256: SHA256 },
      { rows: 14_253, sha256: SHA256 },
    ],
    calls: { answered: 1_000, refused: 1 },
    settlement: {
      grossFen: "40000",
      matched: true,
      perRegion: [
        { region: "500000", fen: "5200" },
        { region: "510100", fen: "34800" },
      ],
    },
    audit: { "510100": { witnessed: true }, "500000": { witnessed: true } },
  });
  const { digests } = result.settlement;
  expect(digests["510100"]).toEqual(DIGEST);
  expect(digests["500000"]).toBe(digests["510100"]);
}

/** Each format by how its files begin. */
function expectReports(files: readonly string[]): void {
  const begins = files.map((file) => [file.split(".").at(-1), readFileSync(file).subarray(0, 4).toString("latin1")]);
  const heads = Object.fromEntries(begins);
  expect(Object.keys(heads).sort()).toEqual(["csv", "json", "ledger", "pdf", "xlsx"]);
  expect(heads).toMatchObject({ pdf: "%PDF", xlsx: "PK\u0003\u0004", json: expect.stringMatching(/^[{[]/) });
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

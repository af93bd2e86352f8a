import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SOAK = fileURLToPath(new URL("../../dist/scripts/soak/main.js", import.meta.url));

/** Ends with the test: its nodes end with it. */
function soak(
  ...args: string[]
): Promise<{ readonly code: number | null; readonly out: string; readonly told: string }> {
  const child = spawn(process.execPath, [SOAK, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let told = "";
  child.stdout.on("data", (text) => {
    out += text;
  });
  child.stderr.on("data", (text) => {
    told += text;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, out, told })));
}

/** A short sample; `npm run soak -- kills` tries fifty and more. */
it("two regions end their story alike, wherever one of them is killed", { timeout: 300_000 }, async () => {
  expect(existsSync(SOAK), "run npm run build first").toBe(true);
  const { code, out, told } = await soak("kills", "--n", "3", "--seed", "sample");
  expect(code, told).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verb: "kills", trials: 3, ok: true, failed: [] });
});

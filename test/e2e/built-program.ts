import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export type Ended = { readonly code: number | null; readonly out: string; readonly told: string };

/** Runs a script of the built program to its end; what it starts ends with it. */
export function runBuilt(script: string, args: readonly string[]): Promise<Ended> {
  const path = fileURLToPath(new URL(`../../dist/scripts/${script}`, import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing: run npm run build first`);
  const child = spawn(process.execPath, [path, ...args], { stdio: ["ignore", "pipe", "pipe"] });
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

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchOptions, BenchRow } from "./row.ts";

const CHILD = fileURLToPath(import.meta.url).replace(/settlement\.([tj]s)$/, "settlement-child.$1");
/** Ten times the others, so it is measured only when nobody is in a hurry. */
const LONG = new Set(["statement.10m"]);

/** Each case in a process of its own, so that its peak of memory is its own. */
export function benchSettlement(name: string): (options: BenchOptions) => Promise<BenchRow | undefined> {
  return async ({ quick }) => {
    if (quick && LONG.has(name)) return undefined;
    const child = spawn(process.execPath, [...process.execArgv, CHILD, name, ...(quick ? ["--quick"] : [])], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    if (code !== 0) throw new Error(`the benchmark ${name} ended with ${code}`);
    return JSON.parse(text.trim().split("\n").at(-1) ?? "") as BenchRow;
  };
}

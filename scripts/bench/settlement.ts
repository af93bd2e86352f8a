import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
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
    const anonymous = peakOfAnonymous(child.pid);
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    const anonMb = anonymous.stop();
    if (code !== 0) throw new Error(`the benchmark ${name} ended with ${code}`);
    const row = JSON.parse(text.trim().split("\n").at(-1) ?? "") as BenchRow;
    if (anonMb === undefined) return row;
    return { ...row, anonMb, met: row.met && anonMb <= (row.target.anonMb ?? anonMb) };
  };
}

const SAMPLE_MS = 20;

/**
 * The most memory of its own that a process had, in MB: without the store's tables, which it maps and the system drops when
 * it needs the room (at most 2 GB, LevelDB's limit of mapped files). Linux only, which alone tells the two apart.
 */
function peakOfAnonymous(pid: number | undefined): { stop(): number | undefined } {
  let peakKb: number | undefined;
  const timer = setInterval(async () => {
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const kb = Number(/^RssAnon:\s+([0-9]+)/m.exec(status)?.[1] ?? Number.NaN);
    if (!Number.isNaN(kb)) peakKb = Math.max(peakKb ?? 0, kb);
  }, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakKb === undefined ? undefined : Math.round(peakKb / 1_024);
    },
  };
}

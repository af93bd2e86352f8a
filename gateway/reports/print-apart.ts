import { Worker } from "node:worker_threads";
import type { PrintJob } from "./print.ts";

/** Each takes up to 150 MB and a core; those who ask at the same time wait for each other. */
const MOST_AT_ONCE = 2;
let running = 0;
const waiting: (() => void)[] = [];

/** In a thread of its own, since half a second of pure computing would stop every stream of the node. */
export async function printApart(job: PrintJob): Promise<Uint8Array> {
  const own = new URL(import.meta.url);
  // Run from sources (tests, tsx) a plain thread cannot load TypeScript.
  if (!own.pathname.endsWith(".js")) return (await import("./print.ts")).print(job);
  if (running >= MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
  try {
    return await inThread(new URL("./print-worker.js", own), job);
  } finally {
    running--;
    waiting.shift()?.();
  }
}

function inThread(program: URL, job: PrintJob): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, { workerData: job });
    worker.once("message", (bytes: Uint8Array) => resolve(bytes));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the printing thread ended without an answer")));
  });
}

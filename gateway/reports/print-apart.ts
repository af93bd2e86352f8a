import { Worker } from "node:worker_threads";
import type { PrintJob } from "./print.ts";

/** In a thread of its own, since half a second of pure computing would stop every stream of the node. */
export async function printApart(job: PrintJob): Promise<Uint8Array> {
  const own = new URL(import.meta.url);
  // Run from sources (tests, tsx) a plain thread cannot load TypeScript.
  if (!own.pathname.endsWith(".js")) return (await import("./print.ts")).print(job);
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./print-worker.js", own), { workerData: job });
    worker.once("message", (bytes: Uint8Array) => resolve(bytes));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the printing thread ended without an answer")));
  });
}

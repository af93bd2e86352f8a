import { Worker } from "node:worker_threads";
import type { ReportModel } from "./model.ts";

/** In a thread of its own, since half a second of pure computing would stop every stream of the node. */
export async function renderPdf(model: ReportModel): Promise<Uint8Array> {
  const own = new URL(import.meta.url);
  // Run from sources (tests, tsx) a plain thread cannot load TypeScript.
  if (!own.pathname.endsWith(".js")) return (await import("./pdf-print.ts")).printPdf(model);
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./pdf-worker.js", own), { workerData: model });
    worker.once("message", (bytes: Uint8Array) => resolve(bytes));
    worker.once("error", reject);
    worker.once("exit", () => reject(new Error("the PDF thread ended without an answer")));
  });
}

import { parentPort, workerData } from "node:worker_threads";
import { printPdf } from "./pdf-print.ts";

/** The other end of `pdf.ts`: one report, then the thread ends. */
parentPort?.postMessage(await printPdf(workerData));

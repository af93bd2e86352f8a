import { parentPort, workerData } from "node:worker_threads";
import { print } from "./print.ts";

/** The other end of `print-apart.ts`: one report, then the thread ends. */
parentPort?.postMessage(await print(workerData));

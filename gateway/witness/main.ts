import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import { parseVkey } from "../../node/audit/note.ts";
import type { Logger } from "../../node/kernel/logger.ts";
import { noMetrics } from "../../node/kernel/metrics.ts";
import { type Runtime, systemRuntime } from "../../node/kernel/runtime.ts";
import { openLevelStore } from "../../node/storage/level.ts";
import { createWitnessApp } from "./app.ts";
import type { WitnessFolder } from "./folder.ts";

/** The store alone decides what is signed: each answer is durable before it leaves, and one process may hold the folder. */
export async function serveWitness(folder: WitnessFolder, logger: Logger, runtime: Runtime = systemRuntime) {
  const { dir, http, logs, signer } = folder;
  const store = await openLevelStore(join(dir, "store"), { failPoint: runtime.failPoint });
  const watched = logs.map((logVkey) => ({ region: nameOf(logVkey), logVkey }));
  const app = createWitnessApp({
    ...{ store, runtime, logger, metrics: noMetrics, region: null },
    ...{ witnessSigner: signer, peers: () => watched },
  });
  const server = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(http.port, http.host, resolve);
  }).catch(async (fault: unknown) => {
    await store.close();
    throw fault;
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${http.host}:${port}`,
    async stop(): Promise<void> {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
      await store.close();
    },
  };
}

function nameOf(vkey: string): string {
  const key = parseVkey(vkey);
  return key.ok ? key.value.name : vkey;
}

import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { isAbsolute, join } from "node:path";
import type { TLSSocket } from "node:tls";
import { getRequestListener } from "@hono/node-server";
import { composeNode, type HeliuNode, type NodeParts } from "../node/compose.ts";
import type { NodeConfig } from "../node/config.ts";
import type { Peer } from "../node/identity/model.ts";
import { createLogger } from "../node/logging.ts";
import { serveUntilStopped } from "../node/serve.ts";
import { createGateway } from "./app.ts";
import { createConsole } from "./console/app.tsx";
import { createDspApp } from "./dsp/app.ts";
import { createDspChannel } from "./dsp/channel.ts";

export type RunningNode = {
  readonly node: HeliuNode;
  readonly api: string;
  readonly rpcPort: number;
  readonly dspPort: number;
  readonly stop: () => Promise<void>;
};

/** A whole node: gRPC, HTTP, DSP and workers in one process. */
export async function startNode(config: NodeConfig, parts: NodeParts): Promise<RunningNode> {
  const dsp = createDspChannel();
  const node = await composeNode(config, { ...parts, dspChannel: dsp.channel });
  dsp.connect({ trust: node.trust, credentials: node.links.renewal.current, runtime: node.runtime });
  const gateway = createGateway({ ...node, logger: parts.logger }, createConsole({ ...node, logger: parts.logger }));
  const http = httpServer(config, getRequestListener(gateway.fetch));
  const peers = new WeakMap<object, Peer>();
  const dspApp = createDspApp({ ...node, logger: parts.logger, peerOf: (socket: object) => peers.get(socket) });
  const dspServer = createHttpServer(getRequestListener(dspApp.fetch));
  let closeFront = async () => {};
  try {
    const { rpcPort } = await node.start();
    const front = await node.links.front({
      ...config.dsp,
      protocols: ["http/1.1"],
      onSocket: (socket: TLSSocket, peer) => {
        peers.set(socket, peer);
        dspServer.emit("connection", socket);
      },
    });
    closeFront = front.close;
    const unwatch = node.trust.onChange(() => void front.closeWhere((peer) => !node.links.isStillTrusted(peer).ok));
    await listen(http, config.http.port, config.http.host);
    const { port } = http.address() as AddressInfo;
    const scheme = config.http.tls === undefined ? "http" : "https";
    const api = `${scheme}://${config.http.host}:${port}`;
    parts.logger.info({ api, rpcPort, dspPort: front.port }, "ready");
    return {
      ...{ node, api, rpcPort, dspPort: front.port },
      async stop() {
        unwatch();
        await closeHttp(http);
        await front.close();
        dspServer.closeAllConnections();
        await node.stop();
      },
    };
  } catch (fault) {
    await closeFront();
    await node.stop();
    throw fault;
  }
}

export function serve(config: NodeConfig): Promise<void> {
  const logger = createLogger(config.log.level, { region: config.region.id, node: config.node.name });
  return serveUntilStopped(config, logger, () => startNode(config, { logger }));
}

type Listener = ReturnType<typeof getRequestListener>;

function httpServer({ http, dir }: NodeConfig, listener: Listener): Server {
  if (http.tls === undefined) return createHttpServer(listener);
  const read = (path: string) => readFileSync(isAbsolute(path) ? path : join(dir, path));
  const { certificate, key } = http.tls;
  return createHttpsServer({ cert: read(certificate), key: read(key), minVersion: "TLSv1.2" }, listener);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Requests under way finish; idle keep-alive connections do not hold the process. */
function closeHttp(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    const force = setTimeout(() => server.closeAllConnections(), 2_000);
    server.once("close", () => clearTimeout(force));
  });
}

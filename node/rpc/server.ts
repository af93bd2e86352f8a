import type { TLSSocket } from "node:tls";
import { Server, ServerCredentials, type UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Peer } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import { auditHandlers } from "./audit-handlers.ts";
import { CALL_LIMITS, type CallLimits, callLimits } from "./call-limits.ts";
import { catalogHandlers } from "./catalog-handlers.ts";
import { DATA_PROTOCOL, KEEPALIVE, type Keepalive } from "./data-connection.ts";
import { serveData } from "./data-server.ts";
import { createGate, type GateDeps } from "./gate.ts";
import { negotiationHandlers } from "./negotiation-handlers.ts";
import { protocol } from "./protocol.ts";
import type { RpcServices } from "./services.ts";
import { settlementHandlers } from "./settlement-handlers.ts";
import { transferHandlers } from "./transfer-handlers.ts";
import { trustHandlers } from "./trust-handlers.ts";

/** A whole statement may travel as evidence in one message; what comes in bulk comes in streams. */
const MAX_REQUEST_BYTES = 16 * 1_048_576;
/** The stream windows of HTTP/2 start at 64 KiB, which halves the throughput of 1 MiB frames. Source: docs/architecture.md §5. */
export const FLOW_CONTROL_WINDOW = 8 * 1_048_576;

export type RpcServerDeps = {
  readonly region: string;
  readonly services: RpcServices;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whether a live connection may go on. Its leaf may have passed its 24 h meanwhile: renewal must not drop a stream. */
  readonly isStillTrusted: (peer: Peer) => Result<true>;
  readonly follow: GateDeps["follow"];
  readonly keepalive?: Keepalive;
  readonly limits?: CallLimits;
};

/** What the TLS front of a region offers on this port. */
export const RPC_PROTOCOLS = ["h2", DATA_PROTOCOL] as const;

type Connection = { readonly socket: TLSSocket; readonly peer: Peer; readonly speaks: keyof CallLimits["connections"] };

export type RpcServer = {
  /** Takes over a connection whose peer the TLS front has established: gRPC, or data where the handshake agreed on that. */
  readonly accept: (socket: TLSSocket, peer: Peer, protocol: string) => void;
  /** Closes the connections of peers that are no longer trusted; to be called when trust list or revocations change. */
  readonly recheck: () => void;
  readonly connections: () => readonly Peer[];
  /** Lets calls under way finish for `graceMs`, then closes everything. */
  readonly stop: (graceMs?: number) => Promise<void>;
};

/** The gRPC side of a node. It listens on nothing itself: our TLS front names refusals and holds the sockets, grpc-js can do neither. */
export function createRpcServer(deps: RpcServerDeps): RpcServer {
  const { region, services, runtime, metrics, limits = CALL_LIMITS } = deps;
  const logger = deps.logger.child({ part: "rpc" });
  const connections = new Map<string, Connection>();
  const gate = createGate({
    ...{ runtime, logger, metrics, trust: services.trust },
    peerAt: (connection) => connections.get(connection)?.peer,
    follow: deps.follow,
  });
  const keepalive = deps.keepalive ?? KEEPALIVE;
  const server = new Server({
    "grpc.max_receive_message_length": MAX_REQUEST_BYTES,
    "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW,
    "grpc.keepalive_time_ms": keepalive.everyMs,
    "grpc.keepalive_timeout_ms": keepalive.timeoutMs,
    "grpc.enable_channelz": 0,
    interceptors: [
      callLimits(
        limits,
        (connection) => connections.get(connection)?.peer.region,
        (method, { code }) => gate.observe(method, code, gate.nowMs()),
      ),
    ],
  });
  const { Catalog, Negotiation, Transfer, Settlement, Audit, Trust, data } = protocol();
  server.addService(Catalog, catalogHandlers(gate, services));
  server.addService(Negotiation, negotiationHandlers(gate, services));
  server.addService({ ...Transfer }, transferHandlers(gate, services) as unknown as UntypedServiceImplementation);
  server.addService(Settlement, settlementHandlers(gate, services));
  server.addService(Audit, auditHandlers(gate, services));
  server.addService(Trust, trustHandlers(gate, services, region));
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());

  return {
    accept(socket, peer, protocol) {
      const key = `${socket.remoteAddress}:${socket.remotePort}`;
      const speaks = protocol === DATA_PROTOCOL ? "data" : "grpc";
      const same = [...connections.values()].filter((one) => one.peer.region === peer.region && one.speaks === speaks);
      // Those that died silently make room within seconds, by their keepalive.
      if (same.length >= limits.connections[speaks]) {
        const fields = { peer: peer.region, code: "RPC_TOO_MANY_CONNECTIONS", speaks, open: same.length };
        logger.warn(fields, "a connection was closed: its region has as many open as one may have");
        socket.destroy();
        return;
      }
      const connection = { socket, peer, speaks } as const;
      connections.set(key, connection);
      socket.on("error", (fault) => logger.debug({ peer: peer.region, fault: fault.message }, "connection failed"));
      socket.once("close", () => {
        // The address may already belong to a later connection.
        if (connections.get(key) === connection) connections.delete(key);
      });
      if (speaks === "data") serveData({ transfers: services.transfers, gate, codec: data, keepalive }, socket, key);
      else injector.injectConnection(socket);
    },
    recheck() {
      for (const [key, { socket, peer }] of connections) {
        const result = deps.isStillTrusted(peer);
        if (result.ok) continue;
        logger.warn({ peer: peer.region, leaf: peer.leafSerial, code: result.error.code }, "connection closed");
        // At once: a call that is already on its way in must not find the peer any more.
        connections.delete(key);
        socket.destroy();
      }
    },
    connections: () => [...connections.values()].map(({ peer }) => peer),
    async stop(graceMs = 200) {
      injector.drain(graceMs);
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      const forced = setTimeout(() => {
        server.forceShutdown();
        for (const { socket } of connections.values()) socket.destroy();
      }, graceMs);
      await closed;
      clearTimeout(forced);
      for (const { socket } of connections.values()) socket.destroy();
    },
  };
}

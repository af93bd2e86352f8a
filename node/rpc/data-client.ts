import type { TLSSocket } from "node:tls";
import type { Peer } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Frame, PullControl } from "../transfer/wire.ts";
import { DATA_PROTOCOL, framed, type Keepalive, keepAlive, roomIn } from "./data-connection.ts";
import { createDataReader, type ReadPiece } from "./data-reader.ts";
import type { DataCodec, Said } from "./frame-codec.ts";
import { type HandshakeOptions, shakeHands } from "./tls-handshake.ts";

export type DataClientDeps = {
  /** `host:port` as the trust list names it. */
  readonly endpoint: string;
  readonly handshake: Omit<HandshakeOptions, "host" | "timeoutMs" | "protocol">;
  readonly handshakeMs: number;
  readonly keepalive: Keepalive;
  readonly codec: DataCodec;
  readonly said: () => Said;
  readonly sawListVersion: (version: bigint) => void;
};

export type DataClient = {
  /**
   * One pull on a connection of its own. Undefined: the peer does not know data connections (an older node), and gRPC is the
   * way. Throws what kept the connection from being made. Who stops reading ends it.
   */
  readonly open: (controls: AsyncIterable<PullControl>) => Promise<AsyncIterable<Frame> | undefined>;
  /** Ends the connections to a peer that is no longer trusted. */
  readonly recheck: (isStillTrusted: (peer: Peer) => Result<true>) => void;
  readonly close: () => void;
};

/** Pieces read ahead of whoever takes them: 2 MiB. */
const MAX_AHEAD = 8;

export function createDataClient(deps: DataClientDeps): DataClient {
  const live = new Map<TLSSocket, Peer>();

  async function connect(): Promise<{ socket: TLSSocket; incoming: Incoming } | undefined> {
    const { hostname, port } = new URL(`tcp://${deps.endpoint}`);
    const host = hostname.replace(/^\[|\]$/g, "");
    const incoming = createIncoming();
    let peer: Peer | undefined;
    const check: HandshakeOptions["check"] = (chainDer) => {
      const checked = deps.handshake.check(chainDer);
      if (checked.ok) peer = checked.value;
      return checked;
    };
    const options = { ...deps.handshake, check, host, timeoutMs: deps.handshakeMs, protocol: DATA_PROTOCOL };
    const wire = { host, port: Number(port), onread: incoming.onread };
    const socket = await shakeHands(wire, options).catch((fault) => {
      if (isUnknownProtocol(fault)) return undefined;
      throw fault;
    });
    if (socket === undefined || peer === undefined) return undefined;
    if (socket.alpnProtocol !== DATA_PROTOCOL) {
      socket.destroy();
      return undefined;
    }
    live.set(socket, peer);
    socket.once("close", () => live.delete(socket));
    incoming.attach(socket);
    return { socket, incoming };
  }

  return {
    async open(controls) {
      const connected = await connect();
      if (connected === undefined) return undefined;
      const { socket, incoming } = connected;
      const alive = keepAlive(socket, deps.keepalive, () => !incoming.isHeldBack());
      incoming.onHeard(alive.heard);
      void send(controls, socket, deps);
      return { [Symbol.asyncIterator]: () => framesOf(incoming, socket, deps) };
    },
    recheck(isStillTrusted) {
      for (const [socket, peer] of live) if (!isStillTrusted(peer).ok) socket.destroy();
    },
    close() {
      for (const socket of live.keys()) socket.destroy();
    },
  };
}

/** RFC 7301 §3.2: a server that speaks none of the protocols offered ends the handshake with this alert. */
function isUnknownProtocol(fault: unknown): boolean {
  return (fault as { code?: unknown }).code === "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL";
}

async function send(controls: AsyncIterable<PullControl>, socket: TLSSocket, { codec, said }: DataClientDeps) {
  for await (const control of controls) {
    if (!socket.writable) break;
    socket.write(framed(codec.encodeControl(control, said())));
    if (socket.writableNeedDrain) await roomIn(socket);
  }
  socket.end();
}

function framesOf(incoming: Incoming, socket: TLSSocket, deps: DataClientDeps): AsyncIterator<Frame> {
  let release = () => {};
  return {
    async next() {
      release();
      release = () => {};
      for (;;) {
        const piece = await incoming.next();
        if (piece === undefined) return { done: true, value: undefined };
        if (piece.kind === "content") {
          release = piece.release;
          return { done: false, value: { kind: "data", bytes: piece.bytes } };
        }
        const frame = deps.codec.decodeFrame(piece.bytes);
        if (frame.kind !== "accepted") return { done: false, value: frame };
        if (/^(0|[1-9][0-9]{0,17})$/.test(frame.listVersion)) deps.sawListVersion(BigInt(frame.listVersion));
      }
    },
    async return() {
      // What was said last (signatures) still goes out.
      socket.destroySoon();
      return { done: true, value: undefined };
    },
  };
}

type Incoming = ReturnType<typeof createIncoming>;

/** Pieces between the connection and its reader. The connection is paused while too many wait. */
function createIncoming() {
  const waiting: ReadPiece[] = [];
  let socket: TLSSocket | undefined;
  let fault: Error | undefined;
  let isOver = false;
  let isHeldBack = false;
  let wake = () => {};
  let heard = () => {};
  const end = () => {
    isOver = true;
    wake();
  };
  const reader = createDataReader((piece) => {
    waiting.push(piece);
    wake();
  });
  return {
    onread: {
      buffer: reader.place,
      callback(bytes: number): boolean {
        heard();
        try {
          reader.filled(bytes);
        } catch (reason) {
          fault = reason instanceof Error ? reason : new Error(String(reason));
          socket?.destroy();
          end();
        }
        isHeldBack = waiting.length >= MAX_AHEAD;
        return !isHeldBack;
      },
    },
    attach(connected: TLSSocket) {
      socket = connected;
      socket.on("error", (reason) => {
        fault = reason;
      });
      socket.on("end", end);
      socket.on("close", end);
    },
    onHeard(listener: () => void) {
      heard = listener;
    },
    isHeldBack: () => isHeldBack,
    /** Undefined at the end; throws what broke the connection. */
    async next(): Promise<ReadPiece | undefined> {
      for (;;) {
        const piece = waiting.shift();
        if (piece !== undefined) {
          if (isHeldBack && waiting.length === 0) {
            isHeldBack = false;
            socket?.resume();
          }
          return piece;
        }
        if (fault !== undefined) throw fault;
        if (isOver) return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

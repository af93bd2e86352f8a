import type { TLSSocket } from "node:tls";
import type { Metadata } from "@grpc/grpc-js";
import type { ExchangeError } from "../kernel/exchange-error.ts";
import { withTraceId } from "../kernel/trace.ts";
import type { Frame, PullControl } from "../transfer/wire.ts";
import { listVersionOf, metadataOf } from "./call-metadata.ts";
import { announce, announcedBy, framed, type Keepalive, keepAlive, LENGTH_BYTES, roomIn } from "./data-connection.ts";
import { type DataCodec, MAX_CONTROL_BYTES, type Said } from "./frame-codec.ts";
import type { Gate } from "./gate.ts";
import type { RpcServices } from "./services.ts";

export type DataServerDeps = {
  readonly gate: Gate;
  readonly transfers: Pick<RpcServices["transfers"], "pull">;
  readonly codec: DataCodec;
  readonly keepalive: Keepalive;
};

const METHOD = "/heliu.v1.Transfer/Pull";
/** Controls kept ahead of their reader; the socket is paused at this many, so a peer cannot fill our memory. */
const MAX_AHEAD = 64;

/** Serves one pull on a connection whose peer the TLS front has established; `connection` is its key at the gate. */
export function serveData(
  { gate, transfers, codec, keepalive }: DataServerDeps,
  socket: TLSSocket,
  connection: string,
) {
  const controls = controlsOf(socket, codec);
  const alive = keepAlive(socket, keepalive, () => true);
  socket.on("data", alive.heard);
  // Heartbeats alone would keep a connection on which nobody ever asks for anything, and with it memory and a file handle.
  const toOpen = setTimeout(() => socket.destroy(), keepalive.everyMs + keepalive.timeoutMs);
  toOpen.unref();
  socket.once("close", () => clearTimeout(toOpen));
  const startedMs = gate.nowMs();
  const serve = async (): Promise<string> => {
    const said = await controls.said;
    clearTimeout(toOpen);
    if (said === undefined) return "CANCELLED";
    const call = {
      getPeer: () => connection,
      metadata: metadataOf(said),
      sendMetadata: (metadata: Metadata) =>
        socket.write(framed(codec.encodeAccepted(String(listVersionOf(metadata) ?? "")))),
    };
    const admitted = await gate.admit(call, "transfer", true);
    if (!admitted.ok) {
      socket.write(framed(codec.encodeFrame(refusal(admitted.error))));
      return admitted.error.code;
    }
    const { peer, traceId } = admitted.value;
    await withTraceId(traceId, () => pour(transfers.pull(peer, controls.all), socket, codec));
    return socket.destroyed ? "CANCELLED" : "OK";
  };
  serve().then(
    (code) => {
      gate.observe(METHOD, code, startedMs);
      // The peer may go on talking on its own half for ever; it has had everything once our half is written.
      socket.end(() => setTimeout(() => socket.destroy(), keepalive.timeoutMs).unref());
    },
    (fault) => {
      gate.observe(METHOD, "INTERNAL", startedMs);
      gate.reportBug(fault, METHOD);
      socket.destroy();
    },
  );
}

function refusal({ kind, code, text }: ExchangeError): Extract<Frame, { kind: "refused" }> {
  return { kind: "refused", errorKind: kind, code, rule: code, text };
}

async function pour(frames: AsyncIterable<Frame>, socket: TLSSocket, codec: DataCodec): Promise<void> {
  for await (const frame of frames) {
    if (!socket.writable) return;
    if (frame.kind === "data") {
      socket.write(announce({ kind: "content", bytes: frame.bytes.length }));
      socket.write(frame.bytes);
    } else {
      socket.write(framed(codec.encodeFrame(frame)));
    }
    if (socket.writableNeedDrain) await roomIn(socket);
  }
}

/** The controls that a consumer sends, and what it said with the first one; undefined when it ended before saying anything. */
function controlsOf(socket: TLSSocket, codec: DataCodec) {
  const waiting: PullControl[] = [];
  let isOver = false;
  let wake = () => {};
  let hear: (said: Said | undefined) => void = () => {};
  const said = new Promise<Said | undefined>((resolve) => {
    hear = resolve;
  });
  const end = () => {
    isOver = true;
    hear(undefined);
    wake();
  };
  const take = (message: Buffer) => {
    const decoded = codec.decodeControl(message);
    hear(decoded.said);
    waiting.push(decoded.control);
    if (waiting.length >= MAX_AHEAD) socket.pause();
    wake();
  };
  const messages = messageReader(take);
  socket.on("data", (bytes: Buffer) => {
    try {
      messages(bytes);
    } catch (fault) {
      // Not one of ours, or broken: whoever reads the log of the other side sees a connection that was closed.
      socket.destroy(fault instanceof Error ? fault : undefined);
    }
  });
  for (const event of ["end", "error", "close"]) socket.on(event, end);
  const all: AsyncIterable<PullControl> = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const control = waiting.shift();
        if (control !== undefined) {
          if (waiting.length === 0 && socket.isPaused()) socket.resume();
          yield control;
        } else if (isOver) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
  return { said, all };
}

/** Cuts what comes in, in pieces of any size, into messages. Throws on what no control can be. */
function messageReader(take: (message: Buffer) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    while (rest.length >= LENGTH_BYTES) {
      const announced = announcedBy(rest);
      if (announced?.kind !== "message" || announced.bytes > MAX_CONTROL_BYTES)
        throw new TypeError("a control that is none");
      const end = LENGTH_BYTES + announced.bytes;
      if (rest.length < end) return;
      if (announced.bytes > 0) take(rest.subarray(LENGTH_BYTES, end));
      rest = rest.subarray(end);
    }
  };
}

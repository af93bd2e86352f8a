import type { TLSSocket } from "node:tls";

/**
 * The protocol of data connections, named in the TLS handshake (ALPN). The messages are those of `Transfer.Pull`, without
 * HTTP/2 around them: four bytes of big-endian length, then the protobuf message. A length with its highest bit set announces
 * that many bytes of content, as they are; a length of 0 is a heartbeat. Why beside gRPC: docs/adr/0006.
 */
export const DATA_PROTOCOL = "heliu-pull/1";

export const LENGTH_BYTES = 4;
const CONTENT = 0x8000_0000;
/** A receipt's core with its signature takes a few KiB. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

export type Announced = { readonly kind: "content" | "message"; readonly bytes: number };

export function announce({ kind, bytes }: Announced): Buffer {
  const header = Buffer.allocUnsafe(LENGTH_BYTES);
  header.writeUInt32BE((kind === "content" ? CONTENT : 0) + bytes);
  return header;
}

/** Undefined for a message longer than any there is. */
export function announcedBy(header: Buffer): Announced | undefined {
  const length = header.readUInt32BE();
  if (length >= CONTENT) return { kind: "content", bytes: length - CONTENT };
  return length > MAX_MESSAGE_BYTES ? undefined : { kind: "message", bytes: length };
}

export function framed(message: Buffer): Buffer {
  return Buffer.concat([announce({ kind: "message", bytes: message.length }), message]);
}

/** Resolves when the socket takes more, or will never take any. */
export function roomIn(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
    if (socket.destroyed) done();
  });
}

/** A link on which nothing answers for `everyMs` + `timeoutMs` is closed. */
export type Keepalive = { readonly everyMs: number; readonly timeoutMs: number };

export const KEEPALIVE: Keepalive = { everyMs: 5_000, timeoutMs: 5_000 };

/**
 * Says something every `everyMs` and closes a connection on which nothing came for `everyMs + timeoutMs`, as grpc-js does for
 * gRPC: a half-open link would otherwise be waited on for ever. Silence is counted in ticks of our own timer, so that a process
 * that was stopped for a while does not take its own absence for the peer's.
 */
export function keepAlive(socket: TLSSocket, { everyMs, timeoutMs }: Keepalive, isListening: () => boolean) {
  const most = Math.ceil((everyMs + timeoutMs) / everyMs);
  let silentTicks = 0;
  const timer = setInterval(() => {
    silentTicks = isListening() ? silentTicks + 1 : 0;
    if (silentTicks > most) socket.destroy(new Error("the peer went silent"));
    else if (socket.writable && !socket.writableNeedDrain) socket.write(announce({ kind: "message", bytes: 0 }));
  }, everyMs);
  timer.unref();
  socket.once("close", () => clearInterval(timer));
  return {
    heard: () => {
      silentTicks = 0;
    },
  };
}

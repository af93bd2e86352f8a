import { announcedBy, LENGTH_BYTES, MAX_MESSAGE_BYTES } from "./data-connection.ts";

/** What was read: a message to be decoded, or a piece of content in memory that is to be given back. */
export type ReadPiece =
  | { readonly kind: "message"; readonly bytes: Buffer }
  | { readonly kind: "content"; readonly bytes: Buffer; readonly release: () => void };

export type DataReader = {
  /** Where the next bytes of the connection go. */
  readonly place: () => Uint8Array;
  /** So many bytes came to where `place` last said. Throws on what is no data connection. */
  readonly filled: (bytes: number) => void;
};

/** Large enough that a promise per piece costs nothing, small enough to stay in the processor's cache while it is hashed. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Reads a data connection into memory that is used again. Fresh buffers for everything that comes in, at some hundred MB/s,
 * would have V8 mark its whole heap (search index and all) several times a second: that cost half of both cores.
 */
export function createDataReader(give: (piece: ReadPiece) => void): DataReader {
  const free: Buffer[] = [];
  const message = Buffer.allocUnsafeSlow(LENGTH_BYTES + MAX_MESSAGE_BYTES);
  let chunk: Buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  /** Bytes in `message`, of the message's `need`, or in `chunk`. */
  let held = 0;
  let need = LENGTH_BYTES;
  let contentLeft = 0;

  const giveChunk = () => {
    const full = chunk;
    give({ kind: "content", bytes: full.subarray(0, held), release: () => free.push(full) });
    chunk = free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    held = 0;
  };
  const content = (bytes: number) => {
    held += bytes;
    contentLeft -= bytes;
    if (held === CHUNK_BYTES || contentLeft === 0) giveChunk();
  };
  const head = () => {
    const announced = announcedBy(message);
    if (announced === undefined) throw new TypeError("a message longer than any there is");
    if (announced.kind === "content") {
      contentLeft = announced.bytes;
      held = 0;
    } else {
      need = LENGTH_BYTES + announced.bytes;
    }
  };
  return {
    place: () =>
      contentLeft > 0 ? chunk.subarray(held, Math.min(CHUNK_BYTES, held + contentLeft)) : message.subarray(held, need),
    filled(bytes) {
      if (contentLeft > 0) return content(bytes);
      held += bytes;
      if (held < need) return;
      if (need === LENGTH_BYTES) head();
      if (contentLeft > 0 || held < need) return;
      // A length of 0 is a heartbeat, and content of no bytes is none.
      if (need > LENGTH_BYTES) give({ kind: "message", bytes: Buffer.from(message.subarray(LENGTH_BYTES, need)) });
      held = 0;
      need = LENGTH_BYTES;
    },
  };
}

import type { Readable } from "node:stream";

/** Messages kept ahead of their reader; the stream is paused at this many, so a peer cannot fill our memory. */
const MAX_AHEAD = 64;

/**
 * The messages of a call, once, listened to from now on. Node's own iterator of a duplex stream destroys the writing
 * side too when the reader stops; this one leaves it alone. It ends when the peer has ended or cancelled; a reader
 * that wants to know which asks its signal.
 */
export function messagesOf<Message>(call: Readable): AsyncIterable<Message> {
  const waiting: Message[] = [];
  let ended = false;
  let wake = () => {};
  const end = () => {
    ended = true;
    wake();
  };
  call.on("data", (message: Message) => {
    waiting.push(message);
    if (waiting.length >= MAX_AHEAD) call.pause();
    wake();
  });
  for (const event of ["end", "cancelled", "error", "close"]) call.on(event, end);
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const message = waiting.shift();
        if (message !== undefined) {
          if (waiting.length === 0 && call.isPaused()) call.resume();
          yield message;
        } else if (ended) return;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    },
  };
}

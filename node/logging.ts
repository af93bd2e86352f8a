import { type DestinationStream, destination, pino, stdSerializers } from "pino";
import type { Logger } from "./kernel/logger.ts";
import { currentTraceId } from "./kernel/trace.ts";

/** JSON lines on stderr (stdout belongs to answers), one object a line, times in RFC 3339. */
export function createLogger(level: string, fields: object, stream: DestinationStream = standardError()): Logger {
  const log = pino(
    {
      level,
      base: fields,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      // An error has no fields of its own to write: under any other name it would be logged as {}.
      serializers: { err: stdSerializers.err, fault: stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
      // The request that a line belongs to, whoever writes it; a line's own field wins.
      mixin: () => {
        const traceId = currentTraceId();
        return traceId === undefined ? {} : { traceId };
      },
      redact: ["token", "password", "authorization", "*.token", "*.password", "*.authorization"],
    },
    stream,
  );
  return log as unknown as Logger;
}

/** What may wait for a log that cannot be written; beyond it lines are dropped. */
const MAX_WAITING_CHARS = 1_048_576;

/** A full disk behind the log must not stop the node, nor keep it from stopping: lines are lost, nothing else. */
function standardError(): DestinationStream {
  const stream = destination({ dest: 2, sync: true, maxLength: MAX_WAITING_CHARS });
  stream.on("error", () => {});
  return stream;
}

import { type DestinationStream, destination, pino } from "pino";
import type { Logger } from "./kernel/logger.ts";
import { currentTraceId } from "./kernel/trace.ts";

/** JSON lines on stderr (stdout belongs to answers), one object a line, times in RFC 3339. */
export function createLogger(level: string, fields: object, stream: DestinationStream = destination(2)): Logger {
  const log = pino(
    {
      level,
      base: fields,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
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

import { ServerInterceptingCall, type ServerInterceptor } from "@grpc/grpc-js";
import { type ExchangeError, type Failure, refusals } from "../kernel/exchange-error.ts";
import { statusOf } from "./grpc-status.ts";

/** What one region may have open here at a time, calls over all its connections: its faults must not take this node from the others. */
export type CallLimits = {
  /** By what they speak: a node needs one for gRPC, and one for data per transfer under way. */
  readonly connections: { readonly grpc: number; readonly data: number };
  readonly calls: number;
  readonly streams: number;
  /** Requests of which a beginning lies in memory; the others wait in HTTP/2's own windows. */
  readonly reading: number;
  /** A request that is not whole after this long never will be: callers give up sooner. */
  readonly readMs: number;
};

/** Far above what a region needs: it has two standing streams, and its calls take milliseconds. */
export const CALL_LIMITS: CallLimits = {
  ...{ connections: { grpc: 16, data: 256 }, calls: 1_000, streams: 64 },
  ...{ reading: 8, readMs: 20_000 },
};

const refuse = refusals({ RPC_TOO_MANY_CALLS: "unavailable", RPC_REQUEST_UNFINISHED: "unavailable" });

type Use = { calls: number; streams: number; reading: number; readonly waiting: Set<() => void> };

/** Counts calls by region from before their first byte is read. `ended` hears of those that were refused here. */
export function callLimits(
  limits: CallLimits,
  regionAt: (connection: string) => string | undefined,
  ended: (method: string, error: ExchangeError) => void,
): ServerInterceptor {
  const uses = new Map<string, Use>();
  return ({ path, requestStream, responseStream }, call) => {
    const region = regionAt(call.getPeer()) ?? "";
    const use = uses.get(region) ?? { calls: 0, streams: 0, reading: 0, waiting: new Set() };
    uses.set(region, use);
    const isStream = requestStream || responseStream;
    const turnAway = ({ error }: Failure) => {
      ended(path, error);
      call.sendStatus(statusOf(error));
    };
    if (use.calls >= limits.calls || (isStream && use.streams >= limits.streams)) {
      return new ServerInterceptingCall(call, { start: () => turnAway(tooMany(limits)) });
    }
    use.calls += 1;
    if (isStream) use.streams += 1;
    const place = readingPlace(use, limits, () => turnAway(unfinished(limits)));
    return new ReadingInTurn(call, place, {
      start: (next) =>
        next({
          onReceiveMessage: (message, pass) => {
            // A stream says more whenever it likes; by then it was let in, or is over.
            if (requestStream) place.leave();
            pass(message);
          },
          onReceiveHalfClose: (pass) => {
            place.leave();
            pass();
          },
          // Said once of every call, also of one that was answered.
          onCancel: () => {
            place.leave();
            use.calls -= 1;
            if (isStream) use.streams -= 1;
            if (use.calls === 0) uses.delete(region);
          },
        }),
    });
  };
}

type Place = { readonly enter: (read: () => void) => void; readonly leave: () => void };

/** One of a region's places for requests that are being read: waited for, held until the request is whole, given on. */
function readingPlace(use: Use, limits: CallLimits, tooLate: () => void): Place {
  let state: "outside" | "waiting" | "inside" | "left" = "outside";
  let timer: NodeJS.Timeout | undefined;
  let begin = () => {};
  const goIn = () => {
    state = "inside";
    use.reading += 1;
    timer = setTimeout(tooLate, limits.readMs);
    timer.unref();
    begin();
  };
  return {
    enter(read) {
      if (state !== "outside") return read();
      begin = read;
      if (use.reading < limits.reading) return goIn();
      state = "waiting";
      use.waiting.add(goIn);
    },
    leave() {
      const was = state;
      state = "left";
      if (was === "waiting") use.waiting.delete(goIn);
      if (was !== "inside") return;
      clearTimeout(timer);
      use.reading -= 1;
      const [next] = use.waiting;
      if (next === undefined) return;
      use.waiting.delete(next);
      next();
    },
  };
}

class ReadingInTurn extends ServerInterceptingCall {
  readonly #place: Place;

  constructor(
    call: ConstructorParameters<typeof ServerInterceptingCall>[0],
    place: Place,
    responder: ConstructorParameters<typeof ServerInterceptingCall>[1],
  ) {
    super(call, responder);
    this.#place = place;
  }

  override startRead(): void {
    this.#place.enter(() => super.startRead());
  }
}

function tooMany({ calls, streams }: CallLimits): Failure {
  return refuse(
    "RPC_TOO_MANY_CALLS",
    {
      zh: `贵方地区同时打开的调用已达上限(${calls} 个调用、${streams} 个流);请等待其他调用结束后重试。`,
      en: `Your region has as many calls open as one may have (${calls} calls, ${streams} streams); try again when others have ended.`,
    },
    { calls: String(calls), streams: String(streams) },
  );
}

function unfinished({ readMs }: CallLimits): Failure {
  return refuse(
    "RPC_REQUEST_UNFINISHED",
    {
      zh: `请求在 ${readMs / 1_000} 秒内没有发送完整,已放弃;请检查网络后重试。`,
      en: `The request was not whole after ${readMs / 1_000} s and was given up; check the network and try again.`,
    },
    { afterMs: String(readMs) },
  );
}

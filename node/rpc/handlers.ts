import {
  type handleBidiStreamingCall,
  type handleServerStreamingCall,
  type handleUnaryCall,
  status,
} from "@grpc/grpc-js";
import type { Result } from "../kernel/exchange-error.ts";
import { ExchangeFault } from "../kernel/exchange-fault.ts";
import { withTraceId } from "../kernel/trace.ts";
import type { CallContext, Capability, Gate, IncomingCall } from "./gate.ts";
import { internalStatus, statusOf } from "./grpc-status.ts";
import { messagesOf } from "./incoming.ts";

/** A stream's context: `signal` aborts when the peer cancels or its connection ends. */
export type StreamContext = CallContext & { readonly signal: AbortSignal };

/** Makes a gRPC handler of a service function; this file alone knows callbacks and stream events. */
export function unary<Request, Response>(
  gate: Gate,
  capability: Capability | null,
  handle: (request: Request, context: CallContext) => Promise<Result<Response>>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const startedMs = gate.nowMs();
    const run = async () => {
      const admitted = await gate.admit(call, capability, false);
      if (!admitted.ok) return admitted;
      return withTraceId(admitted.value.traceId, () => handle(call.request, admitted.value));
    };
    run().then(
      (result) => {
        gate.observe(call.getPath(), result.ok ? "OK" : result.error.code, startedMs);
        if (result.ok) callback(null, result.value);
        else callback(statusOf(result.error));
      },
      (fault) => {
        gate.observe(call.getPath(), "INTERNAL", startedMs);
        gate.reportBug(fault, call.getPath());
        callback(internalStatus());
      },
    );
  };
}

export function serverStream<Request, Response>(
  gate: Gate,
  capability: Capability | null,
  handle: (request: Request, context: StreamContext) => AsyncIterable<Response>,
): handleServerStreamingCall<Request, Response> {
  return (call) => void answer(gate, capability, call, (context) => handle(call.request, context));
}

export function bidiStream<Request, Response>(
  gate: Gate,
  capability: Capability | null,
  handle: (requests: AsyncIterable<Request>, context: StreamContext) => AsyncIterable<Response>,
): handleBidiStreamingCall<Request, Response> {
  return (call) => {
    // From the first instant: admission is asynchronous, and a message that came meanwhile must not be lost.
    const requests = messagesOf<Request>(call);
    void answer(gate, capability, call, (context) => handle(requests, context));
  };
}

/** What the two kinds of answering streams have in common. */
type WritingCall<Response> = IncomingCall & {
  getPath(): string;
  write(message: Response, taken: () => void): boolean;
  end(): unknown;
  on(event: string, listener: () => void): unknown;
  emit(event: string, value: unknown): boolean;
};

/** Messages given to HTTP/2 and not yet taken by it; more would only fill memory while the peer reads slowly. */
const MAX_IN_FLIGHT = 4;

async function answer<Response>(
  gate: Gate,
  capability: Capability | null,
  call: WritingCall<Response>,
  open: (context: StreamContext) => AsyncIterable<Response>,
): Promise<void> {
  const startedMs = gate.nowMs();
  const cancelled = new AbortController();
  call.on("cancelled", () => cancelled.abort());
  // grpc-js reports a status as an "error" event of the same emitter; without a listener it would end the process.
  call.on("error", () => cancelled.abort());
  let code = "OK";
  try {
    const admitted = await gate.admit(call, capability, true);
    if (!admitted.ok) throw new ExchangeFault(admitted.error);
    const context = { ...admitted.value, signal: cancelled.signal };
    await withTraceId(context.traceId, () => pour(open(context), call, cancelled.signal));
    call.end();
  } catch (fault) {
    code = fault instanceof ExchangeFault ? fault.error.code : "INTERNAL";
    if (cancelled.signal.aborted) code = status[status.CANCELLED];
    else if (fault instanceof ExchangeFault) call.emit("error", statusOf(fault.error));
    else {
      gate.reportBug(fault, call.getPath());
      call.emit("error", internalStatus());
    }
  } finally {
    gate.observe(call.getPath(), code, startedMs);
  }
}

async function pour<Response>(
  messages: AsyncIterable<Response>,
  call: WritingCall<Response>,
  signal: AbortSignal,
): Promise<void> {
  let inFlight = 0;
  let wake = () => {};
  signal.addEventListener("abort", () => wake());
  for await (const message of messages) {
    if (signal.aborted) return;
    inFlight += 1;
    call.write(message, () => {
      inFlight -= 1;
      wake();
    });
    while (inFlight >= MAX_IN_FLIGHT && !signal.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

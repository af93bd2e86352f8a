import type { handleBidiStreamingCall, handleUnaryCall } from "@grpc/grpc-js";
import { ok } from "../kernel/exchange-error.ts";
import type { Frame, PullControl } from "../transfer/wire.ts";
import { receive } from "./deliver.ts";
import type { Gate } from "./gate.ts";
import type { TransferHandlers as Generated } from "./generated/heliu/v1/Transfer.ts";
import { bidiStream, unary } from "./handlers.ts";
import { fromInvokeAnswer, toInvokeRequest } from "./invoke-codec.ts";
import type { RpcServices } from "./services.ts";

/** `Pull` speaks the transfer room's own frames; see frame-codec.ts. */
export type TransferHandlers = {
  readonly Deliver: Generated["Deliver"];
  readonly Invoke: Generated["Invoke"];
  readonly Pull: handleBidiStreamingCall<PullControl, Frame>;
  // biome-ignore lint/suspicious/noExplicitAny: what grpc-js asks of any service implementation
  readonly [name: string]: handleUnaryCall<any, any> | handleBidiStreamingCall<any, any>;
};

export function transferHandlers(
  gate: Gate,
  { outbox, transfers }: Pick<RpcServices, "outbox" | "transfers">,
): TransferHandlers {
  return {
    Deliver: unary(gate, "transfer", (message, context) => receive(outbox, "transfer", message, context)),
    Pull: bidiStream(gate, "transfer", (controls: AsyncIterable<PullControl>, { peer }) =>
      transfers.pull(peer, controls),
    ),
    Invoke: unary(gate, "transfer", async (request, { peer }) => {
      const parsed = toInvokeRequest(request);
      if (!parsed.ok) return parsed;
      const answer = await transfers.invoke(peer, parsed.value);
      return answer.ok ? ok(fromInvokeAnswer(answer.value)) : answer;
    }),
  };
}

import { receive } from "./deliver.ts";
import type { Gate } from "./gate.ts";
import type { NegotiationHandlers } from "./generated/heliu/v1/Negotiation.ts";
import { unary } from "./handlers.ts";
import type { RpcServices } from "./services.ts";

export function negotiationHandlers(gate: Gate, { outbox }: Pick<RpcServices, "outbox">): NegotiationHandlers {
  return {
    Deliver: unary(gate, "negotiation", (message, context) => receive(outbox, "negotiation", message, context)),
    DeliverObjection: unary(gate, "negotiation", (message, context) => receive(outbox, "objection", message, context)),
  };
}

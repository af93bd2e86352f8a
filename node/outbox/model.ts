import type { Canonical } from "../kernel/canonical-json.ts";
import type { Result } from "../kernel/exchange-error.ts";

/** Which room understands a message; each registers one handler. */
export type Topic = "negotiation" | "transfer" | "settlement" | "netting" | "objection";

/** How a peer is reached. DSP peers are Eclipse dataspace connectors; regions talk gRPC. */
export type Binding = "grpc" | "dsp";

/**
 * A message that a durable state change owes to a peer. Order is kept within a lane (one negotiation, one transfer, one
 * statement); lanes of one peer run side by side.
 */
export type OutboxMessage = {
  /** ULID; the same on every retry, so the receiver acts once. */
  readonly id: string;
  readonly peer: string;
  readonly binding: Binding;
  /** DSP only: where the peer asked to be called back; honoured only if the trust list names it. */
  readonly callbackAddress?: string;
  readonly lane: string;
  readonly topic: Topic;
  /** Dataspace Protocol message type (`ContractRequestMessage`) or the settlement method. */
  readonly kind: string;
  readonly body: Canonical;
  readonly createdAt: string;
  readonly traceId: string;
};

/** A message as it came in. `peer` is the channel's identity, never something the body claims. */
export type InboundMessage = {
  readonly id: string;
  readonly peer: string;
  readonly binding: Binding;
  readonly topic: Topic;
  readonly kind: string;
  readonly body: Canonical;
  readonly traceId: string;
};

/** What the receiver's service answers: the process object, or nothing. */
export type Answer = Canonical;

/**
 * The way to a peer, implemented by `rpc` (gRPC) and `gateway/dsp` (HTTPS). A failure of kind `unavailable` or
 * `not-yet` is tried again with the same id; any other is the peer's final word.
 */
export type PeerChannel = {
  readonly deliver: (message: OutboxMessage) => Promise<Result<Answer>>;
};

/** What a room does with messages of its topic. */
export type TopicHandler = {
  /** One commit inside: inbox mark, decision, queued answers. Idempotent by (peer, id). */
  readonly receive: (message: InboundMessage) => Promise<Result<Answer>>;
  /** The peer acknowledged; a room that learns something from the answer (the peer's pid) stores it. */
  readonly delivered: (message: OutboxMessage, answer: Answer) => Promise<void>;
  /** The peer refused for good; the room moves its process on and says why. */
  readonly refused: (message: OutboxMessage, code: string, text: { zh: string; en: string }) => Promise<void>;
};

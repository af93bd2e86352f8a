import { type ExchangeError, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Metrics } from "../kernel/metrics.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { withTraceId } from "../kernel/trace.ts";
import type { Worker } from "../kernel/worker.ts";
import type { Store } from "../storage/port.ts";
import { list } from "../storage/transact.ts";
import type { Answer, Binding, InboundMessage, OutboxMessage, PeerChannel, Topic, TopicHandler } from "./model.ts";
import { createSender } from "./sender.ts";
import { answerGiven, outboxMessages } from "./store.ts";

export type OutboxDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly channels: Readonly<Record<Binding, PeerChannel>>;
  /** Stays the same over restarts of a process; differs between processes that share a database. */
  readonly owner: string;
};

type PendingMessage = {
  readonly id: string;
  readonly peer: string;
  readonly lane: string;
  readonly kind: string;
  readonly createdAt: string;
  /** Failed attempts of this process; 0 for a message that waits behind another of its lane. */
  readonly attempts: number;
  readonly lastError: ExchangeError | null;
};

export type Outbox = Worker & {
  readonly register: (topic: Topic, handler: TopicHandler) => void;
  readonly receive: (message: InboundMessage) => Promise<Result<Answer>>;
  readonly pending: (peer?: string) => Promise<PendingMessage[]>;
  /** Resolves when nothing is being sent and nothing may be sent now; what waits for a retry is not due. */
  readonly idle: () => Promise<void>;
};

const refuse = refusals({ TOPIC_UNKNOWN: "invalid-input" });

/** Sends what commits owe to peers, and hands what peers send to the room that understands it. */
export function createOutbox(deps: OutboxDeps): Outbox {
  const { store, metrics, runtime } = deps;
  const handlers = new Map<Topic, TopicHandler>();
  const sender = createSender({ ...deps, handlerOf: (topic) => handlers.get(topic), onDone });

  function onDone(message: OutboxMessage, answer: "accepted" | "refused"): void {
    const labels = { peer: message.peer, binding: message.binding, answer };
    metrics.count("outbox_messages_total", labels);
    metrics.observe("outbox_delivery_seconds", (runtime.nowMs() - msOf(message.createdAt)) / 1_000, labels);
  }

  async function receiveNow(handler: TopicHandler, message: InboundMessage): Promise<Result<Answer>> {
    const answer = await handler.receive(message);
    const { id, peer, topic, kind, traceId } = message;
    const code = answer.ok ? "OK" : answer.error.code;
    deps.logger.info({ peer, topic, kind, message: id, code, traceId }, "a peer's message was received");
    return answer;
  }

  return {
    name: "outbox",
    start: sender.start,
    stop: sender.stop,
    idle: sender.idle,
    register(topic, handler) {
      handlers.set(topic, handler);
    },
    async receive(message) {
      // Spares a commit; what makes receiving single is that the room asks `receiveOnce` in its own.
      const earlier = await answerGiven(store, message);
      if (earlier !== undefined) return ok(earlier.seen);
      const handler = handlers.get(message.topic);
      if (handler === undefined) return unknownTopic(message.topic);
      return withTraceId(message.traceId, () => receiveNow(handler, message));
    },
    async pending(peer) {
      const found: PendingMessage[] = [];
      const firsts = new Set<string>();
      for await (const message of list(store, outboxMessages, peer === undefined ? [] : [peer])) {
        const laneId = JSON.stringify([message.peer, message.lane]);
        const lane = firsts.has(laneId) ? undefined : sender.lane(message.peer, message.lane);
        firsts.add(laneId);
        const { id, lane: name, kind, createdAt } = message;
        const tried = { attempts: lane?.attempts ?? 0, lastError: lane?.lastError ?? null };
        found.push({ id, peer: message.peer, lane: name, kind, createdAt, ...tried });
      }
      return found;
    },
  };
}

function unknownTopic(topic: string) {
  return refuse(
    "TOPIC_UNKNOWN",
    {
      zh: `本节点不处理主题为 ${topic} 的消息;请双方核对所用协议版本。`,
      en: `This node takes no messages of the topic ${topic}; compare the protocol versions of both sides.`,
    },
    { topic },
  );
}

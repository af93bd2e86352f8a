import { type ExchangeError, err, type Failure, type Result, refusals } from "../kernel/exchange-error.ts";
import type { Logger } from "../kernel/logger.ts";
import type { Runtime } from "../kernel/runtime.ts";
import type { Scheduler } from "../kernel/scheduler.ts";
import { withTraceId } from "../kernel/trace.ts";
import type { Store } from "../storage/port.ts";
import { read } from "../storage/transact.ts";
import type { Answer, Binding, OutboxMessage, PeerChannel, Topic, TopicHandler } from "./model.ts";
import { outboxMessages, removeMessage } from "./store.ts";

/** `unreachable`: nobody at the destination answered. `later`: this message has to wait. `not-ours`: another process sends it. */
export type Outcome =
  | { readonly kind: "done"; readonly message: OutboxMessage | undefined; readonly answer: "accepted" | "refused" }
  | { readonly kind: "unreachable" | "later"; readonly error: ExchangeError; readonly traceId?: string }
  | { readonly kind: "not-ours" };

export type AttemptDeps = {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly channels: Readonly<Record<Binding, PeerChannel>>;
  readonly handlerOf: (topic: Topic) => TopicHandler | undefined;
};

/** A channel has deadlines of its own; this one keeps a channel that forgot them from holding a lane for ever. */
const ATTEMPT_MS = 30_000;

const refuse = refusals({ PEER_NO_ANSWER: "unavailable", PEER_CHANNEL_FAULT: "unavailable", OUTBOX_FAULT: "not-yet" });

/**
 * Sends one message and tells its room how it ended. The room's own commit comes first and the removal after it, so a
 * crash in between sends the message again, gets the recorded answer, and tells the room again.
 */
export async function attempt(
  deps: AttemptDeps,
  peer: string,
  number: bigint,
  mayStillSend: (peer: string) => Promise<boolean>,
): Promise<Outcome> {
  const { store, logger } = deps;
  try {
    if (!(await mayStillSend(peer))) return { kind: "not-ours" };
    const message = await read(store, outboxMessages.at(peer, number));
    if (message === undefined) return { kind: "done", message, answer: "accepted" };
    const handler = deps.handlerOf(message.topic);
    if (handler === undefined) throw new Error(`no room takes the topic ${message.topic}`);

    return await withTraceId(message.traceId, () => bringOver(deps, handler, message, number));
  } catch (fault) {
    // Our own fault, of the store or of a room: the message stays, so that nothing is lost once it is mended.
    logger.error({ err: fault, peer, number: String(number) }, "an outbox message could not be brought to its end");
    return { kind: "later", error: ownFault(fault).error };
  }
}

async function bringOver(
  deps: AttemptDeps,
  handler: TopicHandler,
  message: OutboxMessage,
  number: bigint,
): Promise<Outcome> {
  const { store, runtime, logger } = deps;
  const { id, peer, topic, kind, lane, traceId } = message;
  runtime.failPoint("outbox.before-send");
  const answer = await send(deps, message);
  runtime.failPoint("outbox.after-send");
  if (!answer.ok && answer.error.kind === "unavailable") return { kind: "unreachable", error: answer.error, traceId };
  if (!answer.ok && answer.error.kind === "not-yet") return { kind: "later", error: answer.error, traceId };

  if (answer.ok) await handler.delivered(message, answer.value);
  else await handler.refused(message, answer.error.code, answer.error.text);
  await removeMessage(store, peer, number);
  runtime.failPoint("outbox.after-ack");
  const code = answer.ok ? "OK" : answer.error.code;
  logger.info({ peer, topic, kind, lane, message: id, code, traceId }, "a message was delivered");
  return { kind: "done", message, answer: answer.ok ? "accepted" : "refused" };
}

async function send(deps: AttemptDeps, message: OutboxMessage): Promise<Result<Answer>> {
  let cancel = () => {};
  const tooLate = new Promise<Result<Answer>>((resolve) => {
    cancel = deps.scheduler.after(ATTEMPT_MS, () => resolve(noAnswer(message.peer)));
  });
  try {
    return await Promise.race([deps.channels[message.binding].deliver(message), tooLate]);
  } catch (fault) {
    deps.logger.error({ err: fault, peer: message.peer, binding: message.binding }, "the channel to a peer threw");
    return err(channelFault(message.peer).error);
  } finally {
    cancel();
  }
}

function noAnswer(peer: string): Failure {
  return refuse(
    "PEER_NO_ANSWER",
    {
      zh: `地区 ${peer} 在 30 秒内没有答复;消息保留在发件箱,将自动重发。`,
      en: `Region ${peer} did not answer within 30 seconds; the message stays in the outbox and is sent again.`,
    },
    { peer },
  );
}

function channelFault(peer: string): Failure {
  return refuse(
    "PEER_CHANNEL_FAULT",
    {
      zh: `通往地区 ${peer} 的通道出错;消息保留在发件箱,将自动重发,详情见日志。`,
      en: `The channel to region ${peer} failed; the message stays in the outbox and is sent again; see the log.`,
    },
    { peer },
  );
}

function ownFault(fault: unknown): Failure {
  return refuse(
    "OUTBOX_FAULT",
    {
      zh: "本节点处理这条发件时出错;消息保留,将自动重试,请查看日志与磁盘状态。",
      en: "This node failed while handling the message; it is kept and tried again; look at the log and the disk.",
    },
    { cause: fault instanceof Error ? fault.message : String(fault) },
  );
}

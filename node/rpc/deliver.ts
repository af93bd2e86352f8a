import { type Canonical, canonicalBytes, parseCanonical } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result, refusals } from "../kernel/exchange-error.ts";
import type { InboundMessage, OutboxMessage, Topic } from "../outbox/model.ts";
import type { CallContext } from "./gate.ts";
import type { Ack, Ack__Output as AckOut } from "./generated/heliu/v1/Ack.ts";
import type { Message, Message__Output as MessageOut } from "./generated/heliu/v1/Message.ts";
import type { RpcServices } from "./services.ts";

const refuse = refusals({ MESSAGE_MALFORMED: "invalid-input", PEER_ANSWER_MALFORMED: "integrity" });

const ID = /^[0-9A-Za-z:._-]{1,100}$/;
const KIND = /^[A-Za-z][A-Za-z0-9:._-]{0,99}$/;
const TRACE = /^[0-9a-f]{32}$/;

/** One message of a topic to the inbox; the sender is the channel's peer, whatever the body says. */
export async function receive(
  outbox: RpcServices["outbox"],
  topic: Topic,
  message: MessageOut,
  { peer, traceId }: CallContext,
): Promise<Result<Ack>> {
  if (!ID.test(message.messageId)) return malformed("message_id");
  if (!KIND.test(message.kind)) return malformed("kind");
  const body = parseCanonical(message.body);
  if (!body.ok) return body;
  const inbound: InboundMessage = {
    id: message.messageId,
    peer: peer.region,
    binding: "grpc",
    topic,
    kind: message.kind,
    body: body.value,
    traceId: TRACE.test(message.traceId) ? message.traceId : traceId,
  };
  const answer = await outbox.receive(inbound);
  return answer.ok ? ok({ answer: canonicalBytes(answer.value) }) : answer;
}

export function messageOf({ id, kind, lane, traceId, body }: OutboxMessage): Message {
  return { messageId: id, kind, lane, traceId, body: canonicalBytes(body) };
}

export function answerOf(ack: AckOut, region: string): Result<Canonical> {
  const parsed = parseCanonical(ack.answer);
  if (parsed.ok) return parsed;
  return refuse(
    "PEER_ANSWER_MALFORMED",
    {
      zh: `地区 ${region} 的应答不是规范 JSON(${parsed.error.code});请与对方核对版本。`,
      en: `The answer of region ${region} is not canonical JSON (${parsed.error.code}); compare versions with its operator.`,
    },
    { region },
  );
}

function malformed(field: string): Failure {
  return refuse(
    "MESSAGE_MALFORMED",
    {
      zh: `消息的 ${field} 缺失或含有不允许的字符;消息未被受理。`,
      en: `The message's ${field} is missing or has characters that are not allowed; it was not taken in.`,
    },
    { field },
  );
}

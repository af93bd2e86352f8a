import type { Canonical } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Text } from "../kernel/text.ts";
import type { Answer, InboundMessage, OutboxMessage, TopicHandler } from "../outbox/model.ts";
import { read, transact } from "../storage/transact.ts";
import type { TransferDeps } from "./deps.ts";
import { type BodyOf, eventOf, isTransferMessage, parseBody } from "./messages.ts";
import type { ProviderStreams } from "./provider-streams.ts";
import { type MoveBody, receiveMove } from "./receive-move.ts";
import { receiveReceipts } from "./receive-receipts.ts";
import { receiveRequest } from "./receive-request.ts";
import { refuseTransfer } from "./refusal.ts";
import { settleAnswer } from "./settle-answer.ts";
import { changeTransfer, transferRefs, transfers } from "./store.ts";

/** The topic `transfer` of the outbox: every message of the other side comes through here. */
export function transferHandler(deps: TransferDeps, streams: ProviderStreams): TopicHandler {
  return {
    receive: (message) => receive(deps, streams, message),
    delivered: (message, answer) => settleAnswer(deps, message, answer),
    refused: (message, code, text) => noteRefusal(deps, message, code, text),
  };
}

async function receive(deps: TransferDeps, streams: ProviderStreams, message: InboundMessage): Promise<Result<Answer>> {
  const { kind } = message;
  if (!isTransferMessage(kind)) return unknownKind(kind);
  const body = parseBody(kind, message.body);
  if (!body.ok) return body;
  const event = eventOf[kind];
  if (kind === "TransferRequestMessage") {
    return receiveRequest(deps, message, body.value as BodyOf<"TransferRequestMessage">);
  }
  if (event === undefined) return receiveReceipts(deps, message, body.value as BodyOf<"ReceiptMessage">);
  const moved = await receiveMove(deps, message, event, body.value as MoveBody);
  if (moved.ok) await stopStream(deps, streams, event, moved.value);
  return moved;
}

/** The commit of the next batch would find the state changed anyway; this spares the consumer the wait for it. */
async function stopStream(deps: TransferDeps, streams: ProviderStreams, event: string, answer: Canonical) {
  const { providerPid } = answer as { readonly providerPid?: string };
  if (providerPid === undefined || event === "start") return;
  const isOurs = (await read(deps.store, transfers.at(providerPid)))?.role === "provider";
  if (isOurs) await streams.stop({ transferId: providerPid }, event === "terminate" ? "at-once" : "at-boundary");
}

/**
 * The peer's final no. To the request or the start: the transfer ends with the peer's reason. To a move that both made at
 * once: nothing is left to do. Otherwise the reason is kept for people to see.
 */
async function noteRefusal(deps: TransferDeps, message: OutboxMessage, code: string, text: Text): Promise<void> {
  const id = message.lane.slice("transfer/".length);
  const found = await read(deps.store, transfers.at(id));
  if (found === undefined) return;
  const nowMs = deps.runtime.nowMs();
  const reason: Reason = {
    code,
    rule: `peer.${message.peer}`,
    turn: null,
    until: null,
    verified: true,
    text,
    neutral: text,
  };
  // Both sides may have resumed at once; then each refuses the other's start, and the transfer runs.
  const isStart = message.kind === "TransferStartMessage" && code !== "ILLEGAL_TRANSITION";
  const endsIt = isStart || message.kind === "TransferRequestMessage";
  await transact(deps.store, transferRefs(found), (tx) => {
    const transfer = tx.get(transfers.at(id));
    if (transfer === undefined) return ok(undefined);
    if (!endsIt) {
      if (code !== "ILLEGAL_TRANSITION") tx.put(transfers.at(id), { ...transfer, reason });
      return ok(undefined);
    }
    const change = { event: "terminate", by: "ours", actor: `peer:${message.peer}`, comment: null, reason } as const;
    const ended = changeTransfer(tx, deps.region, transfer, { ...change, nowMs });
    return ended.ok || ended.error.kind === "illegal-transition" ? ok(undefined) : ended;
  });
}

function unknownKind(kind: string) {
  return refuseTransfer(
    "FORMAT_UNKNOWN",
    "transfer.kind",
    {
      zh: `不认识的传输消息 ${kind};请核对双方所用协议版本。`,
      en: `The transfer message ${kind} is unknown here; compare the protocol versions of both sides.`,
    },
    { kind },
  );
}

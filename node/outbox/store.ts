import { ok } from "../kernel/exchange-error.ts";
import { collection, type Ref } from "../storage/collection.ts";
import type { Store } from "../storage/port.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import type { Answer, InboundMessage, OutboxMessage } from "./model.ts";

/** The number of a peer's next message. */
export type OutboxHead = { readonly peer: string; readonly next: string };

/**
 * Messages are numbered per peer, by a head record that the commit reads and advances. So the order within every lane is
 * the order of the commits, which that of message ids is not: two processes' clocks differ, and so do two ids of one millisecond.
 */
export const outboxHeads = collection<OutboxHead>("outbox-head");
/** (peer, number) → message, until the peer has acknowledged or refused it. */
export const outboxMessages = collection<OutboxMessage>("outbox-message");

/**
 * (peer, message id) → what was answered. Kept for good, on purpose: a sender tries again until it is answered, so a
 * message may come back after any time (a peer cut off for weeks, one restored from an old disk), and without its mark
 * it would act a second time. They are few and small: about four per negotiation, 200 bytes each.
 */
const inboxAnswers = collection<{ readonly answer: Answer }>("inbox-answer");

/** What `enqueue` reads. One head serves all lanes of a peer, so no record stays behind when a lane has ended. */
export function enqueueRefs(peer: string, _lane: string): readonly AnyRef[] {
  return [outboxHeads.at(peer)];
}

/** Tx-piece: the commit that changes the state also owes the message. Several in one commit keep their order. */
export function enqueue(tx: Tx, message: OutboxMessage): void {
  const head = outboxHeads.at(message.peer);
  const number = BigInt(tx.get(head)?.next ?? "0");
  tx.put(outboxMessages.at(message.peer, number), message);
  tx.put(head, { peer: message.peer, next: String(number + 1n) });
}

export function inboxRefs(inbound: Pick<InboundMessage, "peer" | "id">): readonly AnyRef[] {
  return [answerRef(inbound)];
}

/** Tx-piece: what was answered when this message came first, if it did; the decider then returns it and does nothing. */
export function receiveOnce(tx: Tx, inbound: InboundMessage): { readonly seen: Answer } | undefined {
  const earlier = tx.get(answerRef(inbound));
  return earlier === undefined ? undefined : { seen: earlier.answer };
}

/** Tx-piece: in the commit that acts on the message. */
export function markReceived(tx: Tx, inbound: InboundMessage, answer: Answer): void {
  tx.put(answerRef(inbound), { answer });
}

export async function answerGiven(store: Store, inbound: InboundMessage): Promise<{ seen: Answer } | undefined> {
  const earlier = await read(store, answerRef(inbound));
  return earlier === undefined ? undefined : { seen: earlier.answer };
}

/** The peer has given its final word on the message. */
export async function removeMessage(store: Store, peer: string, number: bigint): Promise<void> {
  await transact(store, [], (tx) => ok(tx.remove(outboxMessages.at(peer, number))));
}

function answerRef({ peer, id }: Pick<InboundMessage, "peer" | "id">): Ref<{ readonly answer: Answer }> {
  return inboxAnswers.at(peer, id);
}

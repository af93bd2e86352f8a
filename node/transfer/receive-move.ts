import type { Canonical } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { type Reason, reasonSchema } from "../kernel/reason.ts";
import { completeReceipt, completeReceiptRefs } from "../metering/accept.ts";
import type { HeldReceipt } from "../metering/model.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import { checkOffers, offerRefs, takeOffers } from "./consumer-receipts.ts";
import { meteringParts, type TransferDeps } from "./deps.ts";
import type { TransferEvent } from "./machine.ts";
import { processOf } from "./messages.ts";
import type { Transfer } from "./model.ts";
import { conflict, isOutdated, offerOf } from "./move-transfer.ts";
import { checkedSignature, outstandingOf, takeBack } from "./provider-receipts.ts";
import { refuseTransfer } from "./refusal.ts";
import { owe, oweRefs, stampOf } from "./send.ts";
import { changeTransfer, sendings, transferRefs, transfers, transfersByPeer } from "./store.ts";
import type { ConsumerSignature, OfferedReceipt } from "./wire.ts";

export type MoveBody = {
  readonly providerPid?: string | undefined;
  readonly consumerPid: string;
  readonly code?: string | undefined;
  readonly reason?: readonly unknown[] | undefined;
  readonly sha256?: string | undefined;
  readonly receipts?: readonly OfferedReceipt[];
  readonly signatures?: readonly ConsumerSignature[];
};

/** A move that the peer makes. Judged, applied and answered in one commit; again the same message: the same answer. */
export async function receiveMove(
  deps: TransferDeps,
  inbound: InboundMessage,
  event: TransferEvent,
  body: MoveBody,
): Promise<Result<Answer>> {
  const transfer = await findForMessage(deps, inbound.peer, body);
  if (!transfer.ok) return transfer;
  for (let attempt = 0; ; attempt++) {
    const done = await tryReceive(deps, inbound, event, body, transfer.value);
    if (done.ok || done.error.code !== "TRANSFER_CONFLICT" || attempt === 9) return done;
  }
}

async function tryReceive(
  deps: TransferDeps,
  inbound: InboundMessage,
  event: TransferEvent,
  body: MoveBody,
  found: Transfer,
): Promise<Result<Answer>> {
  const settle =
    found.role === "provider" ? await providerPart(deps, found, body) : await consumerPart(deps, found, body);
  if (!settle.ok) return settle;
  const stamp = stampOf(deps.runtime, inbound.traceId);
  const byPeer = transfersByPeer.at(found.peer, peerPidOf(found, body));
  const refs = [
    ...transferRefs(found),
    sendings.at(found.id),
    ...oweRefs(found),
    ...inboxRefs(inbound),
    ...settle.value.refs,
  ];
  return transact(deps.store, refs, (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const current = tx.get(transfers.at(found.id));
    if (current === undefined) return conflict(found.id);
    const transfer = learnPid(tx, current, byPeer, body);
    const wrong = event === "complete" ? contentDiffers(tx, transfer, body) : undefined;
    if (wrong !== undefined) return wrong;
    const reason = event === "start" || event === "complete" ? null : reasonSaid(transfer, event, body);
    const change = { event, by: "peer", actor: `peer:${inbound.peer}`, comment: null, reason } as const;
    const sent = event === "complete" ? tx.get(sendings.at(transfer.id)) : undefined;
    const over = sent === undefined ? {} : { sha256: sent.sha256 };
    const moved = changeTransfer(tx, deps.region, transfer, { ...change, nowMs: stamp.nowMs }, over);
    if (!moved.ok) return moved;
    const settled = settle.value.decide(tx, moved.value, event, stamp.nowMs);
    if (!settled.ok) return settled;
    if (settled.value.toSign.length > 0) {
      owe(tx, moved.value, "ReceiptMessage", { receipts: settled.value.toSign.map(offerOf) }, stamp);
    }
    const answer = processOf(tx.get(transfers.at(found.id)) ?? moved.value, settled.value.answer);
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

type Settle = {
  readonly refs: readonly AnyRef[];
  readonly decide: (
    tx: Tx,
    transfer: Transfer,
    event: TransferEvent,
    nowMs: number,
  ) => Result<{ readonly answer: { readonly [key: string]: Canonical }; readonly toSign: readonly HeldReceipt[] }>;
};

const NOTHING = { answer: {}, toSign: [] } as const;

/** The consumer's last signatures come with its message; what is then still unsigned at an end never arrived. */
async function providerPart(deps: TransferDeps, found: Transfer, body: MoveBody): Promise<Result<Settle>> {
  const outstanding = await outstandingOf(deps, found);
  if (outstanding === undefined) return ok({ refs: [], decide: () => ok(NOTHING) });
  const signed: { readonly held: HeldReceipt; readonly signature: string }[] = [];
  for (const signature of body.signatures ?? []) {
    const held = await checkedSignature(deps, found.peer, signature);
    if (!held.ok) return held;
    if (held.value?.core.transferId === found.id) signed.push({ held: held.value, signature: signature.signature });
  }
  const parts = meteringParts(deps);
  const refs = signed.flatMap(({ held: { core } }) => completeReceiptRefs(core));
  return ok({
    refs: [...outstanding.refs, ...refs],
    decide: (tx, transfer, event, nowMs) => {
      if (isOutdated(tx, outstanding)) return conflict(transfer.id);
      for (const { held, signature } of signed) completeReceipt(tx, parts, held.core, signature, nowMs);
      const seqs = new Set(signed.map(({ held }) => held.core.seq));
      const sending = tx.get(sendings.at(transfer.id)) ?? outstanding.sending;
      const left = sending.unsigned.filter(({ seq }) => !seqs.has(seq));
      tx.put(sendings.at(transfer.id), { ...sending, unsigned: left });
      const receipts = BigInt(transfer.receipts) + BigInt(sending.unsigned.length - left.length);
      tx.put(transfers.at(transfer.id), { ...transfer, receipts: String(receipts) });
      if (event !== "terminate") return ok(NOTHING);
      const undelivered = outstanding.receipts.filter(({ core }) => !seqs.has(core.seq));
      return ok({ answer: {}, toSign: takeBack(tx, deps, undelivered, nowMs) });
    },
  });
}

/** Receipts that the provider lacks a signature for: answered with it, or named as never delivered. */
async function consumerPart(deps: TransferDeps, found: Transfer, body: MoveBody): Promise<Result<Settle>> {
  const offers = checkOffers(deps, found.peer, found.agreementId, body.receipts ?? []);
  if (!offers.ok) return offers;
  return ok({
    refs: await offerRefs(deps, offers.value),
    decide: (tx, _transfer, _event, nowMs) => {
      const taken = takeOffers(tx, deps, offers.value, nowMs);
      if (!taken.ok) return taken;
      const { signatures, notDelivered, missingFrom } = taken.value;
      return ok({ answer: { signatures: [...signatures], notDelivered: [...notDelivered], missingFrom }, toSign: [] });
    },
  });
}

/** By this node's pid, or by the peer's when the peer does not know ours yet; only among the caller's transfers. */
export async function findForMessage(
  { store }: TransferDeps,
  peer: string,
  { providerPid, consumerPid }: Pick<MoveBody, "providerPid" | "consumerPid">,
): Promise<Result<Transfer>> {
  const asConsumer = await read(store, transfers.at(consumerPid));
  if (asConsumer?.role === "consumer" && asConsumer.peer === peer) return samePids(asConsumer, providerPid);
  const id = providerPid ?? (await read(store, transfersByPeer.at(peer, consumerPid)));
  const asProvider = id === undefined ? undefined : await read(store, transfers.at(id));
  if (asProvider?.role === "provider" && asProvider.peer === peer) return samePids(asProvider, consumerPid);
  return refuseTransfer(
    "TRANSFER_NOT_FOUND",
    "transfer.id",
    {
      zh: "没有这一传输,或不属于贵方;请核对编号。",
      en: "There is no such transfer, or it is not yours; check the ids.",
    },
    { consumerPid },
  );
}

function samePids(transfer: Transfer, peerPid: string | undefined): Result<Transfer> {
  const isSame = transfer.peerPid === null || peerPid === undefined || transfer.peerPid === peerPid;
  return isSame ? ok(transfer) : wrongPids(transfer.id);
}

function wrongPids(id: string): Failure {
  return refuseTransfer(
    "MESSAGE_PIDS",
    "transfer.pids",
    {
      zh: "消息中的两个编号与本传输登记的不一致;请核对 providerPid 与 consumerPid。",
      en: "The two pids of the message are not those of this transfer; check providerPid and consumerPid.",
    },
    { id },
  );
}

function peerPidOf(transfer: Transfer, { providerPid, consumerPid }: MoveBody): string {
  return transfer.role === "consumer" ? (providerPid ?? "") : consumerPid;
}

/** The start may overtake the answer that would have told the pid. */
function learnPid(tx: Tx, transfer: Transfer, byPeer: ReturnType<typeof transfersByPeer.at>, body: MoveBody): Transfer {
  const peerPid = peerPidOf(transfer, body);
  if (transfer.peerPid !== null || peerPid === "") return transfer;
  tx.put(byPeer, transfer.id);
  return { ...transfer, peerPid };
}

/** A Heliu consumer says what it got; both ends must have the same bytes before both call it complete. */
function contentDiffers(tx: Tx, transfer: Transfer, { sha256 }: MoveBody): Failure | undefined {
  if (sha256 === undefined || transfer.role !== "provider") return undefined;
  const sent = tx.get(sendings.at(transfer.id))?.sha256;
  if (sent === sha256) return undefined;
  return refuseTransfer(
    "CONTENT_MISMATCH",
    "transfer.sha256",
    {
      zh: "使用方收到的内容摘要与发出的不一致;请使用方重新发起传输,双方核对凭据。",
      en: "The digest of what the consumer received is not that of what was sent; start the transfer again and compare the receipts.",
    },
    { received: sha256, sent: sent ?? "" },
  );
}

/** A peer's words are kept and shown, so there is an end to them. */
const LONGEST_REASON = 8_000;

/** The peer's own words where it is a Heliu node; otherwise its code, in ours. */
function reasonSaid(transfer: Transfer, event: TransferEvent, { code, reason }: MoveBody): Reason {
  const said = reasonSchema.safeParse(reason?.[0]);
  if (said.success && JSON.stringify(said.data).length <= LONGEST_REASON) return said.data;
  const name = code ?? (event === "suspend" ? "SUSPENDED_BY_PEER" : "TERMINATED_BY_PEER");
  const text = {
    zh: `对方(${transfer.peer})${event === "suspend" ? "暂停" : "终止"}了传输,原因代码 ${name}。`,
    en: `The peer (${transfer.peer}) ${event === "suspend" ? "suspended" : "ended"} the transfer with the code ${name}.`,
  };
  const turn = event === "suspend" ? { region: transfer.peer, role: "node" } : null;
  return { code: name, rule: `peer.${event}`, turn, until: null, verified: true, text, neutral: text };
}

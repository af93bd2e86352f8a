import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { transact } from "../storage/transact.ts";
import { checkOffers, offerRefs, takeOffers } from "./consumer-receipts.ts";
import type { TransferDeps } from "./deps.ts";
import { type BodyOf, processOf } from "./messages.ts";
import { findForMessage } from "./receive-move.ts";

/** Receipts that come by themselves, after the stream they belong to has ended: corrections, and what fills a gap. */
export async function receiveReceipts(
  deps: TransferDeps,
  inbound: InboundMessage,
  body: BodyOf<"ReceiptMessage">,
): Promise<Result<Answer>> {
  const transfer = await findForMessage(deps, inbound.peer, body);
  if (!transfer.ok) return transfer;
  const offers = checkOffers(deps, inbound.peer, transfer.value.agreementId, body.receipts);
  if (!offers.ok) return offers;
  const refs = [...inboxRefs(inbound), ...(await offerRefs(deps, offers.value))];
  const nowMs = deps.runtime.nowMs();
  return transact(deps.store, refs, (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const taken = takeOffers(tx, deps, offers.value, nowMs);
    if (!taken.ok) return taken;
    const { signatures, notDelivered, missingFrom } = taken.value;
    const answer = processOf(transfer.value, {
      signatures: [...signatures],
      notDelivered: [...notDelivered],
      missingFrom,
    });
    markReceived(tx, inbound, answer);
    return ok(answer);
  });
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import { apart, fits, overInvoices, putInvoice } from "./invoice-book.ts";
import { statementFor } from "./invoice-facts.ts";
import type { NetMessage } from "./messages.ts";
import type { Invoice } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";

type Body<K extends NetMessage["kind"]> = Extract<NetMessage, { kind: K }>["body"];

/** Two nodes do not see midnight at the same instant. */
const SKEW_MS = 60_000;

/** An invoice that the other region recorded, held to what it had to hold itself to. */
export async function receiveInvoice(
  deps: PaymentDeps,
  inbound: InboundMessage,
  body: Body<"NetInvoice">,
): Promise<Result<Answer>> {
  const { periodId, agreementId, number } = body;
  const signed = await statementFor(deps, body);
  if (!signed.ok) return signed;
  if (inbound.peer !== signed.value.peer) return refusePayment("INVOICE_STATE", { periodId, agreementId });
  const nowMs = deps.runtime.nowMs();
  return overInvoices<Answer>(deps, body, async (held, commit) => {
    const invoice: Invoice = { ...body, issuer: inbound.peer, recordedAt: instantOf(nowMs) };
    const fit = fits(signed.value, invoice, { ...apart(held, invoice), nowMs: nowMs + SKEW_MS });
    return commit(inboxRefs(inbound), (tx) => {
      const seen = receiveOnce(tx, inbound);
      if (seen !== undefined) return ok(seen.seen);
      if (!fit.ok) return fit;
      if (fit.value === invoice) putInvoice(tx, invoice);
      markReceived(tx, inbound, { number });
      return ok({ number });
    });
  });
}

export async function receiveCancellation(
  deps: PaymentDeps,
  inbound: InboundMessage,
  body: Body<"NetInvoiceCancelled">,
): Promise<Result<Answer>> {
  const { agreementId, number, reason } = body;
  const cancelledAt = instantOf(deps.runtime.nowMs());
  return overInvoices<Answer>(deps, body, async (held, commit) => {
    const { before } = apart(held, { issuer: inbound.peer, number });
    return commit(inboxRefs(inbound), (tx) => {
      const seen = receiveOnce(tx, inbound);
      if (seen !== undefined) return ok(seen.seen);
      if (before === undefined) return refusePayment("INVOICE_NOT_FOUND", { number, agreementId });
      if (before.cancelledAt === undefined) putInvoice(tx, { ...before, cancelledAt, cancelledFor: reason });
      markReceived(tx, inbound, { number });
      return ok({ number });
    });
  });
}

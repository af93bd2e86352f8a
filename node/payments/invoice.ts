import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { apart, fits, leftFenOf, overInvoices, putInvoice } from "./invoice-book.ts";
import { type AboutStatement, statementFor } from "./invoice-facts.ts";
import type { Invoice } from "./model.ts";
import { outgoing, type PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";

export type InvoiceInput = AboutStatement & {
  readonly number: string;
  readonly date: string;
  /** Left out: what is not invoiced yet. */
  readonly fen?: string | undefined;
};

export type InvoiceCancellation = AboutStatement & { readonly number: string; readonly reason: string };

/** Records an invoice over a signed statement and tells the other region; the number is the tax system's, not ours. */
export async function recordInvoice(
  deps: PaymentDeps,
  actor: Principal,
  input: InvoiceInput,
): Promise<Result<Invoice>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const signed = await statementFor(deps, input);
  if (!signed.ok) return signed;
  const { periodId, agreementId, date } = input;
  const number = numberOf(input.number);
  const nowMs = deps.runtime.nowMs();
  return overInvoices<Invoice>(deps, { periodId, agreementId, number }, async (held, commit) => {
    const { before, rest } = apart(held, { issuer: deps.region, number });
    const fen = input.fen ?? leftFenOf(signed.value, rest).toString();
    const invoice: Invoice = {
      ...{ periodId, agreementId, number, date, fen },
      ...{ issuer: deps.region, recordedAt: instantOf(nowMs) },
    };
    const fit = fits(signed.value, invoice, { before, rest, nowMs });
    if (!fit.ok || fit.value !== invoice) return fit;
    const body = { periodId, agreementId, number, date, fen };
    const post = outgoing(deps, laneOf(input), [{ to: signed.value.peer, message: { kind: "NetInvoice", body } }]);
    return commit([...post.refs, ...appendLeafRefs({ agreementId })], (tx) => {
      putInvoice(tx, invoice);
      post.enqueue(tx);
      const leaf = { atMs: nowMs, subject: agreementId, actor: "finance", agreementId };
      const digest = digestOf(body as Canonical);
      appendLeaf(tx, deps.region, { ...leaf, kind: "invoice.recorded", digest, detail: { periodId, number, fen } });
      return ok(invoice);
    });
  });
}

/** Takes an invoice back, as the tax system's red-letter invoice does; it is listed on, and counts for nothing. */
export async function cancelInvoice(
  deps: PaymentDeps,
  actor: Principal,
  input: InvoiceCancellation,
): Promise<Result<Invoice>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const signed = await statementFor(deps, input);
  if (!signed.ok) return signed;
  const { periodId, agreementId, reason } = input;
  const number = numberOf(input.number);
  const nowMs = deps.runtime.nowMs();
  return overInvoices<Invoice>(deps, { periodId, agreementId, number }, async (held, commit) => {
    const { before } = apart(held, { issuer: deps.region, number });
    if (before === undefined) return refusePayment("INVOICE_NOT_FOUND", { number, agreementId });
    if (before.cancelledAt !== undefined) return ok(before);
    const body = { periodId, agreementId, number, reason };
    const { peer } = signed.value;
    const post = outgoing(deps, laneOf(input), [{ to: peer, message: { kind: "NetInvoiceCancelled", body } }]);
    const cancelled: Invoice = { ...before, cancelledAt: instantOf(nowMs), cancelledFor: reason };
    return commit([...post.refs, ...appendLeafRefs({ agreementId })], (tx) => {
      putInvoice(tx, cancelled);
      post.enqueue(tx);
      const leaf = { atMs: nowMs, subject: agreementId, actor: "finance", agreementId };
      const detail = { periodId, number, fen: before.fen, reason };
      appendLeaf(tx, deps.region, {
        ...{ ...leaf, kind: "invoice.cancelled", digest: digestOf(body as Canonical), detail },
      });
      return ok(cancelled);
    });
  });
}

const numberOf = (written: string) => written.normalize("NFKC").trim();

/** What is recorded and what takes it back arrive in the order in which they were said. */
const laneOf = ({ agreementId }: AboutStatement) => `invoice/${agreementId}`;

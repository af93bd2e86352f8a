import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { type Canonical, digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import type { Answer, InboundMessage } from "../outbox/model.ts";
import { inboxRefs, markReceived, receiveOnce } from "../outbox/store.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { list, transact } from "../storage/transact.ts";
import type { NetMessage } from "./messages.ts";
import type { Invoice } from "./model.ts";
import { outgoing, type PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { invoices } from "./store.ts";

export type InvoiceInput = {
  readonly periodId: string;
  readonly agreementId: string;
  readonly number: string;
  readonly date: string;
  /** Left out: the whole statement. */
  readonly fen?: string | undefined;
};

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
  const number = input.number.normalize("NFKC").trim();
  const nowMs = deps.runtime.nowMs();
  const fen = input.fen ?? signed.value.statement.result.amountFen;
  const invoice: Invoice = {
    periodId,
    agreementId,
    number,
    date,
    fen,
    issuer: deps.region,
    recordedAt: instantOf(nowMs),
  };
  const ref = invoices.at(periodId, agreementId, number);
  const body = { periodId, agreementId, number, date, fen };
  const message = { to: signed.value.peer, message: { kind: "NetInvoice", body } } as const;
  const post = outgoing(deps, `invoice/${agreementId}`, [message]);
  return transact(deps.store, [ref, ...post.refs, ...appendLeafRefs({ agreementId })], (tx) => {
    const before = tx.get(ref);
    if (before !== undefined) {
      const isSame = before.date === date && before.fen === fen && before.issuer === deps.region;
      return isSame ? ok(before) : refusePayment("INVOICE_EXISTS", { number });
    }
    tx.put(ref, invoice);
    post.enqueue(tx);
    appendLeaf(tx, deps.region, {
      kind: "invoice.recorded",
      atMs: nowMs,
      subject: agreementId,
      actor: "finance",
      agreementId,
      digest: digestOf(body as Canonical),
      detail: { periodId, number, fen },
    });
    return ok(invoice);
  });
}

async function statementFor(
  deps: PaymentDeps,
  { periodId, agreementId }: Pick<InvoiceInput, "periodId" | "agreementId">,
): Promise<Result<SignedStatement>> {
  const signed = await deps.signed(periodId);
  if (!signed.ok) return signed;
  const found = signed.value.find((one) => one.agreementId === agreementId);
  return found === undefined ? refusePayment("INVOICE_STATE", { periodId, agreementId }) : ok(found);
}

export async function receiveInvoice(
  deps: PaymentDeps,
  inbound: InboundMessage,
  body: Extract<NetMessage, { kind: "NetInvoice" }>["body"],
): Promise<Result<Answer>> {
  const { periodId, agreementId, number } = body;
  const signed = await statementFor(deps, body);
  if (!signed.ok) return signed;
  if (inbound.peer !== signed.value.peer) return refusePayment("INVOICE_STATE", { periodId, agreementId });
  const ref = invoices.at(periodId, agreementId, number);
  return transact(deps.store, [ref, ...inboxRefs(inbound)], (tx) => {
    const seen = receiveOnce(tx, inbound);
    if (seen !== undefined) return ok(seen.seen);
    const before = tx.get(ref);
    if (before !== undefined && before.issuer !== inbound.peer) return refusePayment("INVOICE_EXISTS", { number });
    const recordedAt = instantOf(deps.runtime.nowMs());
    tx.put(ref, before ?? { ...body, issuer: inbound.peer, recordedAt });
    markReceived(tx, inbound, { number });
    return ok({ number });
  });
}

export async function invoicesOf({ store }: PaymentDeps, periodId?: string): Promise<Invoice[]> {
  const found: Invoice[] = [];
  for await (const one of list(store, invoices, periodId === undefined ? [] : [periodId])) found.push(one);
  return found;
}

/** All that an invoice needs, as the signed statement has it. */
export type InvoiceFacts = {
  readonly periodId: string;
  readonly agreementId: string;
  readonly entryName: string;
  readonly statementDigest: string;
  readonly buyer: string;
  readonly seller: string;
  readonly amountFen: string;
  readonly netFen: string;
  readonly taxFen: string;
  readonly vatBp: string | null;
  readonly lines: readonly {
    readonly productId: string;
    readonly quantity: string;
    readonly unitPriceMicro: string;
    readonly amountFen: string;
    readonly netFen: string;
    readonly taxFen: string;
  }[];
  readonly invoices: readonly Invoice[];
};

export async function invoiceFacts(
  deps: PaymentDeps,
  about: Pick<InvoiceInput, "periodId" | "agreementId">,
): Promise<Result<InvoiceFacts>> {
  const signed = await statementFor(deps, about);
  if (!signed.ok) return signed;
  const { statement, terms, entryName, digest, provider, consumer } = signed.value;
  const { lines, amountFen } = statement.result;
  const sum = (pick: (line: (typeof lines)[number]) => string) =>
    lines.reduce((total, line) => total + BigInt(pick(line)), 0n).toString();
  const recorded = (await invoicesOf(deps, about.periodId)).filter((one) => one.agreementId === about.agreementId);
  return ok({
    ...{ periodId: about.periodId, agreementId: about.agreementId, entryName, statementDigest: digest },
    ...{ buyer: consumer, seller: provider, amountFen, vatBp: terms.vatBp ?? null },
    netFen: sum(({ netFen }) => netFen),
    taxFen: sum(({ taxFen }) => taxFen),
    lines: lines.map((line) => ({
      productId: line.productId,
      quantity: line.billableQuantity,
      unitPriceMicro: line.effectivePriceMicro,
      amountFen: line.amountFen,
      netFen: line.netFen,
      taxFen: line.taxFen,
    })),
    invoices: recorded,
  });
}

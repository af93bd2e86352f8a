import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaDateOf } from "../kernel/instant.ts";
import { yuanOf } from "../settlement/journal.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { type AnyRef, read, type Tx, transact } from "../storage/transact.ts";
import { type AboutStatement, invoicedBy, invoicesOf, leftOf } from "./invoice-facts.ts";
import type { Invoice } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { invoiceBooks, invoices } from "./store.ts";

type Commit<T> = (refs: readonly AnyRef[], decide: (tx: Tx) => Result<T>) => Promise<Result<T>>;

const MOST_TRIES = 5;

/**
 * What is summed over a statement's invoices holds in the commit: when one was written in between, all is looked at again.
 * `about` names the invoice that `act` may write.
 */
export async function overInvoices<T>(
  { store }: Pick<PaymentDeps, "store">,
  about: AboutStatement & { readonly number: string },
  act: (held: readonly Invoice[], commit: Commit<T>) => Promise<Result<T>>,
): Promise<Result<T>> {
  const { periodId, agreementId, number } = about;
  const book = invoiceBooks.at(periodId, agreementId);
  const early = invoices.at(periodId, agreementId, number);
  const attempt = async () => {
    const revision = (await read(store, book))?.revision ?? 0;
    const held = await invoicesOf({ store }, { periodId, agreementId });
    return act(held, (refs, decide) =>
      transact(store, [book, early, ...refs], (tx) => {
        const isMoved = (tx.get(book)?.revision ?? 0) !== revision;
        return isMoved ? refusePayment("INVOICE_MOVED", { agreementId }) : decide(tx);
      }),
    );
  };
  let done = await attempt();
  for (let i = 1; i < MOST_TRIES && !done.ok && done.error.code === "INVOICE_MOVED"; i++) done = await attempt();
  return done;
}

/** The only way an invoice is written. */
export function putInvoice(tx: Tx, invoice: Invoice): void {
  const { periodId, agreementId, issuer, number } = invoice;
  tx.put(invoices.at(periodId, agreementId, issuer, number), invoice);
  const early = invoices.at(periodId, agreementId, number);
  if (tx.get(early)?.issuer === issuer) tx.remove(early);
  const book = invoiceBooks.at(periodId, agreementId);
  tx.put(book, { revision: (tx.get(book)?.revision ?? 0) + 1 });
}

/** The record of an issuer's number, and all others. */
export function apart(held: readonly Invoice[], { issuer, number }: Pick<Invoice, "issuer" | "number">) {
  const before = held.find((one) => one.issuer === issuer && one.number === number);
  return { before, rest: held.filter((one) => one !== before) };
}

export function leftFenOf({ provider, statement }: SignedStatement, rest: readonly Invoice[]): bigint {
  return leftOf(BigInt(statement.result.amountFen), invoicedBy(provider, rest));
}

const DAY_MS = 86_400_000;

type Beside = ReturnType<typeof apart> & { readonly nowMs: number };

/**
 * The same on both sides: the invoice to be written, the record that says the same already, or why it cannot be. An invoice is
 * the seller's to issue; were it the buyer's too, each could use up what the other has left.
 */
export function fits(signed: SignedStatement, invoice: Invoice, { before, rest, nowMs }: Beside): Result<Invoice> {
  const { number, date, fen, agreementId } = invoice;
  const { provider } = signed;
  if (invoice.issuer !== provider) return refusePayment("INVOICE_ISSUER", { seller: provider, agreementId });
  if (before !== undefined && before.cancelledAt === undefined) {
    const isSame = before.date === date && before.fen === fen;
    return isSame ? ok(before) : refusePayment("INVOICE_EXISTS", { number });
  }
  const latest = chinaDateOf(nowMs + DAY_MS);
  if (date > latest) return refusePayment("INVOICE_DATE", { date, latest });
  const left = leftFenOf(signed, rest);
  if (BigInt(fen) > 0n && BigInt(fen) <= left) return ok(invoice);
  return refusePayment("INVOICE_AMOUNT", { value: yuanOf(BigInt(fen)), left: yuanOf(left) });
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { list } from "../storage/transact.ts";
import type { Invoice } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { invoices } from "./store.ts";

/** The statement that an invoice is over. */
export type AboutStatement = { readonly periodId: string; readonly agreementId: string };

export async function statementFor(
  deps: PaymentDeps,
  { periodId, agreementId }: AboutStatement,
): Promise<Result<SignedStatement>> {
  const signed = await deps.signed(periodId);
  if (!signed.ok) return signed;
  const found = signed.value.find((one) => one.agreementId === agreementId);
  return found === undefined ? refusePayment("INVOICE_STATE", { periodId, agreementId }) : ok(found);
}

export async function invoicesOf(
  { store }: Pick<PaymentDeps, "store">,
  about: Partial<AboutStatement> = {},
): Promise<Invoice[]> {
  const { periodId, agreementId } = about;
  const found: Invoice[] = [];
  const under = [periodId, agreementId].filter((part) => part !== undefined);
  for await (const one of list(store, invoices, under)) found.push(one);
  return found;
}

/** What stands of a seller's invoices; a statement's are its provider's, and what another region recorded counts nothing. */
export function invoicedBy(seller: string, recorded: readonly Invoice[]): bigint {
  return recorded
    .filter(({ issuer, cancelledAt }) => issuer === seller && cancelledAt === undefined)
    .reduce((sum, { fen }) => sum + BigInt(fen), 0n);
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
  /** What the invoices that stand come to. */
  readonly invoicedFen: string;
  /** What is not invoiced yet; of a statement that takes back, nothing. */
  readonly leftFen: string;
};

export async function invoiceFacts(deps: PaymentDeps, about: AboutStatement): Promise<Result<InvoiceFacts>> {
  const signed = await statementFor(deps, about);
  if (!signed.ok) return signed;
  const { statement, terms, entryName, digest, provider, consumer } = signed.value;
  const { lines, amountFen } = statement.result;
  const sum = (pick: (line: (typeof lines)[number]) => string) =>
    lines.reduce((total, line) => total + BigInt(pick(line)), 0n).toString();
  const recorded = await invoicesOf(deps, about);
  const invoiced = invoicedBy(provider, recorded);
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
    invoicedFen: invoiced.toString(),
    leftFen: leftOf(BigInt(amountFen), invoiced).toString(),
  });
}

export function leftOf(amount: bigint, invoiced: bigint): bigint {
  return amount > invoiced ? amount - invoiced : 0n;
}

import { collection } from "../storage/collection.ts";
import type { BankPayment, Due, ImportedFile, Invoice, KnownAccount, Netting, PaymentSource } from "./model.ts";

/** (period, round) → a round of netting. */
export const nettings = collection<Netting>("netting");
/** (period, agreement) → the round of the signed plan that its statement went into. */
export const nettedStatements = collection<{ readonly round: string }>("netting-statement");
/** Months whose ledger is closed and of whose statements nothing is owed outside a plan. Derived: it may be lost. */
export const nettedMonths = collection<string>("netting-month");
/** By reference. */
export const dues = collection<Due>("payment-due");
export const payments = collection<BankPayment>("payment");
/** By digest of the file's bytes. */
export const paymentFiles = collection<ImportedFile>("payment-file");
/** (own account, direction, the bank's number) → the first payment that carried it. */
export const bankReferences = collection<string>("payment-bank-reference");
/** Digest of what a row without the bank's number says → the first payment that said it. */
export const paymentContents = collection<string>("payment-content");
export const paymentSources = collection<PaymentSource>("payment-source");
export const knownAccounts = collection<KnownAccount>("payment-account");
/** (period, agreement, issuer, number); of a database from before (period, agreement, number). */
export const invoices = collection<Invoice>("payment-invoice");
/** (period, agreement) → how often one of its invoices was written, so that no sum over them is out of date when it is used. */
export const invoiceBooks = collection<{ readonly revision: number }>("payment-invoice-book");

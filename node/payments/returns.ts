import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Text } from "../kernel/text.ts";
import type { Store } from "../storage/port.ts";
import { read, transact } from "../storage/transact.ts";
import { regionOf } from "./accounts.ts";
import { keepSuggestions } from "./keep-suggestions.ts";
import type { BankPayment, Due } from "./model.ts";
import { paymentsAlike, paymentsLeft, putDue, putPayment } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { normaliseText, referencesIn } from "./reference.ts";
import { refusePayment } from "./refusal.ts";
import { dues, payments } from "./store.ts";

/** What is known of a reversal: what it may take back, and whether there is no doubt. */
type Looked = {
  readonly row: BankPayment;
  readonly fitting: readonly BankPayment[];
  /** The only payment that fits, and a due of it that is confirmed already. */
  readonly sole: BankPayment | undefined;
  readonly isConfirmed: boolean;
};

/**
 * Takes back what open reversals leave no doubt about; keeps what they may take back for persons. It goes before
 * matching, so that money that came and went is booked on nothing.
 */
export async function takeBackCertain(deps: PaymentDeps): Promise<void> {
  const looked: Looked[] = [];
  for await (const row of paymentsLeft(deps.store, "open"))
    if (row.isReversal) looked.push(await look(deps.store, row));
  for (const { row, fitting, sole, isConfirmed } of looked) {
    // Two that fit the same payment, or one that may be told twice: persons say which it is.
    const isAlone = looked.filter((other) => other.fitting.some(({ id }) => id === sole?.id)).length === 1;
    const isCertain = sole !== undefined && isAlone && row.duplicateOf === null && sole.account === row.account;
    if (isCertain && !isConfirmed && sole.state !== "proposed" && row.account !== "") {
      const done = await takeBack(deps, row.id, sole.id, { from: "open", actor: "node" });
      if (done.ok) continue;
    }
    const suggestions = fitting.map(({ id }) => ({ allocations: [], returns: id, text: MAY_RETURN }));
    const region = (await regionOf(deps, row.account)) ?? row.region;
    await keepSuggestions(deps, row, { region, rule: isConfirmed ? "reversal-confirmed" : "reversal", suggestions });
  }
}

async function look(store: Store, row: BankPayment): Promise<Looked> {
  const named = await namedDues(store, row);
  const alike = (await paymentsAlike(store, row)).filter((one) => mayReturn(row, one));
  const same = alike.filter(({ account }) => account === row.account);
  let fitting = same;
  if (named.length > 0) {
    const references = new Set(named.map(({ reference }) => reference));
    fitting = [];
    for (const one of alike) {
      const paid = [...one.allocations, ...(await namedDues(store, one))];
      if (paid.some(({ reference }) => references.has(reference))) fitting.push(one);
    }
  }
  const sole = fitting.length === 1 ? fitting[0] : undefined;
  const concerned = sole === undefined ? named : await duesOf(store, sole);
  const isConfirmed = concerned.length > 0 && concerned.every(({ confirmedAt }) => confirmedAt !== null);
  return { row, fitting, sole, isConfirmed };
}

/** Dues that the text names. */
async function namedDues(store: Store, { text }: BankPayment): Promise<Due[]> {
  const found: Due[] = [];
  for (const reference of referencesIn(normaliseText(text), () => true)) {
    const due = await read(store, dues.at(reference));
    if (due !== undefined) found.push(due);
  }
  return found;
}

async function duesOf(store: Store, { allocations }: BankPayment): Promise<Due[]> {
  const found = await Promise.all(allocations.map(({ reference }) => read(store, dues.at(reference))));
  return found.filter((due) => due !== undefined);
}

/** A negative amount takes back one of its own direction; persons may also know a transfer the other way to be a return. */
export function mayReturn(row: BankPayment, payment: BankPayment): boolean {
  const isWay = row.isReversal === (row.direction === payment.direction);
  const isState = ["open", "booked", "proposed", "rejected"].includes(payment.state);
  const isSame = row.ownAccount === payment.ownAccount && row.fen === payment.fen && row.currency === payment.currency;
  return isWay && isState && isSame && !payment.isReversal && row.id !== payment.id && isBefore(payment, row);
}

const isBefore = (one: Pick<BankPayment, "date">, other: BankPayment) => (one.date ?? "") <= (other.date ?? "");

type Return = { readonly from: "open" | "proposed"; readonly actor: "node" | "finance" };

/** One commit: the payment counts for nothing any more, what it paid is owed again, and both rows say so. */
export async function takeBack(
  deps: PaymentDeps,
  id: string,
  paymentId: string,
  { from, actor }: Return,
): Promise<Result<BankPayment>> {
  const ref = payments.at(id);
  const paidRef = payments.at(paymentId);
  const before = await read(deps.store, paidRef);
  if (before === undefined) return refusePayment("PAYMENT_NOT_FOUND", { id: paymentId });
  const atMs = deps.runtime.nowMs();
  const owed = before.allocations.map(({ reference }) => dues.at(reference));
  return transact(deps.store, [ref, paidRef, ...owed, ...appendLeafRefs()], (tx) => {
    const now = tx.get(ref);
    const paid = tx.get(paidRef);
    if (now?.state !== from) return refusePayment("PAYMENT_STATE", { id, state: now?.state ?? "—" });
    const isMoved = paid === undefined || paid.revision !== before.revision || paid.state === "proposed";
    if (isMoved || !mayReturn(now, paid)) return refusePayment("PAYMENT_RETURN", { id: paymentId, reversal: id });
    for (const { reference, fen } of paid.allocations) {
      const due = tx.get(dues.at(reference));
      if (due === undefined) return refusePayment("PAYMENT_DUE", { reference });
      if (due.confirmedAt !== null) return refusePayment("PAYMENT_CONFIRMED", { reference });
      const paidFen = (BigInt(due.paidFen) - BigInt(fen)).toString();
      putDue(tx, { ...due, paidFen, payments: due.payments.filter((one) => one.id !== paymentId) });
    }
    const settled = { state: "returned", suggestions: [], proposal: null, allocations: [] } as const;
    const returned: BankPayment = {
      ...now,
      ...settled,
      rule: "reversal",
      returns: paymentId,
      revision: now.revision + 1,
    };
    putPayment(tx, returned);
    putPayment(tx, { ...paid, ...settled, returnedBy: id, revision: paid.revision + 1 });
    appendLeaf(tx, deps.region, leafOf(atMs, actor, returned, paid));
    return ok(returned);
  });
}

function leafOf(atMs: number, actor: Return["actor"], { id, fen, origin }: BankPayment, paid: BankPayment): AuditEvent {
  const references = paid.allocations.map(({ reference }) => reference).join(" ");
  const about = { id, file: origin.file, row: String(origin.row), fen: fen ?? "", references, returns: paid.id };
  const detail = { decision: "returned", references };
  return { kind: "payment.decided", atMs, subject: id, actor, digest: digestOf(about), detail };
}

/** Rows that nobody has decided yet and by which money may have gone back, with the dues that each names. */
export type Doubt = { readonly row: BankPayment; readonly references: readonly string[] };

export async function doubtsOf(store: Store): Promise<Doubt[]> {
  const found: Doubt[] = [];
  for (const state of ["open", "proposed"] as const) {
    for await (const row of paymentsLeft(store, state)) {
      const named = row.isReversal || row.direction === "out" ? await namedDues(store, row) : [];
      const references = named.map(({ reference }) => reference);
      if (row.isReversal || references.length > 0) found.push({ row, references });
    }
  }
  return found;
}

/** Whether a payment of the due may have gone back, so that the node gives no word that it arrived. */
export function isInDoubt({ reference }: Due, parts: readonly BankPayment[], doubts: readonly Doubt[]): boolean {
  return doubts.some(({ row, references }) => {
    if (references.length > 0) return references.includes(reference);
    if (row.direction === "out" || row.rule === "reversal-confirmed") return false;
    return parts.some((part) => isBefore(part, row) && isRelated(part, row));
  });
}

/** Of the same payer, or of the same amount where the bank names itself and not the payer. */
function isRelated(part: BankPayment, row: BankPayment): boolean {
  if (part.ownAccount !== row.ownAccount) return false;
  return part.account === row.account || (row.region !== null && part.region === row.region) || part.fen === row.fen;
}

const MAY_RETURN: Text = {
  zh: "金额与本方账户相同,可能是被退回的这一笔。",
  en: "Same amount and own account: this may be the payment that came back.",
};

import type { Reason } from "../kernel/reason.ts";
import { read } from "../storage/transact.ts";
import type { Due, PlanPayment } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { waitsForConfirmation, waitsForPayments } from "./reasons.ts";
import { dues } from "./store.ts";

/** Nothing of it is left to do for whoever pays: by the own books it is paid in full, or the payee has said so. */
export function isSettled({ fen, paidFen, confirmedAt }: Pick<Due, "fen" | "paidFen" | "confirmedAt">): boolean {
  return confirmedAt !== null || paidFen === fen;
}

/**
 * Whose turn it is while payments of a signed plan are not confirmed. First what this region has to pay itself; then the word of
 * whom it paid, since a payer can do no more; then what others pay each other, of which only their words are known.
 */
export async function waitingForMoney(
  { store, region }: PaymentDeps,
  unconfirmed: readonly [PlanPayment, ...PlanPayment[]],
): Promise<Reason> {
  const toPay: PlanPayment[] = [];
  const paid: PlanPayment[] = [];
  for (const one of unconfirmed) {
    if (one.from !== region) continue;
    const due = await read(store, dues.at(one.reference));
    (due !== undefined && isSettled(due) ? paid : toPay).push(one);
  }
  const [first] = paid;
  if (toPay.length === 0 && first !== undefined) return waitsForConfirmation(referencesOf(paid), first.to);
  return waitsForPayments(referencesOf(toPay.length > 0 ? toPay : unconfirmed), (toPay[0] ?? unconfirmed[0]).from);
}

const referencesOf = (some: readonly PlanPayment[]) => some.map(({ reference }) => reference);

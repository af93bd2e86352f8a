import { ok } from "../kernel/exchange-error.ts";
import { transact } from "../storage/transact.ts";
import type { BankPayment } from "./model.ts";
import { putPayment } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { payments } from "./store.ts";

/** What may be said of an open row, for the person who decides; written only where it is new. */
export async function keepSuggestions(
  { store }: Pick<PaymentDeps, "store">,
  before: BankPayment,
  { region, rule, suggestions }: Pick<BankPayment, "region" | "rule" | "suggestions">,
): Promise<void> {
  const known = [before.region, before.rule, before.suggestions];
  if (JSON.stringify(known) === JSON.stringify([region, rule, suggestions])) return;
  const { id } = before;
  await transact(store, [payments.at(id)], (tx) => {
    const now = tx.get(payments.at(id));
    if (now?.state === "open") putPayment(tx, { ...now, region, rule, suggestions, revision: now.revision + 1 });
    return ok(true);
  });
}

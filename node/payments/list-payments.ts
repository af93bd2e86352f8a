import { list } from "../storage/transact.ts";
import type { BankPayment } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { payments } from "./store.ts";

/** A payment as people and programs see it: whether a second person is needed, not who the first one was. */
export type PaymentView = Omit<BankPayment, "proposal"> & {
  readonly proposal: { readonly allocations: BankPayment["allocations"] } | null;
};

export type PaymentQuery = {
  readonly state?: BankPayment["state"] | undefined;
  readonly file?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

export type PaymentPage = { readonly items: readonly PaymentView[]; readonly next: string | null };

export function paymentView({ proposal, ...payment }: BankPayment): PaymentView {
  return { ...payment, proposal: proposal === null ? null : { allocations: proposal.allocations } };
}

/** By id; with `state` open: the list of what a person has to decide, with suggestions. */
export async function listPayments({ store }: PaymentDeps, query: PaymentQuery): Promise<PaymentPage> {
  const { state, file, cursor, limit } = query;
  const options = cursor === undefined ? {} : { after: [cursor] };
  const items: PaymentView[] = [];
  for await (const payment of list(store, payments, [], options)) {
    if (state !== undefined && payment.state !== state) continue;
    if (file !== undefined && payment.origin.file !== file) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
    items.push(paymentView(payment));
  }
  return { items, next: null };
}

import type { Principal } from "../identity/model.ts";
import type { Reason } from "../kernel/reason.ts";
import { list, read } from "../storage/transact.ts";
import type { BankPayment } from "./model.ts";
import type { PaymentDeps } from "./process.ts";
import { waitsForFirst, waitsForSecond } from "./reasons.ts";
import { openPayments, payments, proposedPayments } from "./store.ts";

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
export async function listPayments(deps: PaymentDeps, query: PaymentQuery): Promise<PaymentPage> {
  const { state, file, limit } = query;
  const items: PaymentView[] = [];
  for await (const payment of paymentsIn(deps, query)) {
    if (state !== undefined && payment.state !== state) continue;
    if (file !== undefined && payment.origin.file !== file) continue;
    if (items.length === limit) return { items, next: items.at(-1)?.id ?? null };
    items.push(paymentView(payment));
  }
  return { items, next: null };
}

/** What waits for persons is found by its own list: years of booked payments would stand before it. */
async function* paymentsIn({ store }: PaymentDeps, { state, cursor }: PaymentQuery): AsyncGenerator<BankPayment> {
  const options = cursor === undefined ? {} : { after: [cursor] };
  if (state !== "open" && state !== "proposed") {
    yield* list(store, payments, [], options);
    return;
  }
  const waiting =
    state === "open" ? list(store, openPayments, [], options) : list(store, proposedPayments, [], options);
  for await (const one of waiting) {
    const payment = await read(store, payments.at(typeof one === "string" ? one : one.id));
    if (payment !== undefined) yield payment;
  }
}

/** Payments that wait for this reader: proposals of others, and rows that nobody has said anything about yet. */
export async function paymentsWaiting(
  { store, region }: PaymentDeps,
  { userId, roles }: Principal,
): Promise<{ readonly state: "open" | "proposed"; readonly reason: Reason }[]> {
  const isFinance = roles.includes("finance");
  if (!isFinance && !roles.includes("approver")) return [];
  let proposals = 0;
  for await (const { by } of list(store, proposedPayments)) if (by !== userId) proposals += 1;
  const waiting: { state: "open" | "proposed"; reason: Reason }[] = [];
  if (proposals > 0) waiting.push({ state: "proposed", reason: waitsForSecond(region, proposals) });
  if (isFinance) {
    // Whether there is one, not how many: a whole month may have been imported before its accounts were known.
    for await (const _ of list(store, openPayments, [], { limit: 1 })) {
      waiting.push({ state: "open", reason: waitsForFirst(region) });
    }
  }
  return waiting;
}

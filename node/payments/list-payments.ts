import type { Principal } from "../identity/model.ts";
import type { Reason } from "../kernel/reason.ts";
import { list } from "../storage/transact.ts";
import { leftOf } from "./left.ts";
import type { BankPayment } from "./model.ts";
import { paymentsLeft, proposalsOfOthers } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { waitsForFirst, waitsForSecond } from "./reasons.ts";
import { payments } from "./store.ts";

/** A payment as people and programs see it: whether a second person is needed, not who the first one was. */
export type PaymentView = Omit<BankPayment, "proposal"> & {
  /** What of it is given to no due. */
  readonly leftFen: string;
  readonly proposal: { readonly allocations: BankPayment["allocations"]; readonly returns?: string } | null;
};

export type PaymentQuery = {
  readonly state?: BankPayment["state"] | undefined;
  readonly file?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

export type PaymentPage = { readonly items: readonly PaymentView[]; readonly next: string | null };

export function paymentView({ proposal, ...payment }: BankPayment): PaymentView {
  const leftFen = leftOf(payment).toString();
  if (proposal === null) return { ...payment, leftFen, proposal };
  const { by: _, ...said } = proposal;
  return { ...payment, leftFen, proposal: said };
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

function paymentsIn({ store }: PaymentDeps, { state, cursor }: PaymentQuery): AsyncIterable<BankPayment> {
  const options = cursor === undefined ? {} : { after: [cursor] };
  const isWaiting = state === "open" || state === "proposed" || state === "rejected";
  return isWaiting ? paymentsLeft(store, state, options) : list(store, payments, [], options);
}

/** Payments that wait for this reader: proposals of others, and rows that nobody has said anything about yet. */
export async function paymentsWaiting(
  { store, region }: PaymentDeps,
  { userId, roles }: Principal,
): Promise<{ readonly state: "open" | "proposed"; readonly reason: Reason }[]> {
  const isFinance = roles.includes("finance");
  if (!isFinance && !roles.includes("approver")) return [];
  const proposals = await proposalsOfOthers(store, userId);
  const waiting: { state: "open" | "proposed"; reason: Reason }[] = [];
  if (proposals > 0) waiting.push({ state: "proposed", reason: waitsForSecond(region, proposals) });
  if (isFinance) {
    // Whether there is one, not how many: a whole month may have been imported before its accounts were known.
    for await (const _ of paymentsLeft(store, "open", { limit: 1 })) {
      waiting.push({ state: "open", reason: waitsForFirst(region) });
    }
  }
  return waiting;
}

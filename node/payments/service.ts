import type { Principal } from "../identity/model.ts";
import type { Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Worker } from "../kernel/worker.ts";
import type { TopicHandler } from "../outbox/model.ts";
import { createLanes } from "../settlement/lanes.ts";
import { list } from "../storage/transact.ts";
import { advanceNetting } from "./advance-netting.ts";
import { type InvoiceFacts, type InvoiceInput, invoiceFacts, invoicesOf, recordInvoice } from "./invoice.ts";
import { parseNetMessage } from "./messages.ts";
import type { Due, Invoice } from "./model.ts";
import { netMessageRefused, receiveNetMessage } from "./netting-inbox.ts";
import { approveNetting, nettingsWaiting, type PeriodPlans, plansOf, requestNetting } from "./netting-service.ts";
import type { PaymentDeps } from "./process.ts";
import { dues, nettings } from "./store.ts";

export type Payments = Worker & {
  /** Finance asks for the plan of a period; it is computed, compared and signed with the other regions. */
  readonly net: (actor: Principal, periodId: string) => Promise<Result<PeriodPlans>>;
  /** A second person lets this region sign the computed plan. */
  readonly approveNet: (actor: Principal, periodId: string) => Promise<Result<PeriodPlans>>;
  readonly plans: (periodId: string) => Promise<Result<PeriodPlans>>;
  readonly waiting: (
    principal: Principal,
  ) => Promise<readonly { readonly periodId: string; readonly reason: Reason }[]>;
  readonly recordInvoice: (actor: Principal, input: InvoiceInput) => Promise<Result<Invoice>>;
  readonly invoices: (periodId?: string) => Promise<readonly Invoice[]>;
  readonly invoiceFacts: (periodId: string, agreementId: string) => Promise<Result<InvoiceFacts>>;
  /** Payments of signed plans, as far as they concern anyone. */
  readonly dues: () => Promise<readonly Due[]>;
  /** For the outbox, topic `netting`. */
  readonly handler: TopicHandler;
  /** Resolves when nothing that was begun is still being computed. */
  readonly idle: () => Promise<void>;
};

export function createPayments(deps: PaymentDeps): Payments {
  const lanes = createLanes(deps.logger);
  const move = (periodId: string) => lanes.run(periodId, () => advanceNetting(deps, periodId));

  /** After a restart whatever is on its way goes on from what is stored. */
  async function resume(): Promise<void> {
    const periods = new Set<string>();
    for await (const { periodId, state } of list(deps.store, nettings)) {
      if (state !== "paid" && state !== "replaced") periods.add(periodId);
    }
    for (const periodId of periods) void move(periodId);
  }

  return {
    name: "payments",
    start: () => lanes.background(resume),
    stop: lanes.idle,
    idle: lanes.idle,
    async net(actor, periodId) {
      const asked = await whileItMoves(() => requestNetting(deps, actor, periodId));
      if (!asked.ok) return asked;
      await move(periodId);
      return plansOf(deps, periodId);
    },
    async approveNet(actor, periodId) {
      const approved = await whileItMoves(() => approveNetting(deps, actor, periodId));
      if (!approved.ok) return approved;
      await move(periodId);
      return plansOf(deps, periodId);
    },
    plans: (periodId) => plansOf(deps, periodId),
    waiting: (principal) => nettingsWaiting(deps, principal),
    recordInvoice: (actor, input) => recordInvoice(deps, actor, input),
    invoices: (periodId) => invoicesOf(deps, periodId),
    invoiceFacts: (periodId, agreementId) => invoiceFacts(deps, { periodId, agreementId }),
    async dues() {
      const found: Due[] = [];
      for await (const due of list(deps.store, dues)) found.push(due);
      return found;
    },
    handler: {
      async receive(message) {
        const answer = await receiveNetMessage(deps, message);
        // The answer does not wait for the computation; a crash before it is made good by `resume`.
        const parsed = parseNetMessage(message.kind, message.body);
        if (answer.ok && parsed.ok && parsed.value.kind !== "NetInvoice") void move(parsed.value.body.periodId);
        return answer;
      },
      delivered: async () => {},
      refused: (message, code, text) => netMessageRefused(deps, message, code, text),
    },
  };
}

const MOST_TRIES = 5;

/** A peer's message may move the record between reading and writing; what a person asks for is then looked at again. */
async function whileItMoves<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
  let done = await act();
  for (let i = 1; i < MOST_TRIES && !done.ok && done.error.code.endsWith("_MOVED"); i++) done = await act();
  return done;
}

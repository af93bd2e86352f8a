import type { Principal } from "../identity/model.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Reason } from "../kernel/reason.ts";
import type { Worker } from "../kernel/worker.ts";
import type { TopicHandler } from "../outbox/model.ts";
import { createLanes } from "../settlement/lanes.ts";
import { list } from "../storage/transact.ts";
import { type AccountInput, type AccountView, accountsOf, registerAccount } from "./accounts.ts";
import { accountsWaiting, type WaitingAccount } from "./accounts-waiting.ts";
import { advanceNetting } from "./advance-netting.ts";
import { type Ageing, ageingOf } from "./ageing.ts";
import { type Decision, decidePayment } from "./decide.ts";
import { type ImportInput, type ImportResult, importPayments } from "./import.ts";
import { cancelInvoice, type InvoiceCancellation, type InvoiceInput, recordInvoice } from "./invoice.ts";
import { type InvoiceFacts, invoiceFacts, invoicesOf } from "./invoice-facts.ts";
import {
  listPayments,
  type PaymentPage,
  type PaymentQuery,
  type PaymentView,
  paymentsWaiting,
  paymentView,
} from "./list-payments.ts";
import { matchOpen } from "./match-open.ts";
import { parseNetMessage } from "./messages.ts";
import type { Due, Invoice } from "./model.ts";
import { type StatementMoney, statementMoney } from "./money-state.ts";
import { netMessageRefused, receiveNetMessage } from "./netting-inbox.ts";
import { approveNetting, nettingsWaiting, type PeriodPlans, plansOf, requestNetting } from "./netting-service.ts";
import { openPeriods } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { dues } from "./store.ts";

export type Payments = Worker & {
  /** Finance asks for the plan of a period; it is computed, compared and signed with the other regions. */
  readonly net: (actor: Principal, periodId: string) => Promise<Result<PeriodPlans>>;
  /** A second person lets this region sign the computed plan. */
  readonly approveNet: (actor: Principal, periodId: string) => Promise<Result<PeriodPlans>>;
  readonly plans: (periodId: string) => Promise<Result<PeriodPlans>>;
  readonly waiting: (
    principal: Principal,
  ) => Promise<readonly { readonly periodId: string; readonly reason: Reason }[]>;
  /** Whether payments wait for this reader, to be claimed or confirmed. */
  readonly undecided: (
    principal: Principal,
  ) => Promise<readonly { readonly state: "open" | "proposed"; readonly reason: Reason }[]>;
  readonly recordInvoice: (actor: Principal, input: InvoiceInput) => Promise<Result<Invoice>>;
  /** By who recorded it; the other region is told. */
  readonly cancelInvoice: (actor: Principal, input: InvoiceCancellation) => Promise<Result<Invoice>>;
  readonly invoices: (periodId?: string) => Promise<readonly Invoice[]>;
  readonly invoiceFacts: (periodId: string, agreementId: string) => Promise<Result<InvoiceFacts>>;
  /** Signed statements of a period (or all): agreed, invoiced, partly paid, paid; overdue and disputed beside it. */
  readonly money: (periodId?: string) => Promise<Result<readonly StatementMoney[]>>;
  readonly ageing: () => Promise<Ageing>;
  /** Payments of signed plans. */
  readonly dues: () => Promise<readonly Due[]>;
  /** Takes in a bank or treasury file and books what is certain. The same file again changes nothing. */
  readonly importFile: (actor: Principal, input: ImportInput) => Promise<Result<ImportResult>>;
  readonly list: (query: PaymentQuery) => Promise<PaymentPage>;
  /** A person says what a payment is; another confirms. */
  readonly decide: (actor: Principal, id: string, decision: Decision) => Promise<Result<PaymentView>>;
  readonly registerAccount: (actor: Principal, input: AccountInput) => Promise<Result<AccountView>>;
  readonly accounts: () => Promise<readonly AccountView[]>;
  /** Accounts that wait for this reader to say the same as who registered them. */
  readonly accountsWaiting: (principal: Principal) => Promise<readonly WaitingAccount[]>;
  /** For the outbox, topic `netting`. */
  readonly handler: TopicHandler;
  /** Resolves when nothing that was begun is still being computed. */
  readonly idle: () => Promise<void>;
};

export function createPayments(deps: PaymentDeps): Payments {
  const lanes = createLanes(deps.logger);
  const move = (periodId: string) =>
    lanes.run(periodId, async () => {
      if (!(await advanceNetting(deps, periodId))) return;
      // What the bank showed before the plan was in force may be what it asks for.
      await matching.run("match", () => matchOpen(deps));
      await advanceNetting(deps, periodId);
    });

  async function idle(): Promise<void> {
    await matching.idle();
    await lanes.idle();
  }

  /** Bank rows are matched one import after the other, or two would want the same due. */
  const matching = createLanes(deps.logger);
  async function oneByOne<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
    let done: Result<T> | undefined;
    let fault: unknown;
    await matching.run("match", async () => {
      done = await act().catch((caught: unknown) => {
        fault = caught;
        return undefined;
      });
    });
    if (done === undefined) throw fault;
    await resume();
    return done;
  }

  /** After a restart whatever is on its way goes on from what is stored. */
  async function resume(): Promise<void> {
    await Promise.all((await openPeriods(deps.store)).map(move));
  }

  return {
    ...readings(deps),
    name: "payments",
    start() {
      lanes.background(async () => {
        await matching.run("match", () => matchOpen(deps));
        await resume();
      });
    },
    stop: idle,
    idle,
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
    recordInvoice: (actor, input) => recordInvoice(deps, actor, input),
    cancelInvoice: (actor, input) => cancelInvoice(deps, actor, input),
    importFile: (actor, input) => oneByOne(() => importPayments(deps, actor, input)),
    async decide(actor, id, decision) {
      const done = await oneByOne(async () => {
        const decided = await decidePayment(deps, actor, id, decision);
        // An account learnt from it, or a row out of the way, may make certain what waited.
        if (decided.ok && decided.value.state !== "proposed") await matchOpen(deps);
        return decided;
      });
      return done.ok ? ok(paymentView(done.value)) : done;
    },
    registerAccount: (actor, input) =>
      oneByOne(async () => {
        const registered = await registerAccount(deps, actor, input);
        // What waited for the account to be known may be certain now.
        if (registered.ok && registered.value.isInForce) await matchOpen(deps);
        return registered;
      }),
    handler: handlerOf(deps, move),
  };
}

/** For messages of peers; `move` goes on with the period that one concerns. */
function handlerOf(deps: PaymentDeps, move: (periodId: string) => Promise<void>): TopicHandler {
  return {
    async receive(message) {
      const parsed = parseNetMessage(message.kind, message.body);
      if (!parsed.ok) return parsed;
      const { body } = parsed.value;
      const answer = await receiveNetMessage(deps, message, parsed.value);
      // The answer does not wait for the computation; a crash before it is made good by `resume`.
      if (answer.ok && "round" in body) void move(body.periodId);
      return answer;
    },
    delivered: async () => {},
    refused: (message, code, text) => netMessageRefused(deps, message, code, text),
  };
}

/** What only reads. */
function readings(deps: PaymentDeps) {
  return {
    plans: (periodId) => plansOf(deps, periodId),
    waiting: (principal) => nettingsWaiting(deps, principal),
    undecided: (principal) => paymentsWaiting(deps, principal),
    invoices: (periodId) => invoicesOf(deps, periodId === undefined ? {} : { periodId }),
    invoiceFacts: (periodId, agreementId) => invoiceFacts(deps, { periodId, agreementId }),
    money: (periodId) => statementMoney(deps, periodId),
    ageing: () => ageingOf(deps),
    list: (query) => listPayments(deps, query),
    accounts: () => accountsOf(deps),
    accountsWaiting: (principal) => accountsWaiting(deps, principal),
    async dues() {
      const found: Due[] = [];
      for await (const due of list(deps.store, dues)) found.push(due);
      return found;
    },
  } satisfies Partial<Payments>;
}

const MOST_TRIES = 5;

/** A peer's message may move the record between reading and writing; what a person asks for is then looked at again. */
async function whileItMoves<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
  let done = await act();
  for (let i = 1; i < MOST_TRIES && !done.ok && done.error.code.endsWith("_MOVED"); i++) done = await act();
  return done;
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { list, read } from "../storage/transact.ts";
import { dueDateOf } from "./conclude-plan.ts";
import { invoicesOf } from "./invoice.ts";
import type { Due, Invoice, Netting } from "./model.ts";
import { nettingRef, type PaymentDeps } from "./process.ts";
import { dues, nettedStatements } from "./store.ts";

/** Where a signed statement stands on its way to money; what is not signed yet has settlement's own state. */
export type StatementMoney = {
  readonly periodId: string;
  readonly agreementId: string;
  readonly entryName: string;
  readonly peer: string;
  readonly amountFen: string;
  readonly state: "agreed" | "invoiced" | "partly-paid" | "paid";
  readonly isOverdue: boolean;
  /** Part of it is parked until a dispute ends. */
  readonly isDisputed: boolean;
  /** Null: no rule in force says when, so it is never called overdue; `dueRule` says what was missing. */
  readonly dueAt: string | null;
  readonly dueRule: string;
  readonly dueVerified: boolean;
  /** The round of the plan that holds it. */
  readonly round: string | null;
  readonly payments: readonly Pick<Due, "reference" | "from" | "to" | "fen" | "paidFen" | "confirmedAt">[];
  readonly invoices: readonly Invoice[];
  readonly closedAt: string | null;
};

export async function statementMoney(deps: PaymentDeps, periodId?: string): Promise<Result<StatementMoney[]>> {
  const signed = await deps.signed(periodId);
  if (!signed.ok) return signed;
  const invoices = await invoicesOf(deps, periodId);
  const owed: Due[] = [];
  for await (const due of list(deps.store, dues)) {
    if (periodId === undefined || due.periodId === periodId) owed.push(due);
  }
  // A round holds the tables of all its statements: it is read once for them, not once for each.
  const rounds = new Map<string, Promise<Netting | undefined>>();
  const found: StatementMoney[] = [];
  for (const one of signed.value) {
    const { periodId, agreementId } = one;
    const round = (await read(deps.store, nettedStatements.at(periodId, agreementId)))?.round ?? null;
    const ref = round === null ? undefined : nettingRef({ periodId, round });
    if (ref !== undefined && !rounds.has(ref.key)) rounds.set(ref.key, read(deps.store, ref));
    const netting = ref === undefined ? undefined : await rounds.get(ref.key);
    found.push(moneyOf(deps, one, { round, netting, owed, invoices }));
  }
  return ok(found);
}

type Around = {
  readonly round: string | null;
  readonly netting: Netting | undefined;
  readonly owed: readonly Due[];
  readonly invoices: readonly Invoice[];
};

function moneyOf(
  { rules, runtime }: PaymentDeps,
  signed: SignedStatement,
  { round, netting, owed, invoices }: Around,
): StatementMoney {
  const { periodId, agreementId, entryName, peer, signedAt, statement } = signed;
  const payments = owed.filter((one) => round !== null && one.periodId === periodId && one.round === round);
  const own = invoices.filter((one) => one.agreementId === agreementId && one.periodId === periodId);
  const isPaid = netting?.state === "paid";
  const hasArrived = payments.some(({ paidFen, confirmedAt }) => paidFen !== "0" || confirmedAt !== null);
  const due = dueDateOf(rules, peer, signedAt);
  return {
    ...{ periodId, agreementId, entryName, peer, round, ...due, invoices: own },
    amountFen: statement.result.amountFen,
    state: isPaid ? "paid" : hasArrived ? "partly-paid" : own.length > 0 ? "invoiced" : "agreed",
    isOverdue: !isPaid && due.dueAt !== null && runtime.nowMs() >= msOf(due.dueAt),
    isDisputed: (statement.result.disputedFen ?? "0") !== "0",
    payments: payments.map(({ reference, from, to, fen, paidFen, confirmedAt }) => {
      return { reference, from, to, fen, paidFen, confirmedAt };
    }),
    closedAt: netting?.closedAt ?? null,
  };
}

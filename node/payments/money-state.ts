import { ok, type Result } from "../kernel/exchange-error.ts";
import { msOf } from "../kernel/instant.ts";
import type { SignedStatement } from "../settlement/signed-statements.ts";
import { agreementBooks } from "../settlement/store.ts";
import { list, read } from "../storage/transact.ts";
import { dueDateOf } from "./conclude-plan.ts";
import { invoicedBy, invoicesOf } from "./invoice-facts.ts";
import type { Due, Invoice, Netting } from "./model.ts";
import { nettingRef, type PaymentDeps } from "./process.ts";
import { dues, nettedStatements } from "./store.ts";
import { isSettled } from "./waiting-for-money.ts";

/** Where a signed statement stands on its way to money; what is not signed yet has settlement's own state. */
export type StatementMoney = {
  readonly periodId: string;
  readonly agreementId: string;
  readonly entryName: string;
  readonly peer: string;
  readonly amountFen: string;
  /** `paid-unconfirmed`: this region's part is paid by its own bank files, and the payee has not said that it arrived. */
  readonly state: "agreed" | "invoiced" | "partly-paid" | "paid-unconfirmed" | "paid";
  /** Not once this region's part of the plan is settled: what others of the plan still owe is none of its own. */
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
  /** What the invoices that stand come to; `invoiced` only when that is the whole amount. */
  readonly invoicedFen: string;
  readonly closedAt: string | null;
};

export async function statementMoney(deps: PaymentDeps, periodId?: string): Promise<Result<StatementMoney[]>> {
  const signed = await deps.signed(periodId);
  if (!signed.ok) return signed;
  const invoices = await invoicesOf(deps, periodId === undefined ? {} : { periodId });
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
    const isDisputed = await isParked(deps, one);
    found.push(moneyOf(deps, one, { round, netting, owed, invoices, isDisputed }));
  }
  return ok(found);
}

type Around = {
  readonly round: string | null;
  readonly netting: Netting | undefined;
  readonly owed: readonly Due[];
  readonly invoices: readonly Invoice[];
  readonly isDisputed: boolean;
};

/** A signed statement says for ever what was in dispute when it was signed; the books say what is parked now. */
async function isParked({ store }: PaymentDeps, { agreementId, statement }: SignedStatement): Promise<boolean> {
  if ((statement.result.disputedFen ?? "0") === "0") return false;
  const parked = new Set((await read(store, agreementBooks.at(agreementId)))?.parkedReceiptIds);
  return statement.disputedReceiptIds.some((id) => parked.has(id));
}

function moneyOf(
  { rules, runtime, region }: PaymentDeps,
  signed: SignedStatement,
  { round, netting, owed, invoices, isDisputed }: Around,
): StatementMoney {
  const { periodId, agreementId, entryName, peer, provider, signedAt, statement } = signed;
  const payments = owed.filter((one) => round !== null && one.periodId === periodId && one.round === round);
  const own = invoices.filter((one) => one.agreementId === agreementId && one.periodId === periodId);
  const { amountFen } = statement.result;
  const invoicedFen = invoicedBy(provider, own);
  const isInvoiced = invoicedFen > 0n && invoicedFen >= BigInt(amountFen);
  const isPaid = netting?.state === "paid";
  const hasDoneItsPart = round !== null && ofRegion(region, payments).every(isSettled);
  const due = dueDateOf(rules, peer, signedAt);
  return {
    ...{ periodId, agreementId, entryName, peer, round, ...due, invoices: own },
    amountFen,
    invoicedFen: invoicedFen.toString(),
    state: isPaid ? "paid" : (arrivedOf(region, payments) ?? (isInvoiced ? "invoiced" : "agreed")),
    isOverdue: !isPaid && !hasDoneItsPart && due.dueAt !== null && runtime.nowMs() >= msOf(due.dueAt),
    isDisputed,
    payments: payments.map(({ reference, from, to, fen, paidFen, confirmedAt }) => {
      return { reference, from, to, fen, paidFen, confirmedAt };
    }),
    closedAt: netting?.closedAt ?? null,
  };
}

const ofRegion = (region: string, payments: readonly Due[]) =>
  payments.filter(({ from, to }) => [from, to].includes(region));

/** How far the payments of a plan that is not closed have come; undefined while there is nothing of them. */
function arrivedOf(region: string, payments: readonly Due[]): "partly-paid" | "paid-unconfirmed" | undefined {
  const own = ofRegion(region, payments);
  if (own.every(isSettled) && own.some(({ confirmedAt }) => confirmedAt === null)) return "paid-unconfirmed";
  const hasArrived = payments.some(({ paidFen, confirmedAt }) => paidFen !== "0" || confirmedAt !== null);
  return hasArrived ? "partly-paid" : undefined;
}

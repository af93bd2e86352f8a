import type { AuditEvent } from "../audit/model.ts";
import { appendLeaf, appendLeafRefs } from "../audit/store.ts";
import { fourEyes, requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { digestOf } from "../kernel/canonical-json.ts";
import { type Failure, ok, type Result } from "../kernel/exchange-error.ts";
import { instantOf } from "../kernel/instant.ts";
import { read, transact } from "../storage/transact.ts";
import { regionOf } from "./accounts.ts";
import { leftOf } from "./left.ts";
import { book } from "./match-open.ts";
import type { Allocation, BankPayment, KnownAccount } from "./model.ts";
import { putPayment } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { refusePayment } from "./refusal.ts";
import { mayReturn, takeBack } from "./returns.ts";
import { dues, payments } from "./store.ts";

/**
 * What a person says a payment is. `allocations`: it pays these dues; `returns`: it takes that payment back; another person
 * then says `confirm`. `reject` takes a proposal back, or says that an open row is no payment of ours.
 */
export type Decision = {
  readonly allocations?: readonly Allocation[] | undefined;
  readonly returns?: string | undefined;
  readonly confirm?: boolean | undefined;
  readonly reject?: string | undefined;
};

export async function decidePayment(
  deps: PaymentDeps,
  actor: Principal,
  id: string,
  decision: Decision,
): Promise<Result<BankPayment>> {
  const allowed = requireRole(actor, ["finance", "approver"]);
  if (!allowed.ok) return allowed;
  const payment = await read(deps.store, payments.at(id));
  if (payment === undefined) return refusePayment("PAYMENT_NOT_FOUND", { id });
  // Whoever confirms and gives other amounts in one breath would see the proposal booked, not what they gave.
  const { allocations, returns, confirm: isConfirmed, reject: why } = decision;
  const given = [allocations, returns, isConfirmed, why].filter((one) => one !== undefined);
  if (given.length !== 1) return refusePayment("PAYMENT_DECISION", { id });
  if (why !== undefined) return reject(deps, payment, why);
  if (isConfirmed === true) return confirm(deps, actor, payment);
  if (returns !== undefined) return proposeReturn(deps, actor, payment, returns);
  return propose(deps, actor, payment, allocations ?? []);
}

/** What was set aside may be taken up again: one person said so, and money must not be lost by it. */
function isUndecided({ state }: BankPayment): boolean {
  return state === "open" || state === "rejected";
}

function refuseState(id: string, now: BankPayment | undefined): Failure {
  if (now?.state === "duplicate") return refusePayment("PAYMENT_DUPLICATE", { id, first: now.duplicateOf ?? "—" });
  return refusePayment("PAYMENT_STATE", { id, state: now?.state ?? "—" });
}

async function propose(
  deps: PaymentDeps,
  actor: Principal,
  { id, fen, currency, account, isReversal }: BankPayment,
  allocations: readonly Allocation[],
): Promise<Result<BankPayment>> {
  if (isReversal) return refusePayment("PAYMENT_REVERSAL", { id });
  if (account === "" || currency !== "CNY" || fen === null) return refusePayment("PAYMENT_NO_ACCOUNT", { id });
  const total = allocations.reduce((sum, one) => sum + BigInt(one.fen), 0n);
  const references = allocations.map(({ reference }) => reference);
  const twice = references.find((one, i) => references.indexOf(one) !== i);
  if (twice !== undefined) return refusePayment("PAYMENT_DUE_TWICE", { reference: twice });
  const owed = references.map((reference) => dues.at(reference));
  const ref = payments.at(id);
  const owner = await regionOf(deps, account);
  return transact(deps.store, [ref, ...owed], (tx) => {
    const now = tx.get(ref);
    if (now === undefined || !isUndecided(now)) return refuseState(id, now);
    const rest = leftOf(now);
    if (total <= 0n || total > rest) {
      return refusePayment("PAYMENT_AMOUNT", { value: total.toString(), expected: `1…${rest}` });
    }
    const others = new Set<string>();
    for (const { reference, fen: part } of allocations) {
      const due = tx.get(dues.at(reference));
      const party = now.direction === "in" ? due?.from : due?.to;
      const isOurs = (now.direction === "in" ? due?.to : due?.from) === deps.region;
      if (due === undefined || party === undefined || !isOurs) return refusePayment("PAYMENT_DUE", { reference });
      others.add(party);
      const left = BigInt(due.fen) - BigInt(due.paidFen);
      if (BigInt(part) > left) return refusePayment("PAYMENT_AMOUNT", { value: part, expected: `≤ ${left}` });
    }
    // One transfer is one party's; and an account that is known to be another's pays nobody else's debt.
    const [party] = others;
    const region = now.allocations.length > 0 ? now.region : (owner ?? now.region);
    const isForeign = region !== null && region !== party;
    if (others.size !== 1 || isForeign) return refusePayment("PAYMENT_DUE", { reference: [...others].join(" / ") });
    const proposed: BankPayment = {
      ...now,
      region,
      state: "proposed",
      proposal: { by: actor.userId, allocations },
      rejectedFor: null,
      revision: now.revision + 1,
    };
    putPayment(tx, proposed);
    return ok(proposed);
  });
}

async function proposeReturn(
  { store }: PaymentDeps,
  actor: Principal,
  { id }: BankPayment,
  returns: string,
): Promise<Result<BankPayment>> {
  const ref = payments.at(id);
  const paidRef = payments.at(returns);
  const paid = await read(store, paidRef);
  const owed = (paid?.allocations ?? []).map(({ reference }) => dues.at(reference));
  return transact(store, [ref, paidRef, ...owed], (tx) => {
    const now = tx.get(ref);
    if (now === undefined || !isUndecided(now)) return refuseState(id, now);
    const payment = tx.get(paidRef);
    const isFit = payment !== undefined && payment.state !== "proposed" && mayReturn(now, payment);
    if (!isFit) return refusePayment("PAYMENT_RETURN", { id: returns, reversal: id });
    const confirmed = owed.map((one) => tx.get(one)).find((due) => due !== undefined && due.confirmedAt !== null);
    if (confirmed !== undefined) return refusePayment("PAYMENT_CONFIRMED", { reference: confirmed.reference });
    const proposal = { by: actor.userId, allocations: [], returns };
    const proposed: BankPayment = {
      ...now,
      state: "proposed",
      proposal,
      rejectedFor: null,
      revision: now.revision + 1,
    };
    putPayment(tx, proposed);
    return ok(proposed);
  });
}

async function confirm(deps: PaymentDeps, actor: Principal, payment: BankPayment): Promise<Result<BankPayment>> {
  const { id, proposal, account, name } = payment;
  if (payment.state !== "proposed" || proposal === null) {
    return refusePayment("PAYMENT_STATE", { id, state: payment.state });
  }
  const eyes = fourEyes(proposal.by, actor);
  if (!eyes.ok) return eyes;
  if (proposal.returns !== undefined) {
    return takeBack(deps, id, proposal.returns, { from: "proposed", actor: "finance" });
  }
  const due = await read(deps.store, dues.at(proposal.allocations[0]?.reference ?? ""));
  if (due === undefined) return refusePayment("PAYMENT_DUE", { reference: "—" });
  const nowMs = deps.runtime.nowMs();
  const region = payment.direction === "in" ? due.from : due.to;
  const learnt: KnownAccount = { account, region, name, addedAt: instantOf(nowMs), proposedBy: null };
  const evidence = (one: BankPayment) => leafOf(nowMs, "booked", one);
  const by = { rule: "persons", from: "proposed", account: learnt, evidence } as const;
  return book(deps, id, proposal.allocations, by);
}

async function reject(deps: PaymentDeps, { id }: BankPayment, why: string): Promise<Result<BankPayment>> {
  const ref = payments.at(id);
  const nowMs = deps.runtime.nowMs();
  return transact(deps.store, [ref, ...appendLeafRefs()], (tx) => {
    const now = tx.get(ref);
    if (now?.state !== "open" && now?.state !== "proposed") {
      return refusePayment("PAYMENT_STATE", { id, state: now?.state ?? "—" });
    }
    const isProposal = now.state === "proposed";
    const state = isProposal ? ("open" as const) : ("rejected" as const);
    const rejectedFor = isProposal ? null : why;
    const after: BankPayment = { ...now, state, rejectedFor, proposal: null, revision: now.revision + 1 };
    putPayment(tx, after);
    if (state === "rejected")
      appendLeaf(tx, deps.region, leafOf(nowMs, after.allocations.length === 0 ? "rejected" : "rest-rejected", after));
    return ok(after);
  });
}

function leafOf(atMs: number, decision: "booked" | "rejected" | "rest-rejected", payment: BankPayment): AuditEvent {
  const { id, allocations, fen, origin } = payment;
  const references = allocations.map(({ reference }) => reference).join(" ");
  const digest = digestOf({ id, file: origin.file, row: String(origin.row), fen: fen ?? "", references });
  return { kind: "payment.decided", atMs, subject: id, actor: "finance", digest, detail: { decision, references } };
}

import { digestOf } from "../kernel/canonical-json.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Tx } from "../storage/transact.ts";
import { enterChange, type LedgerTx, NO_HEAD } from "./entry.ts";
import { accountOf, type Balances, type LedgerOp, type LedgerTransfer, partsOf } from "./model.ts";
import { refuse } from "./refusal.ts";
import { accounts, answeredKeys, ledgerHead, openPendings, transfers } from "./store.ts";

/** The tx-piece: applies operations in order. Any refusal ends the commit they are part of, so a batch is whole or not. */
export function postBatch(tx: LedgerTx, ops: readonly LedgerOp[]): Result<string[]> {
  const answers: string[] = [];
  for (const op of ops) {
    const answer = applyOp(tx, op);
    if (!answer.ok) return answer;
    answers.push(answer.value);
  }
  return ok(answers);
}

/** One operation; a refusal has changed nothing. Source: settlement.md §13. */
export function applyOp(tx: LedgerTx, op: LedgerOp): Result<string> {
  if (op.op === "open") return open(tx, op);
  if (op.op === "ensure") return ensure(tx, op);
  if (op.op === "expire") return expire(tx, op.at);
  // The key is looked at before everything else, also after the period was closed.
  const digest = contentDigest(op);
  const answered = tx.get(answeredKeys.at(op.key));
  if (answered !== undefined) {
    return answered.digest === digest ? ok(answered.answer) : refuse("LEDGER_IDEMPOTENCY_CONFLICT", op.key);
  }
  const answer = keyed(tx, op);
  if (answer.ok) tx.put(answeredKeys.at(op.key), { digest, answer: answer.value });
  return answer;
}

type KeyedOp = Exclude<LedgerOp, { readonly op: "open" | "ensure" | "expire" }>;

function contentDigest(op: KeyedOp): string {
  return digestOf(JSON.parse(JSON.stringify(op)));
}

function keyed(tx: LedgerTx, op: KeyedOp): Result<string> {
  switch (op.op) {
    case "post":
      return enter(tx, { ...blank(op), state: "posted" });
    case "pend":
      return enter(tx, { ...blank(op), state: "pending", expiresAt: op.expiresAt ?? null });
    case "postPending":
      return postPending(tx, op);
    case "voidPending":
      return voidPending(tx, op);
    case "reverse":
      return reverse(tx, op);
    case "closePeriod":
      return closePeriod(tx, op.periodId);
  }
}

function blank(op: Extract<LedgerOp, { readonly op: "post" | "pend" }>): Omit<LedgerTransfer, "state"> {
  const { id, key, debit, credit, amount, periodId, at, text = "" } = op;
  return { id, key, debit, credit, amount, periodId, text, at, expiresAt: null, reverses: null, reversedBy: null };
}

function open(tx: Tx, op: Extract<LedgerOp, { readonly op: "open" }>): Result<string> {
  const account = accountOf(op.partyId, op.code, op.asset);
  if (tx.get(accounts.at(account)) !== undefined) return refuse("LEDGER_ACCOUNT_EXISTS", account);
  tx.put(accounts.at(account), emptyAccount(account, op.normal));
  return ok(account);
}

export function ensure(tx: Tx, { account, normal }: Extract<LedgerOp, { readonly op: "ensure" }>): Result<string> {
  if (tx.get(accounts.at(account)) === undefined) tx.put(accounts.at(account), emptyAccount(account, normal));
  return ok(account);
}

function emptyAccount(account: string, normal: Balances["normal"]): Balances {
  return { account, normal, debitsPending: "0", debitsPosted: "0", creditsPending: "0", creditsPosted: "0" };
}

/** A new transfer, posted or pending. The order of the checks is part of the specification. */
function enter(tx: LedgerTx, transfer: LedgerTransfer): Result<string> {
  const { id, debit, credit, amount, periodId, at, state, expiresAt } = transfer;
  if (tx.get(transfers.at(id)) !== undefined) return refuse("LEDGER_ID_TAKEN", id);
  if (!isAmount(amount)) return refuse("LEDGER_AMOUNT", amount);
  for (const account of [debit, credit]) {
    if (tx.get(accounts.at(account)) === undefined) return refuse("LEDGER_UNKNOWN_ACCOUNT", account);
  }
  if (debit === credit) return refuse("LEDGER_SAME_ACCOUNT", debit);
  const assets = [partsOf(debit).asset, partsOf(credit).asset];
  if (assets[0] !== assets[1]) return refuse("LEDGER_ASSET_MISMATCH", assets.join(" / "));
  const head = tx.get(ledgerHead) ?? NO_HEAD;
  if (periodId <= head.closedThrough) return refuse("LEDGER_PERIOD_CLOSED", periodId);
  if (expiresAt !== null && expiresAt <= at) return refuse("LEDGER_PENDING_EXPIRED", id);
  const recorded = record(tx, transfer);
  if (!recorded.ok) return recorded;
  if (state === "pending") tx.put(openPendings, [...(tx.get(openPendings) ?? []), { id, periodId, expiresAt }]);
  return ok(state);
}

/** Moves the balances and writes the transfer. */
export function record(tx: LedgerTx, transfer: LedgerTransfer): Result<true> {
  const n = BigInt(transfer.amount);
  const isPosted = transfer.state === "posted";
  const change = isPosted ? { posted: n, pending: 0n } : { posted: 0n, pending: n };
  const entered = enterChange(tx, transfer, { what: isPosted ? "post" : "pend", at: transfer.at, ...change });
  if (!entered.ok) return entered;
  const head = tx.get(ledgerHead) ?? NO_HEAD;
  tx.put(transfers.at(transfer.id), transfer);
  tx.put(ledgerHead, { ...head, transfers: String(BigInt(head.transfers) + 1n) });
  return ok(true);
}

function isAmount(amount: unknown): amount is string {
  return typeof amount === "string" && /^[1-9][0-9]*$/.test(amount);
}

function pendingAt(tx: Tx, id: string, at: string): Result<LedgerTransfer> {
  const transfer = tx.get(transfers.at(id));
  if (transfer === undefined) return refuse("LEDGER_UNKNOWN_TRANSFER", id);
  if (transfer.state !== "pending") return refuse("LEDGER_NOT_PENDING", id);
  if (transfer.expiresAt !== null && transfer.expiresAt <= at) return refuse("LEDGER_PENDING_EXPIRED", id);
  return ok(transfer);
}

function postPending(tx: LedgerTx, op: Extract<LedgerOp, { readonly op: "postPending" }>): Result<string> {
  const found = pendingAt(tx, op.pendingId, op.at);
  if (!found.ok) return found;
  const pending = found.value;
  const amount = op.amount ?? pending.amount;
  if (!isAmount(amount)) return refuse("LEDGER_AMOUNT", String(amount));
  if (BigInt(amount) > BigInt(pending.amount)) return refuse("LEDGER_EXCEEDS_PENDING", amount);
  const { closedThrough } = tx.get(ledgerHead) ?? NO_HEAD;
  if (pending.periodId <= closedThrough) return refuse("LEDGER_PERIOD_CLOSED", pending.periodId);
  const change = { posted: BigInt(amount), pending: -BigInt(pending.amount) };
  const entered = enterChange(tx, pending, { what: "post-pending", at: op.at, ...change });
  if (!entered.ok) return entered;
  settlePending(tx, { ...pending, state: "posted", amount, at: op.at });
  return ok("posted");
}

function voidPending(tx: LedgerTx, op: Extract<LedgerOp, { readonly op: "voidPending" }>): Result<string> {
  const found = pendingAt(tx, op.pendingId, op.at);
  if (!found.ok) return found;
  return release(tx, found.value, "voided", op.at);
}

function release(tx: LedgerTx, pending: LedgerTransfer, state: "voided" | "expired", at: string): Result<string> {
  const change = { posted: 0n, pending: -BigInt(pending.amount) };
  const entered = enterChange(tx, pending, { what: state === "voided" ? "void" : "expire", at, ...change });
  if (!entered.ok) return entered;
  settlePending(tx, { ...pending, state });
  return ok(state);
}

function settlePending(tx: Tx, transfer: LedgerTransfer): void {
  tx.put(transfers.at(transfer.id), transfer);
  tx.put(
    openPendings,
    (tx.get(openPendings) ?? []).filter(({ id }) => id !== transfer.id),
  );
}

function expire(tx: LedgerTx, at: string): Result<string> {
  const due = (tx.get(openPendings) ?? []).filter(({ expiresAt }) => expiresAt !== null && expiresAt <= at);
  for (const { id } of due) {
    const pending = tx.get(transfers.at(id));
    if (pending === undefined) return refuse("LEDGER_UNKNOWN_TRANSFER", id);
    const released = release(tx, pending, "expired", at);
    if (!released.ok) return released;
  }
  return ok(`expired:${due.length}`);
}

function reverse(tx: LedgerTx, op: Extract<LedgerOp, { readonly op: "reverse" }>): Result<string> {
  const original = tx.get(transfers.at(op.of));
  if (original === undefined) return refuse("LEDGER_UNKNOWN_TRANSFER", op.of);
  if (original.state !== "posted" || original.reverses !== null) return refuse("LEDGER_NOT_REVERSIBLE", op.of);
  if (original.reversedBy !== null) return refuse("LEDGER_ALREADY_REVERSED", op.of);
  const { id, key, periodId, at = original.at } = op;
  const swapped = { debit: original.credit, credit: original.debit };
  const entered = enter(tx, { ...original, ...swapped, id, key, periodId, at, expiresAt: null, reverses: op.of });
  if (entered.ok) tx.put(transfers.at(op.of), { ...original, reversedBy: id });
  return entered;
}

function closePeriod(tx: Tx, periodId: string): Result<string> {
  const head = tx.get(ledgerHead) ?? NO_HEAD;
  if (periodId <= head.closedThrough) return refuse("LEDGER_PERIOD_CLOSED", periodId);
  const waits = (tx.get(openPendings) ?? []).some((pending) => pending.periodId <= periodId);
  if (waits) return refuse("LEDGER_PENDING_IN_PERIOD", periodId);
  tx.put(ledgerHead, { ...head, closedThrough: periodId });
  return ok("closed");
}

import { requireRole } from "../identity/authorise.ts";
import type { Principal } from "../identity/model.ts";
import { sha256Hex } from "../kernel/digest.ts";
import { ok, type Result } from "../kernel/exchange-error.ts";
import { chinaDateOf, instantOf } from "../kernel/instant.ts";
import { list, read, transact } from "../storage/transact.ts";
import { regionOf } from "./accounts.ts";
import { accountAbove, accountKey, type Columns, findHeader, type Grid, type Header } from "./columns.ts";
import { matchOpen } from "./match-open.ts";
import type { BankPayment, ImportedFile, PaymentSource, RowFault } from "./model.ts";
import { putPayment } from "./open.ts";
import type { PaymentDeps } from "./process.ts";
import { type ReadRow, readRows } from "./read-rows.ts";
import { refusePayment } from "./refusal.ts";
import { bankReferences, paymentContents, paymentFiles, paymentSources, payments } from "./store.ts";

export type ImportInput = {
  /** Which account's files these are (`ccb-main`); columns and own account are remembered under it. */
  readonly source: string;
  readonly filename: string;
  /** SHA-256 of the file's bytes, hex: the same file again changes nothing. */
  readonly file: string;
  /** All rows of the table as text, the first row of the file first. */
  readonly grid: Grid;
  readonly account?: string | undefined;
  readonly columns?: Columns | undefined;
};

export type ImportResult = {
  readonly file: string;
  readonly source: string;
  readonly filename: string;
  readonly columns: Columns;
  readonly ownAccount: string;
  readonly rows: number;
  /** What has become of the file's rows so far. */
  readonly states: { readonly [state in BankPayment["state"]]: number };
  readonly faults: readonly RowFault[];
  /** The file was imported before; nothing was taken in again. */
  readonly isRepeated: boolean;
};

const MAX_ROWS = 100_000;
const ROWS_PER_COMMIT = 100;

export async function importPayments(
  deps: PaymentDeps,
  actor: Principal,
  input: ImportInput,
): Promise<Result<ImportResult>> {
  const allowed = requireRole(actor, "finance");
  if (!allowed.ok) return allowed;
  const { store } = deps;
  const { grid, file } = input;
  if (grid.length > MAX_ROWS) {
    return refusePayment("PAYMENT_FILE_TOO_LARGE", { rows: String(grid.length), limit: String(MAX_ROWS) });
  }
  const known = await read(store, paymentFiles.at(file));
  if (known?.isComplete === true) return resultOf(deps, known, true);
  const learnt = await learn(deps, input, known);
  if (!learnt.ok) return learnt;
  const { header, source } = learnt.value;
  const today = chinaDateOf(deps.runtime.nowMs() + 86_400_000);
  const rows = readRows(grid, header, source.ownAccount, today);
  const record: ImportedFile = {
    ...{ file, source: input.source, filename: input.filename, rows: rows.length, columns: header.columns },
    importedAt: known?.importedAt ?? instantOf(deps.runtime.nowMs()),
    faults: rows.flatMap(({ faults }) => faults),
    isComplete: false,
  };
  const begun = await transact(store, [], (tx) => {
    tx.put(paymentFiles.at(file), record);
    tx.put(paymentSources.at(source.source), source);
    return ok(true);
  });
  if (!begun.ok) return begun;
  for (let at = 0; at < rows.length; at += ROWS_PER_COMMIT) {
    deps.runtime.failPoint("payments.import");
    await takeIn(deps, record, rows.slice(at, at + ROWS_PER_COMMIT));
  }
  await matchOpen(deps);
  const complete = { ...record, isComplete: true };
  await transact(store, [], (tx) => ok(tx.put(paymentFiles.at(file), complete)));
  return resultOf(deps, complete, false);
}

type Learnt = { readonly header: Header; readonly source: PaymentSource };

async function learn(
  { store, runtime }: PaymentDeps,
  { source: name, grid, columns = {}, account = "" }: ImportInput,
  known: ImportedFile | undefined,
): Promise<Result<Learnt>> {
  const remembered = await read(store, paymentSources.at(name));
  const header = findHeader(grid, columns, known?.columns ?? remembered?.columns ?? {});
  if (!header.ok) return header;
  const said = accountKey(account);
  const place = header.value.places.get("ownAccount") ?? -1;
  const inColumn = accountKey(grid[header.value.at + 1]?.[place] ?? "");
  const seen = said || inColumn || accountAbove(grid, header.value.at);
  const own = seen || (remembered?.ownAccount ?? "");
  const isOther = remembered !== undefined && seen !== "" && seen !== remembered.ownAccount;
  if (own === "" || isOther) return refusePayment("PAYMENT_SOURCE", { source: name, value: seen || "—" });
  const updatedAt = instantOf(runtime.nowMs());
  const source = {
    source: name,
    columns: { ...remembered?.columns, ...header.value.columns },
    ownAccount: own,
    updatedAt,
  };
  return ok({ header: header.value, source });
}

/** Rows become payments once: their id is their place in the file. */
async function takeIn(deps: PaymentDeps, file: ImportedFile, rows: readonly ReadRow[]): Promise<void> {
  const candidates: BankPayment[] = [];
  for (const one of rows) candidates.push(await paymentOf(deps, file, one));
  const refs = candidates.flatMap((one) => [payments.at(one.id), ...marksOf(one)]);
  await transact(deps.store, refs, (tx) => {
    for (const candidate of candidates) {
      if (tx.get(payments.at(candidate.id)) !== undefined) continue;
      // A row that could not be read stands in nobody's way: it may come again, corrected.
      const [mark] = candidate.state === "open" ? marksOf(candidate) : [];
      const first = mark === undefined ? undefined : tx.get(mark);
      if (mark !== undefined && first === undefined) tx.put(mark, candidate.id);
      const payment = first === undefined ? candidate : repeated(candidate, first);
      putPayment(tx, payment);
    }
    return ok(true);
  });
}

/** The bank's own number says that it is the same transfer; without one it may be, and a person decides. */
function repeated(payment: BankPayment, first: string): BankPayment {
  const duplicateOf = first;
  return payment.bankReference === ""
    ? { ...payment, duplicateOf, rule: "twin" }
    : { ...payment, duplicateOf, state: "duplicate", rule: "bank-reference" };
}

function marksOf({ ownAccount, direction, isReversal, bankReference, date, account, fen, text, name }: BankPayment) {
  if (fen === null) return [];
  // What takes a transfer back may carry its number and its words, and is no second telling of it.
  const way = isReversal ? `${direction}-reversed` : direction;
  // With the amount: some treasuries give the parts of a collective order one number.
  if (bankReference !== "") return [bankReferences.at(ownAccount, way, bankReference, fen)];
  const said = [ownAccount, way, date ?? "", account, fen, text, name].join("|");
  return [paymentContents.at(sha256Hex(said))];
}

async function paymentOf(deps: PaymentDeps, file: ImportedFile, { row, faults }: ReadRow): Promise<BankPayment> {
  // A reversal is never booked, so it needs no account; unread it would leave money counted that went back.
  const rest = row.isReversal ? faults.filter(({ rule }) => rule !== "PAY-ACCOUNT") : faults;
  const isFaulty = row.date === null || row.fen === null || rest.length > 0;
  return {
    ...row,
    id: idOf(file, row.row),
    origin: { source: file.source, file: file.file, row: row.row },
    region: await regionOf(deps, row.account),
    state: isFaulty ? "faulty" : "open",
    rule: rest[0]?.rule ?? "new",
    allocations: [],
    suggestions: [],
    proposal: null,
    rejectedFor: null,
    duplicateOf: null,
    revision: 1,
  };
}

/** Lists go by id: in the order in which files were imported, and of their rows. The same row has the same one again. */
function idOf(file: ImportedFile, row: number): string {
  return `${beginningOf(file)}${String(row).padStart(6, "0")}`;
}

function beginningOf({ file, importedAt }: ImportedFile): string {
  return `P-${importedAt.replace(/[^0-9]/g, "").slice(0, 14)}-${sha256Hex(file).slice(0, 12)}-`;
}

async function resultOf(
  { store }: PaymentDeps,
  file: ImportedFile,
  isRepeated: boolean,
): Promise<Result<ImportResult>> {
  const states = { open: 0, booked: 0, proposed: 0, rejected: 0, returned: 0, duplicate: 0, faulty: 0 };
  for await (const { id, state } of list(store, payments, [], { after: [idOf(file, 0)] })) {
    if (!id.startsWith(beginningOf(file))) break;
    states[state] += 1;
  }
  const { ownAccount = "" } = (await read(store, paymentSources.at(file.source))) ?? {};
  const { source, filename, columns, rows, faults } = file;
  return ok({ file: file.file, source, filename, columns, ownAccount, rows, states, faults, isRepeated });
}

import { ok, type Result } from "../kernel/exchange-error.ts";
import type { Field, PaymentSource } from "./model.ts";
import { refusePayment } from "./refusal.ts";

/** What banks and treasuries call their columns; compared without case, spaces and what stands in brackets. */
const HEADINGS: { readonly [field in Field]: readonly string[] } = {
  date: [
    "交易日期",
    "记账日期",
    "入账日期",
    "日期",
    "交易时间",
    "到账日期",
    "付款日期",
    "收款日期",
    "date",
    "bookingdate",
    "valuedate",
    "transactiondate",
    "paymentdate",
  ],
  amount: ["金额", "交易金额", "发生额", "付款金额", "收款金额", "amount", "transactionamount"],
  credit: [
    "收入金额",
    "收入",
    "贷方金额",
    "贷方发生额",
    "贷方",
    "存入金额",
    "credit",
    "creditamount",
    "paidin",
    "deposit",
  ],
  debit: [
    "支出金额",
    "支出",
    "借方金额",
    "借方发生额",
    "借方",
    "支取金额",
    "debit",
    "debitamount",
    "paidout",
    "withdrawal",
  ],
  direction: [
    "借贷标志",
    "借贷方向",
    "借贷",
    "收支标志",
    "收付标志",
    "收支方向",
    "方向",
    "drcr",
    "d/c",
    "cr/dr",
    "debitcredit",
    "direction",
  ],
  currency: ["币种", "货币", "currency", "ccy"],
  ownAccount: ["本方账号", "账号", "账户", "本方账户", "我方账号", "ownaccount", "accountnumber", "account"],
  account: [
    "对方账号",
    "对方账户",
    "交易对手账号",
    "付款人账号",
    "收款人账号",
    "对手账号",
    "counterpartyaccount",
    "payeraccount",
    "payeeaccount",
    "iban",
  ],
  name: [
    "对方户名",
    "对方名称",
    "对方单位名称",
    "交易对手名称",
    "付款人名称",
    "付款人",
    "收款人名称",
    "收款人",
    "对方账户名称",
    "counterparty",
    "counterpartyname",
    "payer",
    "payee",
    "name",
  ],
  text: [
    "摘要",
    "用途",
    "附言",
    "备注",
    "交易附言",
    "摘要/用途",
    "用途/附言",
    "reference",
    "remark",
    "remittanceinformation",
    "description",
    "memo",
    "purpose",
  ],
  bankReference: [
    "交易流水号",
    "流水号",
    "银行流水号",
    "凭证号",
    "凭证号码",
    "回单编号",
    "支付业务编号",
    "bankreference",
    "transactionid",
    "transactionreference",
    "endtoendid",
  ],
};

export function headingKey(heading: string): string {
  return heading
    .normalize("NFKC")
    .replace(/\([^)]*\)|\[[^\]]*\]/g, "")
    .replace(/[\s_.:：*-]/g, "")
    .toLowerCase();
}

const FIELD_OF = new Map(
  (Object.entries(HEADINGS) as [Field, readonly string[]][]).flatMap(([field, names]) =>
    names.map((name) => [headingKey(name), field] as const),
  ),
);

export type Columns = PaymentSource["columns"];
export type Grid = readonly (readonly string[])[];

/** Bank exports begin with lines about the account; the header is below them. */
const MOST_PREAMBLE = 30;

export type Header = {
  /** Index of the header in the grid. */
  readonly at: number;
  readonly columns: Columns;
  /** Column index of each field. */
  readonly places: ReadonlyMap<Field, number>;
};

/**
 * Where the header is and which column is which: what the caller says, else what was remembered for the source, else by
 * the usual headings. A remembered column that the file no longer has counts as not remembered.
 */
export function findHeader(grid: Grid, said: Columns, remembered: Columns): Result<Header> {
  let best: Header | undefined;
  for (let at = 0; at < Math.min(grid.length, MOST_PREAMBLE); at++) {
    const row = grid[at] ?? [];
    const header = headerOf(row, at, said, remembered);
    if (missingOf(header).length === 0) return ok(header);
    if (best === undefined || header.places.size > best.places.size) best = header;
  }
  const found = (grid[best?.at ?? 0] ?? []).filter((cell) => cell.trim() !== "").slice(0, 30);
  const missing = best === undefined ? ["date"] : missingOf(best);
  return refusePayment("PAYMENT_COLUMNS", { missing: missing.join(", "), found: found.join("、") || "—" });
}

function headerOf(row: readonly string[], at: number, said: Columns, remembered: Columns): Header {
  const keys = row.map(headingKey);
  const places = new Map<Field, number>();
  for (const known of [said, remembered]) {
    for (const [field, heading] of Object.entries(known) as [Field, string][]) {
      const place = keys.indexOf(headingKey(heading));
      if (place !== -1 && !places.has(field)) places.set(field, place);
    }
  }
  const taken = new Set(places.values());
  for (const [place, key] of keys.entries()) {
    const field = FIELD_OF.get(key);
    if (field !== undefined && !places.has(field) && !taken.has(place)) places.set(field, place);
  }
  const columns = Object.fromEntries([...places].map(([field, place]) => [field, (row[place] ?? "").trim()]));
  return { at, columns, places };
}

/** Without these nothing could ever be booked from the file. */
function missingOf({ places }: Header): string[] {
  const missing = (["date", "account"] as const).filter((field) => !places.has(field)) as string[];
  const hasAmount = places.has("amount") || places.has("credit") || places.has("debit");
  return hasAmount ? missing : [...missing, "amount"];
}

/** The own account when it stands above the header (`账号:6222…`) instead of in a column. */
export function accountAbove(grid: Grid, at: number): string {
  for (const row of grid.slice(0, at)) {
    for (const [i, cell] of row.entries()) {
      const [label = "", ...rest] = cell.normalize("NFKC").split(":");
      if (!HEADINGS.ownAccount.some((name) => headingKey(name) === headingKey(label))) continue;
      const value = accountKey(rest.join(":") || (row[i + 1] ?? ""));
      if (value !== "") return value;
    }
  }
  return "";
}

/** Account numbers as people and banks write them: full-width digits, spaces, dashes. */
export function accountKey(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[^0-9A-Za-z]/g, "")
    .toUpperCase();
}

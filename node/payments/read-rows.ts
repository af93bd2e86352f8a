import { isDate } from "../kernel/instant.ts";
import type { Text } from "../kernel/text.ts";
import { accountKey, type Grid, type Header } from "./columns.ts";
import type { BankRow, Field, RowFault } from "./model.ts";

export type ReadRow = { readonly row: BankRow; readonly faults: readonly RowFault[] };

/** Every row below the header, as far as it can be read; what cannot be is a fault with row, column, value and rule. */
export function readRows(grid: Grid, header: Header, own: string, today: string): ReadRow[] {
  const read: ReadRow[] = [];
  for (let i = header.at + 1; i < grid.length; i++) {
    const cells = grid[i] ?? [];
    if (cells.every((cell) => cell.trim() === "") || isTotal(cells)) continue;
    read.push(readRow(cells, i + 1, header, own, today));
  }
  return read;
}

/** Exports end with lines of sums. */
function isTotal(cells: readonly string[]): boolean {
  const first = cells.find((cell) => cell.trim() !== "") ?? "";
  return /^(合计|总计|小计|本页合计|total)/i.test(first.trim());
}

function readRow(cells: readonly string[], row: number, header: Header, own: string, today: string): ReadRow {
  const faults: RowFault[] = [];
  const cell = (field: Field) => (cells[header.places.get(field) ?? -1] ?? "").trim();
  const fault = (field: Field, rule: string, text: Text) => {
    faults.push({ row, column: header.columns[field] ?? field, value: cell(field), rule, text });
  };
  const date = dateOf(cell("date"));
  if (date === undefined || date > today) fault("date", "PAY-DATE", DATE_TEXT);
  const money = moneyOf(cell);
  if (money === undefined) fault(amountField(header, cell), "PAY-AMOUNT", AMOUNT_TEXT);
  const currency = currencyOf(cell("currency"));
  if (currency !== "CNY") fault("currency", "PAY-CURRENCY", CURRENCY_TEXT);
  const account = accountKey(cell("account"));
  if (account === "" || /^[0-9]+E[0-9]+$/.test(account)) fault("account", "PAY-ACCOUNT", ACCOUNT_TEXT);
  const ownAccount = accountKey(cell("ownAccount")) || own;
  if (ownAccount !== own) fault("ownAccount", "PAY-OWN-ACCOUNT", OWN_TEXT);
  const { direction = "in", isReversal = false, fen = null } = money ?? {};
  const rest = { name: cell("name"), text: cell("text"), bankReference: cell("bankReference").normalize("NFKC") };
  const found = { row, date: date ?? null, fen: fen === null ? null : fen.toString(), direction, isReversal };
  return { row: { ...found, currency, ownAccount, account, ...rest }, faults };
}

type Cell = (field: Field) => string;

function amountField({ places }: Header, cell: Cell): Field {
  if (places.has("amount")) return "amount";
  return cell("debit") === "" ? "credit" : "debit";
}

type Money = { readonly fen: bigint; readonly direction: "in" | "out"; readonly isReversal: boolean };

/** One column with a sign or a mark beside it, or a column for each direction. */
function moneyOf(cell: Cell): Money | undefined {
  const credit = fenOf(cell("credit"));
  const debit = fenOf(cell("debit"));
  const hasSides = (credit ?? 0n) !== 0n || (debit ?? 0n) !== 0n;
  if (hasSides && (credit ?? 0n) !== 0n && (debit ?? 0n) !== 0n) return undefined;
  if (hasSides) {
    const [fen, direction] = (credit ?? 0n) !== 0n ? [credit ?? 0n, "in" as const] : [debit ?? 0n, "out" as const];
    // A negative amount in a column of its own takes an earlier one back.
    return { fen: fen < 0n ? -fen : fen, direction, isReversal: fen < 0n };
  }
  const fen = fenOf(cell("amount"));
  if (fen === undefined || fen === 0n) return undefined;
  const marked = directionOf(cell("direction"));
  if (marked === undefined)
    return { fen: fen < 0n ? -fen : fen, direction: fen < 0n ? "out" : "in", isReversal: false };
  return { fen: fen < 0n ? -fen : fen, direction: marked, isReversal: fen < 0n && marked === "in" };
}

function directionOf(text: string): "in" | "out" | undefined {
  const key = text.normalize("NFKC").trim().toLowerCase();
  if (/^(贷|收|收入|贷方|来账|转入|c|cr|credit|in|\+)$/.test(key)) return "in";
  if (/^(借|支|支出|付|付款|借方|往账|转出|d|dr|debit|out|-)$/.test(key)) return "out";
  return undefined;
}

/** Yuan with up to two decimals, in whatever dress; undefined for anything else. Never through a float. */
export function fenOf(text: string): bigint | undefined {
  const plain = text
    .normalize("NFKC")
    .replace(/[\s,,¥¥元]|CNY|RMB/gi, "")
    .replace(/^\((.+)\)$/, "-$1");
  const parts = /^([+-]?)([0-9]{1,30})(?:\.([0-9]{1,2})0*)?$/.exec(plain);
  if (parts === null) return undefined;
  const [, sign = "", yuan = "0", decimals = ""] = parts;
  const fen = BigInt(yuan) * 100n + BigInt(decimals.padEnd(2, "0"));
  return sign === "-" ? -fen : fen;
}

/** The first day that spreadsheets count; 1 is 1900-01-01, and they believe that 1900 was a leap year. */
const SHEET_EPOCH_MS = Date.UTC(1899, 11, 30);

/** Dates as files have them: 2026-11-05, 2026/11/5, 20261105, 2026年11月5日, with or without a time, or a sheet's number. */
export function dateOf(text: string): string | undefined {
  const plain = text.normalize("NFKC").trim();
  const parts = /^([0-9]{4})[-/.年]?([0-9]{1,2})[-/.月]?([0-9]{1,2})日?(?:$|[T\s].*)/.exec(plain);
  if (/^[0-9]{5}(\.[0-9]+)?$/.test(plain)) {
    return new Date(SHEET_EPOCH_MS + Math.floor(Number(plain)) * 86_400_000).toISOString().slice(0, 10);
  }
  if (parts === null) return undefined;
  const [, year = "", month = "", day = ""] = parts;
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`;
  return isDate(date) ? date : undefined;
}

function currencyOf(text: string): string {
  const key = text.normalize("NFKC").trim().toUpperCase();
  return ["", "CNY", "RMB", "人民币", "人民币元", "156", "01", "¥", "CNH"].includes(key) ? "CNY" : key;
}

const DATE_TEXT: Text = {
  zh: "日期无法识别或在今天之后;请按 2026-11-05 的形式填写。",
  en: "The date cannot be read or lies in the future; write it as 2026-11-05.",
};
const AMOUNT_TEXT: Text = {
  zh: "金额无法识别、为零,或收支两栏同时有数;请填写至多两位小数的元数。",
  en: "The amount cannot be read, is zero, or stands in both columns; write yuan with at most two decimals.",
};
const CURRENCY_TEXT: Text = {
  zh: "币种不是人民币,不会入账;请由人工处理。",
  en: "The currency is not CNY, so nothing is booked from this row; a person has to deal with it.",
};
const ACCOUNT_TEXT: Text = {
  zh: "缺少对方账号,或账号被表格软件改成了科学计数;没有账号不入账。",
  en: "The counter-party account is missing, or a spreadsheet turned it into an exponent; nothing is booked without it.",
};
const OWN_TEXT: Text = {
  zh: "本方账号与该来源登记的账号不同;请分别导入。",
  en: "The own account is not the one of this source; import each account as its own source.",
};

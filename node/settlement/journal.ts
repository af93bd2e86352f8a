import type { Result } from "../kernel/exchange-error.ts";
import { addDays } from "../kernel/instant.ts";
import { partsOf } from "../ledger/model.ts";
import { attempt, fail } from "./refusal.ts";
import { byteOrder } from "./values.ts";

/** A transfer as journals show it; `date` is the China date of posting. */
export type JournalTransfer = {
  readonly id: string;
  readonly date: string;
  readonly debit: string;
  readonly credit: string;
  readonly amount: string;
  readonly text: string;
  readonly periodId: string;
  readonly state: string;
};

export type JournalBalance = {
  readonly account: string;
  readonly plainName: string;
  readonly beancountName: string;
  readonly amount: string;
  readonly shown: string;
};

export type Journal = {
  /** For ledger and for hledger, one text. */
  readonly plain: string;
  readonly beancount: string;
  readonly balances: JournalBalance[];
};

const FOLDERS: { readonly [code: string]: string } = {
  receivable: "Assets:Receivable",
  clearing: "Assets:Clearing",
  payable: "Liabilities:Payable",
  deferred: "Liabilities:Deferred",
  dispute: "Liabilities:Dispute",
  usage: "Equity:Usage",
};

const COMMODITIES: { readonly [asset: string]: string } = {
  CNY: "CNY",
  calls: "CALL",
  rows: "ROW",
  bytes: "BYTE",
  gbHours: "GBH",
};

/** Plain-text journals that tools not ours can recompute and check, to the fen. Source: settlement.md §14. */
export function journal(transfers: readonly JournalTransfer[]): Result<Journal> {
  return attempt(() => write(transfers));
}

function write(transfers: readonly JournalTransfer[]): Journal {
  const sorted = [...transfers].sort((a, b) => byteOrder(a.date, b.date) || byteOrder(a.id, b.id));
  for (const { debit, credit } of sorted) {
    const assets = [partsOf(debit).asset, partsOf(credit).asset];
    if (assets[0] !== assets[1]) fail("LEDGER_ASSET_MISMATCH", { value: assets.join(" / ") });
  }
  const shown = sorted.filter(({ state }) => state === "posted" || state === "pending");
  const posted = shown.filter(({ state }) => state === "posted");
  const balances = balancesOf(posted);
  return { plain: plainText(shown, posted, balances), beancount: beancountText(shown, posted, balances), balances };
}

function balancesOf(posted: readonly JournalTransfer[]): JournalBalance[] {
  const amounts = new Map<string, bigint>();
  const change = (account: string, amount: bigint) => amounts.set(account, (amounts.get(account) ?? 0n) + amount);
  for (const { debit, credit, amount } of posted) {
    change(debit, BigInt(amount));
    change(credit, -BigInt(amount));
  }
  return [...amounts]
    .sort(([a], [b]) => byteOrder(a, b))
    .map(([account, amount]) => ({
      account,
      plainName: plainName(account),
      beancountName: beancountName(account),
      amount: amount.toString(),
      shown: `${figure(account, amount)} ${commodity(account)}`,
    }));
}

function plainText(
  shown: readonly JournalTransfer[],
  posted: readonly JournalTransfer[],
  balances: readonly JournalBalance[],
): string {
  const blocks = shown.map((transfer) => {
    const { id, date, debit, credit, amount, periodId, state } = transfer;
    if (state === "pending") return pendingLine(transfer, plainName);
    return [
      `${date} * (${id}) ${oneLine(transfer.text)}`,
      `    ; periodId: ${periodId}`,
      `    ${plainName(debit)}  ${figure(debit, BigInt(amount))} ${commodity(debit)}`,
      `    ${plainName(credit)}  ${figure(credit, -BigInt(amount))} ${commodity(credit)}`,
    ].join("\n");
  });
  const last = posted.at(-1);
  if (last !== undefined) {
    const lines = balances.map(
      ({ account, plainName: name, shown: balance }) =>
        `    ${name}  ${figure(account, 0n)} ${commodity(account)} = ${balance}`,
    );
    blocks.push([`${last.date} * balances`, ...lines].join("\n"));
  }
  return blocks.map((block) => `${block}\n`).join("\n");
}

function beancountText(
  shown: readonly JournalTransfer[],
  posted: readonly JournalTransfer[],
  balances: readonly JournalBalance[],
): string {
  const blocks: string[] = [];
  const first = posted[0];
  const last = posted.at(-1);
  if (first !== undefined) blocks.push(openings(addDays(first.date, -1), balances));
  for (const transfer of shown) {
    const { id, date, debit, credit, amount, periodId, state } = transfer;
    if (state === "pending") blocks.push(pendingLine(transfer, beancountName));
    else {
      blocks.push(
        [
          `${date} * "${quoted(oneLine(transfer.text))}"`,
          `  transferId: "${id}"`,
          `  periodId: "${periodId}"`,
          `  ${beancountName(debit)}  ${figure(debit, BigInt(amount))} ${commodity(debit)}`,
          `  ${beancountName(credit)}  ${figure(credit, -BigInt(amount))} ${commodity(credit)}`,
        ].join("\n"),
      );
    }
  }
  if (last !== undefined) {
    const day = addDays(last.date, 1);
    // `~ 0`: without it beancount lets a difference of one fen pass.
    const lines = balances.map(
      ({ account, amount, beancountName: name }) =>
        `${day} balance ${name}  ${figure(account, BigInt(amount))} ~ 0 ${commodity(account)}`,
    );
    blocks.push(lines.join("\n"));
  }
  return blocks.map((block) => `${block}\n`).join("\n");
}

/** Once per name, with all its commodities: beancount refuses a second `open`. */
function openings(date: string, balances: readonly JournalBalance[]): string {
  const commodities = new Map<string, Set<string>>();
  for (const { account, beancountName: name } of balances) {
    commodities.set(name, (commodities.get(name) ?? new Set()).add(commodity(account)));
  }
  return [...commodities]
    .sort(([a], [b]) => byteOrder(a, b))
    .map(([name, found]) => `${date} open ${name} ${[...found].sort(byteOrder).join(",")}`)
    .join("\n");
}

function pendingLine(
  { date, id, debit, credit, amount }: JournalTransfer,
  nameOf: (account: string) => string,
): string {
  return `; pending ${date} ${id} ${nameOf(debit)} < ${nameOf(credit)} ${figure(debit, BigInt(amount))} ${commodity(debit)}`;
}

function folder(account: string): string {
  const { code } = partsOf(account);
  return FOLDERS[code] ?? fail("BAD_ID", { value: code });
}

function plainName(account: string): string {
  return `${folder(account)}:${partsOf(account).partyId}`;
}

/** beancount allows one component only, of letters, digits and hyphens. */
function beancountName(account: string): string {
  const { partyId } = partsOf(account);
  const escaped = partyId.replace(/[^A-Za-z0-9]/g, (c) => `-${c.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return `${folder(account)}:P-${escaped}`;
}

function commodity(account: string): string {
  const { asset } = partsOf(account);
  return COMMODITIES[asset] ?? fail("BAD_ID", { value: asset });
}

/** Only money has decimals: fen with the point two from the right. */
function figure(account: string, amount: bigint): string {
  return partsOf(account).asset === "CNY" ? yuanOf(amount) : amount.toString();
}

export function yuanOf(fen: bigint): string {
  const digits = (fen < 0n ? -fen : fen).toString().padStart(3, "0");
  return `${fen < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function quoted(text: string): string {
  return text.replace(/[\\"]/g, (c) => `\\${c}`);
}

import { spawnSync } from "node:child_process";

/** A program that is not ours and computes balances from a journal. */
export type Reader = {
  readonly program: string;
  /** The package that brings it. */
  readonly from: string;
  readonly format: "plain" | "beancount";
  readonly balances: (file: string) => readonly string[];
  /** `account commodity` → figure, from what it prints. */
  readonly parse: (out: string) => Iterable<readonly [string, string]>;
  readonly owns: (name: string) => boolean;
  /** True when it notices that something is wrong. */
  readonly refuses: (file: string) => boolean;
};

const isBeancountName = (name: string) => /:P-/.test(name);
const notBeancountName = (name: string) => !isBeancountName(name);

export const readers: readonly Reader[] = [
  {
    ...{ program: "ledger", from: "ledger", format: "plain", owns: notBeancountName },
    balances: (file) => ["-f", file, "balance", "--flat", "--no-total", "--balance-format", "%(account)|%(amount)\\n"],
    parse: ledgerLines,
    refuses: (file) => spawnSync("ledger", ["-f", file, "balance"], OUTPUT).status !== 0,
  },
  {
    ...{ program: "hledger", from: "hledger", format: "plain", owns: notBeancountName },
    balances: (file) => ["-f", file, "balance", "--flat", "--no-total", "-O", "csv"],
    parse: hledgerLines,
    refuses: (file) => spawnSync("hledger", ["-f", file, "balance"], OUTPUT).status !== 0,
  },
  {
    ...{ program: "bean-query", from: "beancount", format: "beancount", owns: isBeancountName },
    balances: (file) => ["-f", "csv", file, "select account, currency, sum(number) group by account, currency"],
    parse: beancountLines,
    refuses: (file) => spawnSync("bean-check", [file], OUTPUT).status !== 0,
  },
];

const OUTPUT = { encoding: "utf8", maxBuffer: 256 * 2 ** 20 } as const;

export type ReadBalances = { readonly balances: ReadonlyMap<string, string>; readonly faults: readonly string[] };

/** Those that are not 0. */
export function readJournalBalances(reader: Reader, file: string): ReadBalances {
  const { status, stdout, stderr } = spawnSync(reader.program, reader.balances(file), OUTPUT);
  if (status !== 0)
    return { balances: new Map(), faults: [`${reader.program} ended with ${status}: ${stderr.slice(0, 500)}`] };
  const balances = new Map([...reader.parse(stdout)].filter(([, figure]) => !/^-?0(\.0+)?$/.test(figure)));
  return { balances, faults: stderr.trim() === "" ? [] : [`${reader.program} says: ${stderr.slice(0, 500)}`] };
}

/** `account|1.00 CNY`, and a line of its own for each further commodity of the account. */
function* ledgerLines(out: string): Generator<readonly [string, string]> {
  let account = "";
  for (const line of out.split("\n")) {
    const [before = "", after] = line.split("|");
    if (after !== undefined) account = before.trim();
    const [, figure = "", commodity = ""] = /^(-?[0-9.,]+) ([A-Z]+)$/.exec((after ?? before).trim()) ?? [];
    if (commodity !== "") yield [`${account} ${commodity}`, figure.replaceAll(",", "")];
  }
}

/** `"account","1.00 CNY, 2 CALL"`. */
function* hledgerLines(out: string): Generator<readonly [string, string]> {
  for (const line of out.split("\n").slice(1)) {
    const [, account = "", amounts = ""] = /^"([^"]*)","([^"]*)"$/.exec(line.trim()) ?? [];
    for (const one of amounts.split(", ")) {
      const [figure = "", commodity = ""] = one.split(" ");
      if (commodity !== "") yield [`${account} ${commodity}`, figure];
    }
  }
}

/** `account,CNY,1.00`. */
function* beancountLines(out: string): Generator<readonly [string, string]> {
  for (const line of out.split("\n").slice(1)) {
    const [account = "", commodity = "", figure = ""] = line.split(",").map((cell) => cell.trim());
    if (figure !== "") yield [`${account} ${commodity}`, figure];
  }
}

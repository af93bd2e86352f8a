import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { CliFault } from "./client.ts";
import { systemFault, usageFault } from "./faults.ts";
import { note, plain } from "./output.ts";
import { example } from "./verb.ts";
import { accountVerbs } from "./verbs/accounts.ts";
import { auditVerbs } from "./verbs/audit.ts";
import { backupVerbs } from "./verbs/backup.ts";
import { catalogVerbs } from "./verbs/catalog.ts";
import { certVerbs } from "./verbs/certs.ts";
import { exchangeVerbs } from "./verbs/exchange.ts";
import { insightVerbs } from "./verbs/insight.ts";
import { ledgerVerbs } from "./verbs/ledger.ts";
import { nodeVerbs } from "./verbs/node.ts";
import { objectionVerbs } from "./verbs/objections.ts";
import { operationVerbs } from "./verbs/operations.ts";
import { paymentVerbs } from "./verbs/payments.ts";
import { peopleVerbs } from "./verbs/people.ts";
import { trustVerbs } from "./verbs/trust.ts";
import { witnessVerbs } from "./verbs/witness.ts";

const VERBS = [
  nodeVerbs,
  backupVerbs,
  witnessVerbs,
  objectionVerbs,
  peopleVerbs,
  certVerbs,
  trustVerbs,
  catalogVerbs,
  exchangeVerbs,
  accountVerbs,
  paymentVerbs,
  insightVerbs,
  ledgerVerbs,
  operationVerbs,
  auditVerbs,
];

/** Runs one command; answers its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(given: readonly string[]): Promise<number> {
  const program = heliu();
  try {
    await program.parseAsync(given, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (fault) {
    return report(fault, program, given);
  }
}

function heliu(): Command {
  const program = new Command("heliu")
    .description("合流:区域间公共数据交换节点 the exchange node on which regions share public data")
    .version(versionOf(), "-V, --version")
    .option("--server <url>", "节点 API 地址 the node's API (HELIU_SERVER)")
    .option("--token <token>", "令牌 a bearer token of this node (HELIU_TOKEN)")
    .option("--dir <folder>", "节点目录 the node's folder (HELIU_DIR)")
    .option("--json", "机器可读输出 answer as JSON")
    .option("--verbose", "出错时给出细节 say more when something fails")
    // Set before the verbs are added, which take both over: errors are one line of ours, and the exit code is 2.
    .configureOutput({ outputError: () => {} })
    .exitOverride();
  example(program, "heliu init --region 510100 --name 成都市 --dir /srv/heliu", "heliu serve --dir /srv/heliu");
  for (const verbs of VERBS) verbs(program);
  groupExamples(program, "heliu");
  return program;
}

function groupExamples(above: Command, path: string): void {
  for (const group of above.commands.filter(({ commands }) => commands.length > 0)) {
    const name = `${path} ${group.name()}`;
    example(group, `${name} ${group.commands.map((verb) => verb.name()).join("|")} --help`);
    groupExamples(group, name);
  }
}

function report(fault: unknown, program: Command, given: readonly string[]): number {
  if (fault instanceof CommanderError && (fault.exitCode === 0 || fault.code === "commander.help"))
    return fault.exitCode === 0 ? 0 : 2;
  const { json, verbose } = program.opts<{ json?: boolean; verbose?: boolean }>();
  const known = knownFault(fault, program, given);
  if (json === true) note(JSON.stringify({ code: known.code, message: known.message }));
  else
    note(
      `heliu: ${plain(known.message)} [${known.code}]${verbose === true && known.more !== "" ? `\n${known.more}` : ""}`,
    );
  return known.exitCode;
}

function knownFault(fault: unknown, program: Command, given: readonly string[]): CliFault {
  if (fault instanceof CliFault) return fault;
  if (fault instanceof CommanderError) return usageFault(fault, program, given);
  return systemFault(fault as NodeJS.ErrnoException);
}

function versionOf(): string {
  // Beside the sources, and copied beside the built files.
  const path = new URL("../../package.json", import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}

#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { CliFault } from "./client.ts";
import { note } from "./output.ts";
import { accountVerbs } from "./verbs/accounts.ts";
import { catalogVerbs } from "./verbs/catalog.ts";
import { certVerbs } from "./verbs/certs.ts";
import { exchangeVerbs } from "./verbs/exchange.ts";
import { nodeVerbs } from "./verbs/node.ts";
import { operationVerbs } from "./verbs/operations.ts";
import { peopleVerbs } from "./verbs/people.ts";
import { trustVerbs } from "./verbs/trust.ts";

const program = new Command("heliu")
  .description("合流:区域间公共数据交换节点 the exchange node on which regions share public data")
  .version(versionOf(), "-V, --version")
  .option("--server <url>", "节点 API 地址 the node's API (HELIU_SERVER)")
  .option("--token <token>", "令牌 (HELIU_TOKEN)")
  .option("--dir <folder>", "节点目录 the node's folder (HELIU_DIR)")
  .option("--json", "机器可读输出 answer as JSON")
  .option("--verbose", "出错时给出细节 say more when something fails")
  .showHelpAfterError()
  .exitOverride();

for (const verbs of [
  nodeVerbs,
  peopleVerbs,
  certVerbs,
  trustVerbs,
  catalogVerbs,
  exchangeVerbs,
  accountVerbs,
  operationVerbs,
]) {
  verbs(program);
}
// Sub-commands do not inherit exitOverride; without it commander ends the process itself, with code 1 for wrong usage.
const inherit = (command: Command): void => {
  command.exitOverride();
  command.commands.forEach(inherit);
};
inherit(program);

try {
  await program.parseAsync();
} catch (fault) {
  process.exitCode = report(fault);
}

function report(fault: unknown): number {
  if (fault instanceof CommanderError) return fault.exitCode === 0 ? 0 : 2;
  const { json, verbose } = program.opts<{ json?: boolean; verbose?: boolean }>();
  if (!(fault instanceof CliFault)) {
    note(`heliu: ${verbose === true ? ((fault as Error).stack ?? String(fault)) : String(fault)}`);
    return 1;
  }
  if (json === true) note(JSON.stringify({ code: fault.code, message: fault.message }));
  else note(`heliu: ${fault.message} [${fault.code}]${verbose === true && fault.more !== "" ? `\n${fault.more}` : ""}`);
  return fault.exitCode;
}

function versionOf(): string {
  // Beside the sources, and copied beside the built files.
  const path = new URL("../../package.json", import.meta.url);
  return JSON.parse(readFileSync(path, "utf8")).version;
}

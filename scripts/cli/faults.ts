import type { Command, CommanderError } from "commander";
import type { Text } from "../../node/kernel/text.ts";
import { StartFault } from "../../node/serve.ts";
import { StoreFault } from "../../node/storage/port.ts";
import { CliFault } from "./client.ts";

/** Wrong usage as one line in the reader's language, with the help to look at. */
export function usageFault({ code, message }: CommanderError, program: Command, given: readonly string[]): CliFault {
  const [, named = ""] = /'([^']*)'/.exec(message) ?? [];
  const [, meant] = /\(Did you mean (?:one of )?([^?]+)\?\)/.exec(message) ?? [];
  const what = USAGE[code]?.(named) ?? { zh: message.replace(/^error: /, ""), en: message.replace(/^error: /, "") };
  const help = ["heliu", ...verbOf(program, given), "--help"].join(" ");
  const hint = meant === undefined ? { zh: "", en: "" } : { zh: `(是否想用 ${meant})`, en: ` (did you mean ${meant})` };
  const text = { zh: `${what.zh}${hint.zh};用法见 ${help}`, en: `${what.en}${hint.en}; see ${help}` };
  return new CliFault("CLI_USAGE", text, { exitCode: 2 });
}

const USAGE: { readonly [code: string]: (named: string) => Text } = {
  "commander.missingMandatoryOptionValue": (option) => ({
    zh: `缺少必需的选项 ${option}`,
    en: `The option ${option} is required`,
  }),
  "commander.missingArgument": (name) => ({ zh: `缺少参数 <${name}>`, en: `The argument <${name}> is missing` }),
  "commander.optionMissingArgument": (option) => ({
    zh: `选项 ${option} 缺少取值`,
    en: `The option ${option} needs a value`,
  }),
  "commander.unknownOption": (option) => ({ zh: `没有选项 ${option}`, en: `There is no option ${option}` }),
  "commander.unknownCommand": (verb) => ({ zh: `没有命令 ${verb}`, en: `There is no command ${verb}` }),
  "commander.excessArguments": () => ({ zh: "参数过多", en: "Too many arguments" }),
};

/** The verb that was meant, as far as it was named. */
function verbOf(program: Command, given: readonly string[]): string[] {
  const path: string[] = [];
  let at = program;
  for (const word of given) {
    const next = at.commands.find((command) => command.name() === word);
    if (next === undefined) continue;
    path.push(word);
    at = next;
  }
  return path;
}

/** What the machine refused, in words; anything else is a fault of ours and says so. */
export function systemFault(fault: NodeJS.ErrnoException): CliFault {
  const more = fault.stack ?? String(fault);
  if (fault instanceof StartFault) return new CliFault(fault.error.code, fault.error.text, { more });
  if (fault instanceof StoreFault) return new CliFault(fault.code, storeText(fault), { more });
  const place = fault.path ?? "";
  const text = SYSTEM[fault.code ?? ""]?.(place);
  if (text !== undefined) return new CliFault(fault.code ?? "", text, { more });
  const ours = {
    zh: `命令内部出错(${fault.message});请加 --verbose 重试,并把输出交给维护人员。`,
    en: `The command itself failed (${fault.message}); run it with --verbose and give the output to the maintainers.`,
  };
  return new CliFault("CLI_INTERNAL", ours, { more });
}

function storeText({ code, message }: StoreFault): Text {
  if (code !== "STORE_LOCKED") return { zh: `存储不可用:${message}`, en: `The store cannot be used: ${message}` };
  return {
    zh: "节点正在运行,它的存储不能同时被打开;请先停掉节点再执行此命令。",
    en: "The node is running and holds its store; stop it before this command.",
  };
}

const SYSTEM: { readonly [code: string]: (place: string) => Text } = {
  EEXIST: (at) => ({
    zh: `${at} 已存在,不会覆盖;请换一个名字或先移走它。`,
    en: `${at} exists and is not overwritten; choose another name or move it away first.`,
  }),
  ENOENT: (at) => ({
    zh: `没有 ${at} 这个文件或目录;请检查路径。`,
    en: `There is no file or folder ${at}; check the path.`,
  }),
  ENOTDIR: (at) => ({
    zh: `${at} 的上级不是目录;请检查路径。`,
    en: `What should hold ${at} is not a folder; check the path.`,
  }),
  EISDIR: (at) => ({
    zh: `${at || "该路径"} 是目录;请给出文件名。`,
    en: `${at || "The path"} is a folder; name a file.`,
  }),
  EACCES: (at) => ({
    zh: `没有权限使用 ${at};请检查属主与权限。`,
    en: `Not permitted to use ${at}; check owner and mode.`,
  }),
  EPERM: (at) => ({
    zh: `没有权限使用 ${at};请检查属主与权限。`,
    en: `Not permitted to use ${at}; check owner and mode.`,
  }),
  EROFS: (at) => ({
    zh: `${at} 所在文件系统只读;请换一个位置。`,
    en: `The file system of ${at} is read-only; choose another place.`,
  }),
  ENOSPC: (at) => ({
    zh: `磁盘已满,${at || "文件"} 没有写完;请腾出空间后重试。`,
    en: `The disk is full and ${at || "the file"} was not completed; free some space and try again.`,
  }),
};
